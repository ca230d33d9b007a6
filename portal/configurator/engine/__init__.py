"""Pure solver library: exact domains, explanations and completions over finite rules."""

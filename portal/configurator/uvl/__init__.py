"""The Universal Variability Language: feature models in, rules out, and back."""

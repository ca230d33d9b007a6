"""Pure parts of support."""

"""Pure parts of mail."""

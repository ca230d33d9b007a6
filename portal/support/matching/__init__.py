"""Which cases and articles a fault resembles."""

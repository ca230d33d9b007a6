"""Passwords and tokens, without a database."""

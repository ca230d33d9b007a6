"""The search without a database."""

"""The search index and the database."""

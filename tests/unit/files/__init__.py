"""Uploaded files without a database."""

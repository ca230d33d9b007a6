"""Uploaded files on both databases."""

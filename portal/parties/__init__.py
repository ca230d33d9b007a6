"""Organisations and contacts as business parties."""

"""Quotes and their documents; registrations and orders join here."""

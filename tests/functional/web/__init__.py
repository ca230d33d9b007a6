"""The edge of every page, attacked."""

"""Markdown that people write, as HTML that cannot do harm."""

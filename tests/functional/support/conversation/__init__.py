"""The conversation of a ticket on both databases."""

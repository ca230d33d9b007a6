"""Numbers that the house may change on screen."""

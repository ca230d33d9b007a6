"""The pages and operations of parameters."""

"""The pages and operations of notify."""

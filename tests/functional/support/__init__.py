"""Support on both databases."""

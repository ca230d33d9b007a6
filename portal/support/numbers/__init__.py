"""What the head of support counts."""

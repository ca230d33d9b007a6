"""The outbox and its worker on real databases."""

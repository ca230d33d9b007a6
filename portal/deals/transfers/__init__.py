"""Customers change hands: between people and partners, whole books at once, and back."""

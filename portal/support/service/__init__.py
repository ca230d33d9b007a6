"""Warranty, returns for repair, spare parts and visits."""

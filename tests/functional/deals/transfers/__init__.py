"""Transfers of customers."""

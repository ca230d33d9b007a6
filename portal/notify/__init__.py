"""Inbox notices and mail."""

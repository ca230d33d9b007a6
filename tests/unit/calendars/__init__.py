"""Calendars without web or database."""

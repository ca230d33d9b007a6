"""Business calendars: when time counts."""

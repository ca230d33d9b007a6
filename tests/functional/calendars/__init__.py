"""The pages and operations of calendars."""

"""Deal registrations."""

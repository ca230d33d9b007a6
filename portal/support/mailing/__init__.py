"""Mail of people who need help: into tickets, out of them, and what is neither."""

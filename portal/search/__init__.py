"""One index for everything that can be found, derived from the database."""

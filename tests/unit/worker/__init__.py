"""Mail and backoff without a database."""

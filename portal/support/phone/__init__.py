"""Who is calling, and leads nobody loses."""

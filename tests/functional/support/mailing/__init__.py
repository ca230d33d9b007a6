"""Mail in and out on both databases."""

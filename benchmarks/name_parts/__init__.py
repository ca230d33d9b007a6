"""What the benchmark of names is made of."""

"""Parts of the benchmarks of matching."""

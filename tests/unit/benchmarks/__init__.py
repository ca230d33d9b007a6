"""Pieces of the benchmarks: a comparison is only worth something when its sides are right."""

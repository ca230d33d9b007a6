"""Measurements: each module with a `main` prints one table and writes one JSON file; `make bench` runs them all."""

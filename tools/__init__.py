"""What make runs: set up, run, check and test. Nothing here is part of the portal itself."""

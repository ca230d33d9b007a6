"""One engine for everything that somebody must approve."""

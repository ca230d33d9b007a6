"""Articles of the knowledge base, and the tree of faults."""

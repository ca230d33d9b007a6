"""Who else may see or change a row, and what people say about it."""

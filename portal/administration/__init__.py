"""Pages of the administrator: outbox, history, published rules."""

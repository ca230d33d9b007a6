"""The demo world: invented organisations and people loaded into an empty database."""

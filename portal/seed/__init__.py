"""The demo world: invented organisations and people with real rules, prices and quotes, loaded into an empty database."""

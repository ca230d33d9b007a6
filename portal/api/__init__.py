"""The JSON interface: the same rules and rights as the pages, for programs of partners."""

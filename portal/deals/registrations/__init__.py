"""Deal registrations: who may expect to be protected at which customer, for how long, and who has to wait."""

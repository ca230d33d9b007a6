"""The pages that greet: home by role, search field, inbox, health."""

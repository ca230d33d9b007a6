"""Sign-in, invitations, passwords and people, attacked."""

"""People who sign in: roles, sign-in sessions, invitations, password resets."""

"""Scaffold so that the portal imports while the real verification is being written; replace all of it."""


class VerificationFailed(Exception):
    """The assignment breaks the authored rules."""

    rules: tuple[str, ...] = ()


def verify(ruleset: object, assignment: object) -> None:
    """Refuse everything until the real one is here."""
    raise VerificationFailed

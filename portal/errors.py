"""What can go wrong, in the words of the domain; only `portal.web` turns these into HTTP answers."""

from collections.abc import Mapping
from typing import Any


class PortalError(Exception):
    """An error whose English `message` is a gettext id with named `params`, translated at the edge.

    A parameter may be a text in both languages, such as a name in both scripts.
    """

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message % params if params else message)
        self.message = message
        self.params: Mapping[str, Any] = params


class NotFound(PortalError):
    """No such row, or not for this actor: the two look exactly alike."""

    def __init__(self) -> None:
        super().__init__("not found")


class NotAllowed(PortalError):
    """The actor sees the row but may not do this with it."""

    def __init__(self, message: str = "not allowed", **params: Any) -> None:
        super().__init__(message, **params)


class Conflict(PortalError):
    """Somebody or something else changed the matter in between, or its state forbids the step."""


class Invalid(PortalError):
    """Input that cannot be accepted; `field` names where."""

    def __init__(self, message: str, *, field: str = "", **params: Any) -> None:
        super().__init__(message, **params)
        self.field = field


class TooMany(PortalError):
    """A rate limit was reached; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int, **params: Any) -> None:
        super().__init__(message, **params)
        self.retry_after = retry_after


class NoActor(RuntimeError):
    """A query was sent without saying on whose behalf: a defect of the program, never of the person."""

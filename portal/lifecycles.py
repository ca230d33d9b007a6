"""What every life written as a table can be asked: (state, action) → state. What is not in the table cannot be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from portal.errors import Conflict

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Lifecycle(Generic[S, A]):
    """A table of transitions, and for every state the sentence that refuses what is not in it."""

    states: type[S]
    transitions: Mapping[tuple[S, A], S]
    refusals: Mapping[S, str]

    def after(self, state: str, action: A) -> S:
        """Return the state after `action`; raises Conflict when it cannot be done in `state`."""
        target = self.transitions.get((self.states(state), action))
        if target is None:
            raise Conflict(self.refusals[self.states(state)])
        return target

    def can(self, state: str, action: A) -> bool:
        """Return whether `action` can be done in `state`; buttons are drawn from this."""
        return (self.states(state), action) in self.transitions

"""Kinds of things that files are attached to: each says who sees its files and who may add or remove some.

A kind is declared right below its mapped class. Who sees a file is who sees its thing, asked in the very query.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, or_

from portal.policy import Actor, Permission, Reach, allows

NAMES: Final = (
    "registration",
    "ticket",
    "ticket_message",
    "ticket_note",
    "ticket_draft",
    "article",
    "article_version",
    "manual",
    "mail_in",
    "rma",
    "dispatch",
    "visit",
    "signature",
)
MOST_OF_ONE_THING: Final = 20
_kinds: dict[str, "Kind"] = {}


@dataclass(frozen=True, slots=True)
class Kind:
    """Things of one table; without the mapped class of `thing` their files are seen by owner and permission alone."""

    name: str
    view: Permission
    edit: Permission
    thing: Any = None
    most: int = MOST_OF_ONE_THING
    clips: bool = True  # whether sound and clips are taken
    adds: Callable[[Actor, Any], bool] | None = None  # who adds files to a thing, where `edit` does not say it all
    removes: Callable[[Actor, Any], bool] | None = None  # and who removes one

    def sees(self, actor: Actor, upload: Any) -> ColumnElement[bool] | None:
        """Return the condition on rows of the mapped class `upload` that are of this kind; None for nobody."""
        if not actor.can(self.view):
            return None
        mine: ColumnElement[bool] = upload.thing_kind == self.name
        if self.thing is None:
            everything = actor.reach(self.view) is Reach.ALL
            return mine if everything else and_(mine, upload.organisation_id == actor.organisation_id)
        seen = self.thing.visible_to(actor)
        if seen is False:
            return None
        if seen is True:
            return mine
        table = self.thing.__table__
        there = exists().where(table.c.id == upload.thing_id, seen).correlate_except(table)
        return and_(mine, there)

    def may_add(self, actor: Actor, thing: Any) -> bool:
        """Return whether `actor` may add files to `thing`."""
        return self.adds(actor, thing) if self.adds is not None else allows(actor, self.edit, thing)

    def may_remove(self, actor: Actor, upload: Any) -> bool:
        """Return whether `actor` may take a file away: of his own thing, or where he edits those of everybody."""
        return self.removes(actor, upload) if self.removes is not None else allows(actor, self.edit, upload)


def declare(kind: Kind) -> None:
    """Make a kind known to the program; its name must be one that the database takes."""
    if kind.name not in NAMES:
        raise ValueError(f"the database takes no files of {kind.name}")
    _kinds[kind.name] = kind


def kind_of(name: str) -> Kind:
    """Return a declared kind."""
    return _kinds[name]


def seen(actor: Actor, upload: Any) -> ColumnElement[bool] | bool:
    """Return the condition on rows of `upload` that `actor` may see."""
    conditions = [kind.sees(actor, upload) for kind in _kinds.values()]
    some = [condition for condition in conditions if condition is not None]
    return or_(*some) if some else False


declare(Kind("registration", view=Permission.REGISTRATION_VIEW, edit=Permission.REGISTRATION_EDIT, clips=False))

"""Who may know of a document, as words of the index: a document carries some, a reader has some. Pure.

A reader finds what carries a word that he has; the words are part of every query, so that what he must not know of is
neither counted nor ranked. What may be seen changes with the reader's next request; what a document carries changes
with the row it is made of.
"""

from typing import Final, Protocol

from portal.policy import Actor, OrganisationKind, Permission, Reach

EVERYBODY: Final = "public"  # all who sign in
PARTNERS: Final = "partner"  # people of any partner
LEVELS: Final = ("", "silver", "gold")  # of partners, rising: a gold partner reads what is meant for silver ones
EVERYTHING: Final = frozenset({"*"})  # the house itself; no document carries it


class Organised(Protocol):
    """The organisation of a reader."""

    @property
    def kind(self) -> str: ...  # noqa: D102 - as the field of the table
    @property
    def tier(self) -> str: ...  # noqa: D102


def level(tier: str) -> str:
    """Return the word for partners of at least this level."""
    return f"level:{tier}"


def organisation(organisation_id: int, permission: Permission | None = None) -> str:
    """Return the word for people of an organisation; with a permission only for those who have it there."""
    return f"org:{organisation_id}:{permission.value}" if permission else f"org:{organisation_id}"


def house(permission: Permission) -> str:
    """Return the word for those whose permission reaches the rows of every organisation."""
    return f"house:{permission.value}"


def person(person_id: int, organisation_id: int, permission: Permission) -> str:
    """Return the word for one person, as long as he belongs to that organisation and has the permission there."""
    return f"person:{person_id}:{organisation_id}:{permission.value}"


def owned(organisation_id: int, permission: Permission) -> frozenset[str]:
    """Return who sees a row that belongs to an organisation, as the mixin `Owned` says it to the database."""
    return frozenset({organisation(organisation_id, permission), house(permission)})


def tokens(actor: Actor, whose: Organised | None) -> frozenset[str]:
    """Return the words a reader has; `whose` is his organisation."""
    if actor.is_system:
        return EVERYTHING
    if actor.person_id is None:
        return frozenset()
    words = {EVERYBODY}
    for permission, reach in actor.grants.items():
        if reach is Reach.ALL:
            words.add(house(permission))
    if actor.organisation_id is not None:
        words.add(organisation(actor.organisation_id))
        mine = [each for each, reach in actor.grants.items() if reach]
        words |= {organisation(actor.organisation_id, each) for each in mine}
        words |= {person(actor.person_id, actor.organisation_id, each) for each in mine}
    if whose is not None and whose.kind == OrganisationKind.PARTNER:
        words.add(PARTNERS)
        words |= {level(each) for each in LEVELS[: LEVELS.index(whose.tier) + 1] if each}
    return frozenset(words)

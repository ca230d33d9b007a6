"""The customer of a registration as the whole house knows it: whoever writes it, it is the same one."""

from collections.abc import Collection, Iterable

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.parties.identity import matching
from portal.parties.identity.models import PartyMark
from portal.policy import SYSTEM

ROUNDS = 2  # A of the same name as B, B of the same phone as C: the three are one
MOST = 500
NOBODY = 0  # no party has this key
CODE = "code"
Marks = dict[int, set[tuple[str, str]]]


def identity_of(session: Session, party_id: int) -> int:
    """Return the party that stands for one in the house: the oldest of the same code, name, domain or phone."""
    return _oldest(session, [party_id]) or party_id


def identity_named(session: Session, text: str) -> int | None:
    """Return the party that stands for a full name, code, domain or phone; None for nobody the house knows.

    It takes the same statements whether somebody is found or not.
    """
    with as_actor(session, SYSTEM):
        found = matching.identities(session, text)
    return _oldest(session, found)


def _oldest(session: Session, party_ids: Collection[int]) -> int | None:
    same = set(party_ids)
    with as_actor(session, SYSTEM):
        for _ in range(ROUNDS):
            same |= _alike(_marks(session, same or {NOBODY}), same)
    return min(same, default=None)


def _marks(session: Session, party_ids: Iterable[int]) -> Marks:
    """Return the marks of parties that share one with `party_ids`, and theirs, by party."""
    own = select(PartyMark.kind, PartyMark.value).where(PartyMark.party_id.in_(party_ids))
    query = select(PartyMark.party_id, PartyMark.kind, PartyMark.value).where(
        PartyMark.party_id.in_(
            select(PartyMark.party_id).where(tuple_(PartyMark.kind, PartyMark.value).in_(own)).scalar_subquery()
        )
    )
    marks: Marks = {}
    for party_id, kind, value in session.execute(query.order_by(PartyMark.party_id).limit(MOST)):
        marks.setdefault(party_id, set()).add((kind, value))
    return marks


def _alike(marks: Marks, same: Collection[int]) -> set[int]:
    """Return who shares a mark with `same` and does not bear another credit code. Pure."""
    codes = {mark for party_id in same for mark in marks.get(party_id, ()) if mark[0] == CODE}
    found = set()
    for party_id, own in marks.items():
        other = {mark for mark in own if mark[0] == CODE}
        if not (codes and other) or codes & other:
            found.add(party_id)
    return found

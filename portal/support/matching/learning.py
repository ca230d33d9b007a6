"""What people who were helped teach: how they said it, without what would give them away."""

import re
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.catalog.models import InstalledItem, Site
from portal.db import as_actor
from portal.errors import NotAllowed, NotFound
from portal.history import record
from portal.parties.models import Party, Relation
from portal.policy import SYSTEM, Actor, Permission, Reach
from portal.search.queueing import changed
from portal.support.matching.models import LONGEST_WORDING, MOST_WORDINGS, Wording
from portal.support.redacting import GONE, redacted

SHORTEST: Final = 4  # characters of what is worth learning
MOST_NAMES: Final = 2_000
SPACE: Final = re.compile(r"\s+")


def learn(
    session: Session, actor: Actor, case_kind: str, case_id: int, text: str, *, serial: str = "", now: datetime
) -> Wording | None:
    """Keep how an organisation described a fault that a case solved; the newest of each, at most twenty of a case."""
    assert actor.organisation_id is not None
    with as_actor(session, SYSTEM):
        words = cleaned(text, _names(session, actor, serial))
        if len(words.replace(GONE, "").strip()) < SHORTEST:
            return None
        there = _mine(case_kind, case_id, actor.organisation_id)
        row = session.scalar(select(Wording).where(*there))
        if row is None:
            of_case = (Wording.case_kind == case_kind, Wording.case_id == case_id)
            if (session.scalar(select(func.count(Wording.id)).where(*of_case)) or 0) >= MOST_WORDINGS:
                return None
            row = Wording(case_kind=case_kind, case_id=case_id, organisation_id=actor.organisation_id)
            session.add(row)
        row.text, row.at = words, now
        session.flush()
        changed(session, case_kind, [case_id])
        return row


def cleaned(text: str, names: Collection[str]) -> str:
    """Return one line of a text without names and numbers of people and machines. Pure."""
    return SPACE.sub(" ", redacted(text, names)).strip()[:LONGEST_WORDING]


def forget(session: Session, actor: Actor, row: Wording, *, now: datetime) -> None:
    """Take a wording out that should not have been learned."""
    if actor.reach(Permission.FAULT_MANAGE) is not Reach.ALL:
        raise NotAllowed
    changed(session, row.case_kind, [row.case_id])
    record(session, row, "forget wording", now=now)
    session.delete(row)
    session.flush()


def wording(session: Session, public_id: str) -> Wording:
    """Return one wording; raises NotFound."""
    found = session.scalar(select(Wording).where(Wording.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def learned(session: Session, case_kind: str, case_id: int) -> list[Wording]:
    """Return the wordings of one case."""
    here = (Wording.case_kind == case_kind, Wording.case_id == case_id)
    return list(session.scalars(select(Wording).where(*here).order_by(Wording.id).limit(MOST_WORDINGS)))


def wordings_of(session: Session, case_kind: str, case_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return the wordings of cases, for the documents of the index."""
    found: dict[int, list[str]] = defaultdict(list)
    if case_ids:
        query = select(Wording.case_id, Wording.text).where(Wording.case_kind == case_kind)
        for case_id, text in session.execute(query.where(Wording.case_id.in_(case_ids)).order_by(Wording.id)):
            found[case_id].append(text)
    return {case_id: tuple(texts[:MOST_WORDINGS]) for case_id, texts in found.items()}


def _mine(case_kind: str, case_id: int, organisation_id: int) -> tuple[ColumnElement[bool], ...]:
    return Wording.case_kind == case_kind, Wording.case_id == case_id, Wording.organisation_id == organisation_id


def _names(session: Session, actor: Actor, serial: str) -> set[str]:
    """Return what must not be learned: the own people, whom the organisation knows, its sites, addresses, serials."""
    own = actor.organisation_id
    known = [Relation.organisation_id == own]
    queries = (
        select(Person.name).where(Person.organisation_id == own),
        select(Party.name).where(Party.id == own),
        select(Party.name_en).where(Party.id == own),
        select(Party.address).where(Party.id == own),
        select(Relation.name).where(*known),
        select(Relation.name_en).where(*known),
        select(Relation.address).where(*known),
        select(Site.name).where((Site.organisation_id == own) | (Site.party_id == own)),
        select(Site.address).where((Site.organisation_id == own) | (Site.party_id == own)),
        select(InstalledItem.serial).where(InstalledItem.organisation_id == own, InstalledItem.serial.is_not(None)),
    )
    found = {serial}
    for query in queries:
        found.update(name for name in session.scalars(query.limit(MOST_NAMES)) if name)
    return {name for name in found if name and name.strip()}

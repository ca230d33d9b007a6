"""Who is meant: suggestions among the parties one may see, and exact identities house-wide."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from portal.db import actor_of, as_actor
from portal.parties.identity import credit_code, searching
from portal.parties.identity.indexing import index_parties
from portal.parties.identity.models import HOUSE, PartyMark, PartyName, scope_of
from portal.parties.identity.names import parse
from portal.parties.identity.sources import normal
from portal.parties.models import Party
from portal.policy import SYSTEM

LEAST: Final = 0.55  # below this a suggestion is a guess
MOST: Final = 50
LONGEST: Final = 200
_MAY_BE_MARK: Final = re.compile(r"[0-9０-９].*[0-9０-９].*[0-9０-９].*[0-9０-９]|[@＠]|[^\W\d_][.．][^\W\d_]")


@dataclass(frozen=True, slots=True)
class Match:
    """A party that may be meant; `certain` when the whole name, a code, a domain or a phone says so."""

    party_id: int
    name: str
    score: float
    certain: bool


def find(session: Session, text: str, *, limit: int = 5, among: Collection[int] | None = None) -> list[Match]:
    """Return parties that `text` may mean, best first, also with typing errors and while it is being typed.

    Only names by which the session's actor knows a party answer; those who see all parties find every name. `among`
    narrows the search to some parties.
    """
    asked = text.strip()[:LONGEST]
    if not asked:
        return []
    limit = min(limit, MOST)
    exact = _exactly(session, asked, among)
    key = parse(asked).key
    found = [
        Match(each.party_id, each.name, each.score, each.key == key)
        for each in searching.look(session, asked, limit=limit, among=among)
        if each.score >= LEAST
    ]
    sure = {each.party_id for each in exact}
    return [*exact, *(each for each in found if each.party_id not in sure)][:limit]


def identities(session: Session, text: str) -> tuple[int, ...]:
    """Return every party, house-wide, of which `text` is the full name, the code, a domain or a phone; oldest first.

    The answer is for the program, never to be shown: whoever asks need not know these parties. It takes one query,
    whether somebody is found or not.
    """
    with as_actor(session, SYSTEM):
        query = _marked(text.strip()[:LONGEST], HOUSE, names=True).limit(MOST)
        return tuple(session.scalars(query))


def identify(session: Session, text: str) -> int | None:
    """Return the oldest party of that exact identity, house-wide; see `identities`."""
    return next(iter(identities(session, text)), None)


def index(session: Session, party: Party) -> None:
    """Bring what finds `party` in step with it: whenever its names, aliases, identifiers or who knows it change."""
    session.flush()
    index_parties(session, (party.id,))


def _marked(asked: str, scope: int, *, names: bool) -> Select[int]:
    """Return the question for parties that `asked` names; of one shape, so that every answer costs the same."""
    code = credit_code.normal(asked)
    forms = {kind: normal(kind, asked) for kind in ("phone", "domain")} | {"code": code, "tax": code}
    forms["name"] = parse(asked).key if names else ""
    same = (and_(PartyMark.kind == kind, PartyMark.value == form[:LONGEST]) for kind, form in forms.items())
    query = select(PartyMark.party_id).where(PartyMark.organisation_id == scope, or_(*same))
    return query.distinct().order_by(PartyMark.party_id)


def _exactly(session: Session, asked: str, among: Collection[int] | None) -> list[Match]:
    """Return the parties that a code, a domain or a phone names, as far as the actor or somebody of his noted it."""
    scope = scope_of(actor_of(session))
    if scope is None or not _MAY_BE_MARK.search(asked):
        return []
    ids = set(session.scalars(_marked(asked, scope, names=False).limit(MOST)))
    ids = ids if among is None else ids & set(among)
    if not ids:
        return []
    query = select(PartyName.party_id, PartyName.name).where(PartyName.organisation_id == scope, PartyName.place == 0)
    rows = session.execute(query.where(PartyName.party_id.in_(ids)).order_by(PartyName.party_id))
    return [Match(party_id, name, 1.0, True) for party_id, name in rows]

"""Looking for names with typing errors: pieces of what was typed lead to candidates, which are then compared whole."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import BigInteger, Select, and_, bindparam, cast, func, literal, select, union_all
from sqlalchemy.orm import Session

from portal.db import actor_of, as_actor
from portal.parties.identity.beginnings import LETTERS
from portal.parties.identity.models import NameWord, PartyName, PartyWord, scope_of
from portal.parties.identity.names import Name, parse
from portal.parties.identity.probing import MOST, probes_of
from portal.parties.identity.ranking import GOOD, Asked, score
from portal.policy import SYSTEM

HIGHEST: Final = "\U0010ffff"
ROWS: Final = 160  # of one piece; what more names share tells them apart no better
CANDIDATES: Final = 60
WEIGHT: Final = 1_000_000
NEAR: Final = 400  # words of the vocabulary that are compared with one typed word
MEANT: Final = 6  # words that one typed word may stand for
SHORTEST: Final = 4  # letters of a word that may be misspelled
LONG_WORD: Final = 8  # from here on twice
LONGEST_WORD: Final = 40


@dataclass(frozen=True, slots=True)
class Found:
    """A name that answers."""

    party_id: int
    name: str
    key: str
    score: float


def look(session: Session, text: str, *, limit: int, among: Collection[int] | None = None) -> list[Found]:
    """Return the best parties among those that the session's actor sees, one name each, best first."""
    name, scope = parse(text, partial=True), scope_of(actor_of(session))
    if not name.letters or scope is None:
        return []
    asked = Asked.of(name)
    probes = probes_of(name)
    best = _best(asked, _candidates(session, scope, probes.first, among), limit)
    if best and best[0].score >= GOOD:
        return best
    more = list(probes.more)
    if not name.chinese:
        more = [*_meant(session, name), *more][:MOST]
    return _best(asked, _candidates(session, scope, more, among), limit, best)


def _best(asked: Asked, rows: Iterable[Any], limit: int, before: Iterable[Found] = ()) -> list[Found]:
    """Compare candidates with what was typed and return the best; what scores alike stands by name."""
    best = {found.party_id: found for found in before}
    for party_id, written, letters, key in rows:
        core = key.partition("@")[0] if asked.name.chinese else letters
        found = Found(party_id, written, key, score(asked, letters, core))
        known = best.get(party_id)
        if known is None or found.score > known.score:
            best[party_id] = found
    ordered = sorted(
        best.values(), key=lambda found: (-round(found.score, 6), len(found.name), found.name, found.party_id)
    )
    return ordered[:limit]


def _candidates(session: Session, scope: int, pieces: Sequence[str], among: Collection[int] | None) -> Sequence[Any]:
    """Return names of the parties that most of the pieces lead to; a piece that few names share counts for more."""
    if not pieces:
        return ()
    values: dict[str, Any] = {"scope": scope, "rows": ROWS}
    for place in range(_size(len(pieces))):
        piece = pieces[place] if place < len(pieces) else ""
        values |= {f"low{place}": piece, f"high{place}": f"{piece}{HIGHEST}" if piece else ""}
    if among is not None:
        values["among"] = sorted(among)
    return session.execute(_statement(_size(len(pieces)), among is not None), values).all()


def _size(pieces: int) -> int:
    """Return how many pieces the statement has room for: a few sizes, so that few statements are prepared."""
    return next(size for size in (4, 8, 12, 18, MOST) if pieces <= size)


@lru_cache(maxsize=16)
def _statement(pieces: int, among: bool) -> Select[int, str, str, str]:
    """Build the statement once: SQLAlchemy then remembers its text."""
    parts = []
    for place in range(pieces):
        hit = (
            select(PartyWord.party_id.label("party_id"), literal(place).label("piece"))
            .where(PartyWord.organisation_id == bindparam("scope"))
            .where(PartyWord.word >= bindparam(f"low{place}"), PartyWord.word < bindparam(f"high{place}"))
            .order_by(PartyWord.word, PartyWord.party_id)
            .limit(bindparam("rows"))
        )
        if among:
            hit = hit.where(PartyWord.party_id.in_(bindparam("among", expanding=True)))
        inner = hit.subquery()
        parts.append(select(inner.c.party_id, inner.c.piece))
    hits = union_all(*parts).subquery()
    shared = func.count().over(partition_by=hits.c.piece)
    weighed = select(hits.c.party_id, (cast(WEIGHT, BigInteger) / shared).label("weight")).subquery()
    total = func.sum(weighed.c.weight)
    chosen = (
        select(weighed.c.party_id)
        .group_by(weighed.c.party_id)
        .order_by(total.desc(), weighed.c.party_id)
        .limit(CANDIDATES)
    ).subquery()
    return select(PartyName.party_id, PartyName.name, PartyName.letters, PartyName.key).join(
        chosen, and_(PartyName.organisation_id == bindparam("scope"), chosen.c.party_id == PartyName.party_id)
    )


def _meant(session: Session, name: Name) -> list[str]:
    """Return pieces in which words that nobody's name holds are replaced by those they may stand for."""
    words = name.letters.split()
    with as_actor(session, SYSTEM):  # the vocabulary is everybody's; what it leads to is looked for in his own names
        known = set(session.scalars(select(NameWord.word).where(NameWord.word.in_(words))))
        pieces: list[str] = []
        for place, word in enumerate(words):
            if word not in known and len(word) >= SHORTEST:
                follows = f" {words[place + 1]}" if place + 1 < len(words) else ""
                for meant in _near(session, word, unfinished=not follows):
                    pieces += [f"{meant}{follows}"[:LETTERS].rstrip(), meant[:LETTERS]]
                    if place:
                        pieces.append(f"{words[place - 1]} {meant}"[:LETTERS].rstrip())
    return list(dict.fromkeys(pieces))


def _near(session: Session, word: str, *, unfinished: bool) -> list[str]:
    """Return words of the vocabulary one typing error away: whose first or whose second half is right.

    Of a word that may go on, as much as was typed is compared.
    """
    half = len(word) // 2
    front, back = word[: max(2, half - unfinished)], word[half + 1 :][::-1]
    longest = LONGEST_WORD if unfinished else len(word) + 2
    lengths = func.length(NameWord.word).between(len(word) - 2, longest)
    forwards = select(NameWord.word).where(NameWord.word >= front, NameWord.word < front + HIGHEST, lengths)
    backwards = select(NameWord.word).where(NameWord.reversed >= back, NameWord.reversed < back + HIGHEST, lengths)
    near = {
        *session.scalars(forwards.order_by(NameWord.word).limit(NEAR)),
        *session.scalars(backwards.order_by(NameWord.reversed).limit(NEAR)),
    }
    allowed = 1 if len(word) < LONG_WORD else 2
    whole = process.extract(word, sorted(near), scorer=OSA.distance, score_cutoff=allowed, limit=MEANT)
    if whole or not unfinished:
        return [hit for hit, _, _ in whole]
    # A letter too many or too few moves the end by one, which counts as a second error.
    begun = {other: other[: len(word)] for other in sorted(near)}
    hits = process.extract(word, begun, scorer=OSA.distance, score_cutoff=2, limit=MEANT)
    return [str(other) for _, _, other in hits]

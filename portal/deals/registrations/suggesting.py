"""What is offered while somebody types: customers that his own organisation knows, by name or by phone."""

import re
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.db import actor_of
from portal.parties.identity import credit_code, matching
from portal.parties.identity.domains import company_domain
from portal.parties.identity.phones import normal_phone
from portal.parties.models import Party, Relation
from portal.policy import Actor

MOST: Final = 5
FEWEST_DIGITS: Final = 4
CODE_LIKE: Final = re.compile(r"[0-9A-Z]{17,19}")
FEWEST_CODE_DIGITS: Final = 8
DIALLED: Final = re.compile(r"[\d\s+()./-]+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A customer of one's own."""

    public_id: str
    name: str
    more: str  # address, or whose phone it is
    name_en: str = ""  # in the other script


def mark_kind(text: str) -> str:
    """Return whether what was typed is a credit_code, phone or domain instead of a name; empty for a name."""
    if credit_code.is_valid(credit_code.normal(text)):
        return "credit_code"
    if normal_phone(text):
        return "phone"
    return "domain" if company_domain(text) else ""


def check_code(text: str) -> None:
    """Raise Invalid, which says what is wrong, for what can only be meant as a credit code and is none."""
    plain = credit_code.normal(text)
    if CODE_LIKE.fullmatch(plain) and sum(map(str.isdigit, plain)) >= FEWEST_CODE_DIGITS:
        credit_code.check(text)


def suggestions(session: Session, text: str, *, limit: int = MOST) -> list[Suggestion]:
    """Return own customers that fit what was typed so far; the newest ones when nothing was."""
    actor, plain = actor_of(session), " ".join(text.split())
    if not plain:
        return _newest(session, actor, limit)
    digits = re.sub(r"\D", "", plain)
    if DIALLED.fullmatch(plain):
        return _by_phone(session, actor, digits.lstrip("0"), limit) if len(digits) >= FEWEST_DIGITS else []
    found = [match.party_id for match in matching.find(session, plain, limit=limit * 2)]
    rows = {row.party_id: row for row in session.execute(_known(actor).where(Relation.party_id.in_(found)))}
    return [_suggestion(rows[party_id]) for party_id in found if party_id in rows][:limit]


def _known(actor: Actor) -> Select[int, str, str, str, str, str]:
    """Select the organisations that the actor's own organisation notes as customers."""
    own = (Relation.organisation_id == actor.organisation_id, Relation.kind == "customer")
    columns = (
        Relation.party_id, Party.public_id, Relation.name, Relation.name_en, Relation.address, Relation.phone,
    )  # fmt: skip
    query = select(*columns).join(Party, Party.id == Relation.party_id)
    return query.where(*own, Relation.party_kind == "organisation", Party.archived_at.is_(None))


def _newest(session: Session, actor: Actor, limit: int) -> list[Suggestion]:
    return [_suggestion(row) for row in session.execute(_known(actor).order_by(Relation.id.desc()).limit(limit))]


def _by_phone(session: Session, actor: Actor, digits: str, limit: int) -> list[Suggestion]:
    """Find customers by their own phone or by that of a contact there."""
    contact, somebody = aliased(Relation), aliased(Party)
    noted = select(somebody.employer_id).join(contact, contact.party_id == somebody.id)
    noted = noted.where(contact.organisation_id == actor.organisation_id, _has(contact.phone, digits))
    query = _known(actor).where(or_(_has(Relation.phone, digits), Relation.party_id.in_(noted)))
    return [
        _suggestion(row) for row in session.execute(query.order_by(Relation.name_key, Relation.party_id).limit(limit))
    ]


def _has(phone: Any, digits: str) -> ColumnElement[bool]:
    plain = phone
    for sign in " -()":
        plain = func.replace(plain, sign, "")
    return cast(ColumnElement[bool], plain.contains(digits))


def _suggestion(row: Any) -> Suggestion:
    return Suggestion(row.public_id, row.name, row.address or row.phone, row.name_en)

"""Searching without seeing: whether a customer is free, being decided on, or claimed; never whose, never what.

Every answer takes the same statements in the same order, whether or not the house knows the customer.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deals.registrations import inquiries, places
from portal.deals.registrations.entering import about_customer
from portal.deals.registrations.identities import NOBODY, identity_named, identity_of
from portal.deals.registrations.places import Key
from portal.deals.registrations.product_lines import LINES
from portal.errors import Invalid, NotAllowed, NotFound
from portal.limits import bounded
from portal.parameters.queries import values
from portal.parties.models import Relation, name_key, says_something
from portal.policy import Actor, Permission
from portal.words import N_

LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """Free, deciding (result by `until`), claimed (protected until it), or own."""

    kind: str
    until: date | None = None


def look(
    session: Session,
    actor: Actor,
    *,
    text: str = "",
    customer_id: int | None = None,
    product_line: str = "",
    site: str | None = None,
    now: datetime,
    today: date,
) -> Answer:
    """Answer whether a customer is free for a product line and site; without them, for any.

    `text` is a full name, credit code, mail domain or phone; anything less is nobody's, and free. `customer_id` is a
    customer the organisation knows. The question is counted; raises TooMany when the day's are used up.
    """
    if actor.organisation_id is None or not actor.can(Permission.REGISTRATION_EDIT):
        raise NotAllowed
    if product_line and product_line not in LINES:
        raise Invalid(N_("Choose one of the list."), field="product_line")
    text = text.strip()
    if customer_id is None and not says_something(text):
        raise Invalid(
            N_("Name the customer: the full name, a credit code, a mail domain or a phone number."), field="text"
        )
    bounded(text, LONGEST, field="text")
    identity_id = _identity(session, actor.organisation_id, text, customer_id)
    about = about_customer(customer_id) if customer_id is not None else f"text {name_key(text)}"
    limit = values(session)["registration.probes_a_day"]
    inquiries.count(
        session,
        actor,
        "probe",
        about,
        limit=limit,
        customer_id=identity_id,
        product_line=product_line,
        now=now,
        today=today,
    )
    key = Key(identity_id or NOBODY, product_line, None if site is None else places.site_key(site))
    stands = places.situation(session, actor.organisation_id, key, today)
    return Answer(stands.kind, stands.until)


def _identity(session: Session, organisation_id: int, text: str, customer_id: int | None) -> int | None:
    """Return the identity that is asked about, None for nobody the house knows; raises NotFound for a foreign one."""
    if customer_id is None:
        return identity_named(session, text)
    known = (
        Relation.organisation_id == organisation_id, Relation.party_id == customer_id, Relation.kind == "customer",
    )  # fmt: skip
    if session.scalar(select(Relation.id).where(*known)) is None:
        raise NotFound
    return identity_of(session, customer_id)

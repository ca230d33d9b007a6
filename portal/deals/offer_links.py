"""Links with which a customer looks at an offer without an account: made, counted, taken back."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.accounts.throttles import Limit, count, key_of, refuse_when_used_up
from portal.accounts.tokens import hash_of
from portal.deals.customers import customer_called
from portal.deals.lifecycle import QuoteState
from portal.deals.resale_models import Logo, OfferLink, Resale, ResaleDocument, ResaleLine
from portal.deals.resale_operations import REFUSALS
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.notify.operations import tell
from portal.parties.models import Organisation
from portal.policy import Actor, Permission, allows
from portal.words import N_

TOKEN_BYTES: Final = 16  # 128 random bits
TOKEN_LENGTH: Final = 22
MOST_LINKS: Final = 20  # of one offer that work at the same time
LOOKS: Final = Limit(120, timedelta(minutes=5))  # from one address, over all offers


def make_link(
    session: Session, actor: Actor, resale: Resale, *, expires_on: date, now: datetime, today: date
) -> tuple[OfferLink, str]:
    """Return a new link and its token, which is never seen again: the database keeps its hash."""
    if not allows(actor, Permission.QUOTE_EDIT, resale):
        raise NotAllowed
    if resale.state != QuoteState.ISSUED:
        raise Conflict(REFUSALS[QuoteState(resale.state)])
    if not today <= expires_on <= today + timedelta(days=365):
        raise Invalid(N_("Choose a day from today to one year from now."), field="expires_on")
    living = [link for link in links_of(session, resale) if link.revoked_at is None and link.expires_on >= today]
    if len(living) >= MOST_LINKS:
        raise Conflict(N_("This offer has many links already; take one back first."))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = OfferLink(
        organisation_id=resale.organisation_id,
        resale_id=resale.id,
        token_hash=hash_of(token),
        expires_on=expires_on,
        created_by_id=actor.person_id,
        created_at=now,
    )
    session.add(link)
    session.flush()
    record(session, link, "make link", now=now, after={"offer": resale.number, "until": expires_on.isoformat()})
    return link, token


def revoke_link(session: Session, actor: Actor, link: OfferLink, *, now: datetime) -> None:
    """Take a link back; a second time changes nothing."""
    if not allows(actor, Permission.QUOTE_EDIT, link):
        raise NotAllowed
    if link.revoked_at is None:
        link.revoked_at = now
        record(session, link, "revoke link", now=now)


def links_of(session: Session, resale: Resale) -> list[OfferLink]:
    """Return the links of an offer, newest first."""
    return list(
        session.scalars(select(OfferLink).where(OfferLink.resale_id == resale.id).order_by(OfferLink.id.desc()))
    )


def link(session: Session, resale: Resale, public_id: str) -> OfferLink:
    """Return one link of an offer; raises NotFound."""
    found = session.scalar(
        select(OfferLink).where(OfferLink.resale_id == resale.id, OfferLink.public_id == public_id).with_for_update()
    )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Opened:
    """What a working link shows."""

    link_id: int
    resale: Resale
    lines: list[ResaleLine]
    logo: bytes | None


def open_link(session: Session, token: str, *, today: date) -> Opened:
    """Return the offer behind a token; a wrong, old or revoked one is missing, all three alike."""
    living = (
        select(OfferLink.id, Resale)
        .join(Resale, Resale.id == OfferLink.resale_id)
        .join(Organisation, Organisation.id == Resale.organisation_id)
        .where(
            OfferLink.token_hash == hash_of(token[: 2 * TOKEN_LENGTH]),
            OfferLink.revoked_at.is_(None),
            OfferLink.expires_on >= today,
            Organisation.archived_at.is_(None),
        )
    )
    found = session.execute(living).first() if len(token) == TOKEN_LENGTH else None
    if found is None:
        raise NotFound
    resale = found[1]
    lines = session.scalars(select(ResaleLine).where(ResaleLine.resale_id == resale.id).order_by(ResaleLine.position))
    logo = session.scalar(select(Logo.content).where(Logo.id == resale.logo_id)) if resale.logo_id else None
    return Opened(found[0], resale, list(lines), logo)


def offered_documents(session: Session, resale: Resale) -> dict[str, str]:
    """Return by language how far the PDFs of an offer are."""
    query = select(ResaleDocument.locale, ResaleDocument.state).where(ResaleDocument.resale_id == resale.id)
    return {row[0]: row[1] for row in session.execute(query)}


def check_looks(session: Session, address: str, *, now: datetime) -> None:
    """Raise TooMany when an address looked at offers too often, whether they exist or not."""
    refuse_when_used_up(session, key_of("offer", address), LOOKS, now=now)


def count_look(session: Session, address: str, *, now: datetime) -> None:
    """Count that an address looked at an offer or tried to."""
    count(session, key_of("offer", address), LOOKS, now=now)


def note_view(session: Session, link_id: int, *, now: datetime) -> None:
    """Count that the customer opened the page; whoever issued the offer is told the first time."""
    seen = update(OfferLink).where(OfferLink.id == link_id).values(views=OfferLink.views + 1, viewed_at=now)
    views = session.execute(seen.returning(OfferLink.views)).scalar_one()
    if views > 1:
        return
    resale = session.scalars(select(Resale).join(OfferLink, OfferLink.resale_id == Resale.id).where(
        OfferLink.id == link_id)).one()  # fmt: skip
    person = session.get(Person, resale.issued_by_id) if resale.issued_by_id else None
    if person is not None and person.disabled_at is None:
        params = {"number": resale.number, "customer": customer_called(session, resale)}
        tell(session, person.id, "offer_seen", params, f"/resale/{resale.public_id}", now=now)

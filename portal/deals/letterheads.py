"""How a partner presents itself on its own paper: texts, logo, usual terms, and the markup it used last."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.configurator.queries import Terms
from portal.deals.logos import draw_logo
from portal.deals.resale_models import Letterhead, Logo
from portal.errors import Conflict, NotAllowed, NotFound
from portal.history import record
from portal.policy import Actor, OrganisationKind, Permission
from portal.words import N_

TEXTS: Final = (
    "name", "name_en", "address", "contact", "tax_number", "bank", "footer", "payment_terms", "delivery_terms",
)  # fmt: skip
CHOOSE_FILE: Final = N_("Choose a file first.")
ON_PAPER: Final = TEXTS[:7]


def letterhead_of(session: Session, organisation_id: int) -> Letterhead | None:
    """Return the letterhead of an organisation, if it has set one up and the actor may see it."""
    return session.scalar(select(Letterhead).where(Letterhead.organisation_id == organisation_id))


def letterhead_or_usual(session: Session, terms: Terms) -> Letterhead:
    """Return the letterhead, or one that says what we know of the organisation; that one is not saved."""
    found = letterhead_of(session, terms.organisation_id)
    if found is not None:
        return found
    said = {**dict.fromkeys(TEXTS, ""), "name": terms.name, "name_en": terms.name_en, "address": terms.address}
    return Letterhead(organisation_id=terms.organisation_id, **said, basis="list", markup_bps=0, version=0)


def save_letterhead(
    session: Session, actor: Actor, terms: Terms, texts: Mapping[str, str], *, version: int, now: datetime
) -> Letterhead:
    """Keep what the paper says; raises Conflict when somebody else saved it since (`version` 0: not there yet)."""
    _may_edit(actor, terms)
    row = letterhead_of(session, terms.organisation_id)
    if (row.version if row else 0) != version:
        raise Conflict(N_("Somebody else changed the letterhead while your page was open. Look at it again."))
    before = {key: getattr(row, key) for key in TEXTS} if row else {}
    row = _there(session, terms, now=now)
    for key in TEXTS:
        setattr(row, key, texts[key])
    _touch(row, now=now)
    session.flush()
    changed = {key: texts[key] for key in TEXTS if before.get(key) != texts[key]}
    record(session, row, "edit", now=now, before={key: before.get(key, "") for key in changed}, after=changed)
    return row


def set_logo(session: Session, actor: Actor, terms: Terms, content: bytes, *, now: datetime) -> Logo:
    """Draw an uploaded picture anew and put it on the letterhead; raises Invalid for what is no harmless picture."""
    _may_edit(actor, terms)
    drawn = draw_logo(content)
    same = select(Logo).where(Logo.organisation_id == terms.organisation_id, Logo.sha256 == drawn.sha256)
    logo = session.scalar(same)
    if logo is None:
        logo = Logo(
            organisation_id=terms.organisation_id,
            content=drawn.content,
            sha256=drawn.sha256,
            width=drawn.width,
            height=drawn.height,
            created_at=now,
        )
        session.add(logo)
        session.flush()
    row = _there(session, terms, now=now)
    row.logo_id = logo.id
    _touch(row, now=now)
    session.flush()
    record(session, row, "change logo", now=now, after={"logo": drawn.sha256[:12]})
    return logo


def remove_logo(session: Session, actor: Actor, terms: Terms, *, now: datetime) -> None:
    """Take the logo off the letterhead; offers that were issued with it keep it."""
    _may_edit(actor, terms)
    row = letterhead_of(session, terms.organisation_id)
    if row is None or row.logo_id is None:
        return
    row.logo_id = None
    _touch(row, now=now)
    record(session, row, "remove logo", now=now)


def remember_markup(session: Session, terms: Terms, *, basis: str, markup_bps: int, now: datetime) -> None:
    """Keep the markup for the next offer; no change that anybody else would have to look at."""
    row = _there(session, terms, now=now)
    if (row.basis, row.markup_bps) != (basis, markup_bps):
        row.basis, row.markup_bps = basis, markup_bps
        session.flush()


def logo_of(session: Session, logo_id: int | None) -> tuple[bytes, str]:
    """Return the picture and its hash; raises NotFound."""
    found = session.execute(select(Logo.content, Logo.sha256).where(Logo.id == logo_id)).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def on_paper(head: Letterhead) -> dict[str, Any]:
    """Return what an offer keeps of the letterhead."""
    return {key: getattr(head, key) for key in ON_PAPER}


def _may_edit(actor: Actor, terms: Terms) -> None:
    """Only who sells for a partner; the supplier's own paper is the quote itself."""
    own = terms.organisation_id == actor.organisation_id and actor.can(Permission.QUOTE_EDIT)
    if terms.kind != OrganisationKind.PARTNER or not own:
        raise NotAllowed


def _there(session: Session, terms: Terms, *, now: datetime) -> Letterhead:
    """Return the saved letterhead, begun from what we know of the organisation."""
    row = letterhead_or_usual(session, terms)
    if row.version == 0:
        row.updated_at, row.version = now, 1
        session.add(row)
        session.flush()
    return row


def _touch(row: Letterhead, *, now: datetime) -> None:
    row.updated_at = now
    row.version += 1

"""What only the house does: open an organisation, hand out a way back in."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import Conflict, Invalid
from portal.history import record
from portal.money import MINOR_DIGITS
from portal.parties.identity.matching import index
from portal.parties.models import Organisation, Party, name_key
from portal.policy import OrganisationKind
from portal.words import N_


def open_organisation(
    session: Session,
    *,
    name: str,
    name_en: str = "",
    kind: OrganisationKind,
    tier: str = "",
    currency: str,
    tax_bps: int,
    locale: str,
    time_zone: str,
    address: str = "",
    now: datetime,
) -> Organisation:
    """Let an organisation sign in; the session acts for the house. Raises Invalid, or Conflict for a name in use."""
    if not name.strip():
        raise Invalid(N_("Please fill this in."), field="name")
    if currency not in MINOR_DIGITS:
        raise Invalid(N_("There are no prices in %(currency)s."), field="currency", currency=currency)
    if tier and kind is not OrganisationKind.PARTNER:
        raise Invalid(N_("Only partners have a tier."), field="tier")
    same = select(Organisation.id).join(Party, Party.id == Organisation.id).where(Party.name_key == name_key(name))
    if session.scalar(same.limit(1)) is not None:
        raise Conflict(N_("An organisation of this name signs in already."))
    party = Party(
        kind="organisation", name=name, name_en=name_en, name_key=name_key(name), address=address, created_at=now
    )
    session.add(party)
    session.flush()
    organisation = Organisation(
        id=party.id,
        kind=kind.value,
        tier=tier,
        currency=currency,
        tax_bps=tax_bps,
        locale=locale,
        time_zone=time_zone,
    )
    session.add(organisation)
    session.flush()
    index(session, party)
    record(session, organisation, "open", now=now, after={"name": name, "kind": kind.value, "tier": tier})
    return organisation

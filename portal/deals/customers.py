"""To whom quotes, offers and orders are made out: how the name reads in each language, and what a frozen one keeps."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import as_actor
from portal.parties.models import Relation
from portal.parties.queries import Called
from portal.policy import SYSTEM
from portal.words import Text, both_names, name_in


def names_kept(customer: Called) -> dict[str, str]:
    """Return the names that a document keeps of its customer, by language."""
    names = customer.name, customer.name_en
    return {"name_en": name_in("en", *names), "name_zh": name_in("zh", *names)}


def customer_shown(session: Session, document: Any, locale: str) -> str:
    """Return the customer of a quote, offer or order in a language."""
    return customer_called(session, document).to(locale)


def customer_called(session: Session, document: Any) -> Text:
    """Return the customer of a quote, offer or order: as frozen, of a draft as the party is called now.

    The caller holds the document, so he may read whom it is made out to; a party that is called otherwise by now is
    not asked for its other name.
    """
    kept = (document.snapshot or {}).get("customer") if document.state != "draft" else None
    if isinstance(kept, dict):
        return both_names(kept.get("name_zh") or document.customer_name, kept.get("name_en"))
    if document.customer_id is None:
        return both_names(document.customer_name, None)
    its = (Relation.organisation_id == document.organisation_id, Relation.party_id == document.customer_id)
    with as_actor(session, SYSTEM):
        other = session.scalar(select(Relation.name_en).where(*its, Relation.name == document.customer_name))
    return both_names(document.customer_name, other)

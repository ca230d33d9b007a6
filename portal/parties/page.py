"""The page of one customer: what is known of it, its contacts, and what other features do for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from flask import current_app
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.errors import NotAllowed
from portal.parties import noting, queries
from portal.parties.forms import ContactForm, NoteForm
from portal.parties.models import Party
from portal.policy import OrganisationKind, Permission
from portal.web import db, respond, viewer

RELATED: Final = "parties.related"
NOTE_LABELS: Final[dict[str, Any]] = {
    "credit_code": _l("Unified social credit code"),
    "tax_number": _l("Tax number"),
    "domain": _l("Mail domain"),
    "phone": _l("Another phone"),
    "alias": _l("Another name"),
    "address": _l("Another address"),
}
REVIEW_LABELS: Final[dict[str, tuple[Any, str]]] = {  # label and tone
    "new": (_l("Not reviewed"), "info"),
    "reviewed": (_l("Reviewed"), "good"),
    "needs_work": (_l("Needs work"), "warn"),
}


@dataclass(frozen=True, slots=True)
class Related:
    """One matter of a customer that a feature above this one looks after."""

    title: str
    endpoint: str
    public_id: str
    number: str
    state: str  # English gettext id; both may be empty
    at: datetime


@dataclass(frozen=True, slots=True)
class RelatedList:
    """A list that a feature adds to the page of a customer, for those who have its permission."""

    heading: str  # English gettext id
    permission: Permission
    rows: Callable[[Session, Party], Sequence[Related]]


def no_customers_of_a_customer() -> None:
    """A customer sees the parties of his own house through other pages; he has no customers."""
    if viewer().organisation_kind is OrganisationKind.CUSTOMER:
        raise NotAllowed


def show_customer(
    found: Party, *, contact_form: ContactForm | None = None, note_form: NoteForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """Answer with the page of a customer; forms that were refused keep what was typed."""
    offered = cast(Sequence[RelatedList], current_app.extensions.get(RELATED, ()))
    shown = [(part.heading, part.rows(db(), found)) for part in offered if viewer().actor.can(part.permission)]
    return respond(
        "parties/customer.html",
        customer=found,
        card=queries.card(db(), found),
        contacts=queries.contacts(db(), found.id),
        notes=noting.notes(db(), found),
        note_labels=NOTE_LABELS,
        review_labels=REVIEW_LABELS,
        related=shown,
        form=contact_form or ContactForm(formdata=None),
        note_form=note_form or NoteForm(formdata=None),
        status=status,
    )

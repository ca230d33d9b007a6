"""Registrations as a subject of the approval engine: what an approver reads, and what his decision does."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from portal.approvals.models import ApprovalRequest
from portal.approvals.subjects import Card, Outcome, Verdict
from portal.deals.registrations import awaiting, deciding, moving, places
from portal.deals.registrations.labels import band_text, month_shown
from portal.deals.registrations.lifecycle import REASONS, Action
from portal.deals.registrations.models import Registration
from portal.deals.registrations.places import Key
from portal.deals.registrations.product_lines import LINES
from portal.deals.registrations.queries import CUSTOMER, NAME, known_as
from portal.errors import Conflict
from portal.formats import formats, in_both
from portal.parameters.queries import values
from portal.words import LOCALES, N_, Text, both_names

BEHIND: Final = N_("In line or protected for the same customer: %(count)s more")
CHANGED: Final = N_("This registration is not being decided by this request any more.")


class RegistrationSubject:
    """What the approval engine needs to know about registrations."""

    kind = deciding.KIND
    label = N_("Deal registration")
    reasons = REASONS

    def decided(
        self, session: Session, request: ApprovalRequest, outcome: Outcome, *, now: datetime, today: date
    ) -> None:
        """Protect, refuse or return the registration of a decided request, as the house."""
        registration = session.get_one(Registration, request.thing_id)
        assert registration.identity_id is not None
        places.lock(session, [registration.identity_id])
        places.refresh(session, registration)
        other = deciding.request_of(session, registration)
        if other is not None and other.id != request.id:
            raise Conflict(CHANGED)
        registration.approval_request_id = request.id
        said = {"request": request.public_id, "person": outcome.person_id}
        if outcome.verdict is Verdict.APPROVED:
            deciding.approve(session, registration, said=said, now=now, today=today)
        elif outcome.verdict is Verdict.REFUSED:
            moving.refuse(session, registration, outcome.reason, outcome.note, now=now, said=said)
            deciding.advance(session, Key.of(registration), now=now, today=today)
        else:
            days = timedelta(days=values(session)["registration.answer_days"])
            open_question: dict[str, Any] = {
                "reason": "",
                "reason_note": outcome.note,
                "due_on": None,
                "next_step_on": today + days,
            }
            moving.move(session, registration, Action.RETURN, now=now, said=said, **open_question)

    def moved(self, session: Session, request: ApprovalRequest, due_at: datetime) -> bool:
        """Tell those who wait for the place when it is decided now; False while its customer is being worked on."""
        return awaiting.move(session, request, due_at)

    def cards(self, session: Session, requests: Sequence[ApprovalRequest]) -> Mapping[int, Card]:
        """Return customer as it is called now, value, line and conflicts of each request, in one query."""
        other = aliased(Registration)
        rivals = (
            select(func.count())
            .where(
                other.identity_id == Registration.identity_id,
                other.product_line == Registration.product_line,
                other.id != Registration.id,
                other.standing.in_(("review", "your_turn", "protected")),
            )
            .correlate(Registration)
            .scalar_subquery()
        )
        query = (
            select(
                Registration.id, Registration.number, NAME, CUSTOMER.c.name_en, Registration.value_band,
                Registration.value_minor, Registration.currency, Registration.product_line, Registration.site,
                Registration.closing_month,
                Registration.competitors, rivals,
            )
            .outerjoin(CUSTOMER, known_as())
            .where(Registration.id.in_([request.thing_id for request in requests]))
        )  # fmt: skip
        rows: dict[int, Any] = {row[0]: row for row in session.execute(query)}
        found = ((request.id, rows.get(request.thing_id)) for request in requests)
        return {request_id: _card(*row[1:]) for request_id, row in found if row is not None}

    def path(self, request: ApprovalRequest) -> str:
        """Return where the partner sees the registration."""
        return f"/registrations/{request.thing_public_id}"


def _card(
    number: str, name: str, name_en: str | None, band: str, value: int, currency: str, line: str, site: str,
    month: date | None, competitors: str, rivals: int,
) -> Card:  # fmt: skip
    customer = both_names(name, name_en)
    lines = [
        (N_("Project value"), band_text(band, value, currency)),
        (N_("Product line"), in_both(LINES[line])),
        (N_("Site"), _same(site)),
        (N_("Closing month"), Text(*(month_shown(formats(locale), month) for locale in LOCALES))),
        (N_("Competitors"), _same(competitors)),
    ]
    return Card(
        title=Text(f"{number} {customer.en}", f"{number} {customer.zh}"),
        customer=customer,
        conflict=in_both(BEHIND, count=rivals) if rivals else None,
        lines=tuple((label, text) for label, text in lines if text.en),
    )


def _same(words: str) -> Text:
    return Text(words, words)

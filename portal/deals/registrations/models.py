"""Registrations, the evidence that extends them, who works on which customer, the public pool, and who asked."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.approvals.models import ApprovalRequest
from portal.db import Base, House, Key, Owned, new_public_id
from portal.deals.registrations.lifecycle import HELD, OPEN, Standing, State
from portal.deals.registrations.product_lines import LINES
from portal.deals.registrations.value_bands import BANDS
from portal.policy import Permission

EVIDENCE_KINDS = ("visit", "demonstration", "quote")
HOLDING_SOURCES = ("assigned", "claim", "transfer")
POOL_REASONS = ("expired", "unworked", "released")
PURPOSES = ("probe", "pool_view", "pool_claim")
_HELD = text(f"state IN {tuple(state.value for state in HELD)}")
IS_OPEN = text(f"state IN {tuple(state.value for state in OPEN)}")
_CURRENT = text("ended_on IS NULL")
_CLAIMED = text("ended_on IS NULL AND source = 'claim'")
_WAITING = text("left_on IS NULL")
_PENDING = text("next_step_on IS NOT NULL")


def _partial(name: str, *columns: str, where: Any, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


class Registration(Owned, Base):
    """A project that an organisation registers; `identity_id` is the customer as the whole house knows it.

    Drafts may still lack their line, month and value; from the first submission on nothing of the key is missing.
    """

    __tablename__ = "registration"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(state.value for state in State)}", name="state"),
        CheckConstraint(f"standing IN {tuple(each.value for each in Standing)}", name="standing"),
        CheckConstraint(f"product_line IN {('', *LINES)}", name="product_line"),
        CheckConstraint(f"value_band IN {('', *BANDS)}", name="value_band"),
        CheckConstraint("value_minor >= 0", name="value_minor"),
        CheckConstraint("state NOT IN ('approved', 'converted') OR protected_until IS NOT NULL", name="protected"),
        CheckConstraint(
            "submitted_at IS NULL OR (identity_id IS NOT NULL AND product_line <> '' AND number IS NOT NULL)",
            name="complete",
        ),
        _partial("uq_registration_held", "identity_id", "product_line", "site_key", where=_HELD, unique=True),
        UniqueConstraint("number"),
        UniqueConstraint("organisation_id", "form_key"),
        _partial(
            "ix_registration_open", "identity_id", "product_line", "site_key", "submitted_at", "id", where=IS_OPEN
        ),
        Index("ix_registration_identity", "identity_id", "id"),
        Index("ix_registration_own", "organisation_id", "id"),
        Index("ix_registration_own_customer", "organisation_id", "customer_key", "id"),
        Index("ix_registration_own_standing", "organisation_id", "standing", "id"),
        Index("ix_registration_own_standing_customer", "organisation_id", "standing", "customer_key", "id"),
        Index("ix_registration_own_line", "organisation_id", "product_line", "id"),
        Index("ix_registration_own_line_customer", "organisation_id", "product_line", "customer_key", "id"),
        Index("ix_registration_own_both", "organisation_id", "standing", "product_line", "id"),
        # Not of protected ones only: PostgreSQL drops a condition that a partial index promises, and without it a page
        # near the end would read all that comes before it.
        Index("ix_registration_own_ending", "organisation_id", "standing", "protected_until", "id"),
        Index("ix_registration_all_customer", "customer_key", "id"),
        Index("ix_registration_all_standing", "standing", "id"),
        Index("ix_registration_all_standing_customer", "standing", "customer_key", "id"),
        Index("ix_registration_all_line", "product_line", "id"),
        Index("ix_registration_all_line_customer", "product_line", "customer_key", "id"),
        Index("ix_registration_all_both", "standing", "product_line", "id"),
        Index("ix_registration_all_ending", "standing", "protected_until", "id"),
        _partial("ix_registration_step", "next_step_on", "id", where=_PENDING),
        Index("ix_registration_touched", "updated_at", "id"),
    )
    view_permission = Permission.REGISTRATION_VIEW
    edit_permission = Permission.REGISTRATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    number: Mapped[str | None] = mapped_column(Key)  # given at the first submission
    form_key: Mapped[str] = mapped_column(String(40))  # of the form it was begun with: a double click is one
    state: Mapped[str] = mapped_column(String(20), default="draft")
    standing: Mapped[str] = mapped_column(String(20), default="draft")  # what the partner sees of `state`
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # whose project it is
    customer_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)  # as the own organisation knows it
    customer_name: Mapped[str] = mapped_column(String(200))
    customer_key: Mapped[str] = mapped_column(Key)
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    product_line: Mapped[str] = mapped_column(String(20), default="")
    site: Mapped[str] = mapped_column(String(400), default="")
    site_key: Mapped[str] = mapped_column(Key, default="")
    closing_month: Mapped[date | None]  # first day of the month
    value_band: Mapped[str] = mapped_column(String(10), default="")
    value_minor: Mapped[int] = mapped_column(default=0)  # what the decision rules count with
    asked_minor: Mapped[int] = mapped_column(default=0)  # the value that was handed in for the last decision
    currency: Mapped[str] = mapped_column(String(3))
    competitors: Mapped[str] = mapped_column(String(400), default="")
    note: Mapped[str] = mapped_column(String(2000), default="")
    configuration_id: Mapped[int | None] = mapped_column(ForeignKey("configuration.id"))  # expected products
    submitted_at: Mapped[datetime | None]  # the earliest complete submission holds the place
    due_on: Mapped[date | None]  # by when a decision is expected
    decided_at: Mapped[datetime | None]
    protected_from: Mapped[date | None]
    protected_until: Mapped[date | None]  # the last day, to its end in the supplier's zone
    next_step_on: Mapped[date | None]  # when time itself does something next: a reminder, the end, the pool
    extensions: Mapped[int] = mapped_column(default=0)
    resubmissions: Mapped[int] = mapped_column(default=0)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_from: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(String(40), default="")  # key of REASONS or LOSSES
    reason_note: Mapped[str] = mapped_column(String(1000), default="")
    approval_request_id: Mapped[int | None] = mapped_column(ForeignKey(ApprovalRequest.id))
    version: Mapped[int] = mapped_column(default=1)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form


class RegistrationEvidence(Owned, Base):
    """What extended a protection: a visit, a demonstration or a quote; a quote counts once."""

    __tablename__ = "registration_evidence"
    __table_args__ = (
        CheckConstraint(f"kind IN {EVIDENCE_KINDS}", name="kind"),
        CheckConstraint("(kind = 'quote') = (quote_id IS NOT NULL)", name="quote"),
        UniqueConstraint("registration_id", "quote_id"),
        Index("ix_registration_evidence_of", "registration_id", "id"),
        Index("ix_registration_evidence_quote", "quote_id"),
    )
    view_permission = Permission.REGISTRATION_VIEW
    edit_permission = Permission.REGISTRATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    kind: Mapped[str] = mapped_column(String(20))
    happened_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(1000), default="")
    quote_id: Mapped[int | None] = mapped_column(ForeignKey("quote.id"))
    until: Mapped[date]  # the end of the protection with it
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]


class CustomerHolding(Owned, Base):
    """That a person works on a customer: assigned to him, transferred, or claimed from the pool for a while."""

    __tablename__ = "customer_holding"
    __table_args__ = (
        CheckConstraint(f"source IN {HOLDING_SOURCES}", name="source"),
        _partial("uq_customer_holding_own", "organisation_id", "customer_id", where=_CURRENT, unique=True),
        _partial("uq_customer_holding_claim", "customer_id", where=_CLAIMED, unique=True),
        Index("ix_customer_holding_person", "person_id", "since", "id"),
        Index("ix_customer_holding_customer", "customer_id", "id"),
        _partial("ix_customer_holding_ending", "ends_on", "id", where=_CURRENT),
        _partial("ix_customer_holding_worked", "worked_on", "id", where=_CURRENT),
        {"info": {"on_merge": "one"}},  # of two holdings of merged customers one is set aside
    )
    view_permission = Permission.REGISTRATION_VIEW
    edit_permission = Permission.POOL_CLAIM

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    source: Mapped[str] = mapped_column(String(20))
    since: Mapped[date]
    ends_on: Mapped[date | None]  # the last day of a claim; None: without an end
    worked_on: Mapped[date]  # the last activity, or since when
    signed_on: Mapped[date | None]  # an order came: it does not count for the cap any more
    ended_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form


class HoldingActivity(Owned, Base):
    """Something that was done for a customer one works on."""

    __tablename__ = "holding_activity"
    __table_args__ = (Index("ix_holding_activity_of", "holding_id", "id"),)
    view_permission = Permission.REGISTRATION_VIEW
    edit_permission = Permission.POOL_CLAIM

    id: Mapped[int] = mapped_column(primary_key=True)
    holding_id: Mapped[int] = mapped_column(ForeignKey("customer_holding.id"))
    happened_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(1000), default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]


class PoolEntry(House, Base):
    """A customer nobody works on; only the house reads it, `pool` says who learns what of it."""

    __tablename__ = "pool_entry"
    __table_args__ = (
        CheckConstraint(f"reason IN {POOL_REASONS}", name="reason"),
        _partial("uq_pool_entry_waiting", "customer_id", where=_WAITING, unique=True),
        _partial("ix_pool_entry_waiting", "id", where=_WAITING),
        {"info": {"on_merge": "one"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    customer_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    from_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    entered_on: Mapped[date]
    left_on: Mapped[date | None]


class Inquiry(House, Base):
    """That a person chose an identity to ask about on one day; kept once a day, so that repeating it costs nothing."""

    __tablename__ = "inquiry"
    __table_args__ = (
        CheckConstraint(f"purpose IN {PURPOSES}", name="purpose"),
        UniqueConstraint("person_id", "day", "purpose", "about"),
        Index("ix_inquiry_customer", "customer_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    day: Mapped[date]
    purpose: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(Key)  # a hash of what was asked for
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))  # None: nobody the house knows
    product_line: Mapped[str] = mapped_column(String(20), default="")
    at: Mapped[datetime]


class DailyUse(House, Base):
    """How often a person did something on one day; counted up by one guarded statement."""

    __tablename__ = "daily_use"
    __table_args__ = (CheckConstraint(f"purpose IN {PURPOSES}", name="purpose"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20), primary_key=True)
    uses: Mapped[int]

"""Warranties by serial number, returns for repair, visits of field engineers with the parts they used."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, exists, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.catalog.models import InstalledItem
from portal.db import Base, Key, Visible, new_public_id
from portal.files.kinds import Kind, declare
from portal.policy import Actor, Permission, Reach
from portal.support.service.lifecycle import RETURN_OPEN, ReturnState, VisitState
from portal.support.tickets.models import of_seen_ticket
from portal.support.tickets.triage import CONTRACTS

LONGEST_TEXT = 2000
LONGEST_NAME = 120
LONGEST_SERIAL = 80
_OPEN = text(f"state IN {tuple(state.value for state in RETURN_OPEN)}")


def _all(actor: Actor, *permissions: Permission) -> bool:
    return any(actor.reach(each) is Reach.ALL for each in permissions)


class Warranty(Base):
    """What is agreed for one serial number: from when until when it is covered, and by which contract."""

    __tablename__ = "warranty"
    __table_args__ = (
        CheckConstraint(f"contract IN {tuple(CONTRACTS)}", name="contract"),
        CheckConstraint("starts_on <= ends_on", name="ends"),
        UniqueConstraint("product_id", "serial"),
        UniqueConstraint("installed_item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    serial: Mapped[str] = mapped_column(Key)
    installed_item_id: Mapped[int | None] = mapped_column(ForeignKey("installed_item.id"))
    starts_on: Mapped[date]  # the day of installation
    ends_on: Mapped[date]  # the last day
    contract: Mapped[str] = mapped_column(String(20), default="standard")
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Whoever sees the installed equipment; the rest, which stands nowhere yet, those who see all equipment."""
        if _all(actor, Permission.EQUIPMENT_VIEW):
            return True
        if not actor.can(Permission.EQUIPMENT_VIEW):
            return False
        seen, item = InstalledItem.visible_to(actor), InstalledItem.__table__
        if isinstance(seen, bool):
            return seen
        return exists().where(item.c.id == cls.installed_item_id, seen).correlate_except(item)

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """Those who manage returns."""
        return _all(actor, Permission.RETURN_MANAGE)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Those who manage returns."""
        return _all(actor, Permission.RETURN_MANAGE)


class _Of:
    """Mixin: rows that belong to a ticket and are seen by whoever sees it."""

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))  # the ticket's

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Whoever sees the ticket."""
        return of_seen_ticket(cls.ticket_id, actor)


class Return(_Of, Base):
    """One device on its way to us and back, under a number of its own (RMA)."""

    __tablename__ = "rma"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(state.value for state in ReturnState)}", name="state"),
        CheckConstraint("state <> 'authorised' OR valid_until IS NOT NULL", name="valid"),
        UniqueConstraint("number"),
        UniqueConstraint("ticket_id", "form_key"),
        Index("ix_rma_ticket", "ticket_id", "id"),
        Index("ix_rma_state", "state", "id"),
        Index("ix_rma_expiring", "valid_until", "id", sqlite_where=text("state = 'authorised'"),
              postgresql_where=text("state = 'authorised'")),
        # One device is on one way only.
        Index("uq_rma_on_its_way", "product_id", "serial", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    number: Mapped[str] = mapped_column(Key)
    form_key: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20), default="requested")
    installed_item_id: Mapped[int | None] = mapped_column(ForeignKey("installed_item.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    serial: Mapped[str] = mapped_column(Key)
    reason: Mapped[str] = mapped_column(String(LONGEST_TEXT))
    dead_on_arrival: Mapped[bool] = mapped_column(default=False)
    requested_at: Mapped[datetime]
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    authorised_at: Mapped[datetime | None]
    valid_until: Mapped[date | None]  # the last day on which the device may come under this number
    received_at: Mapped[datetime | None]
    mended_at: Mapped[datetime | None]  # repaired or swapped
    sent_back_at: Mapped[datetime | None]
    tracking: Mapped[str] = mapped_column(String(80), default="")
    closed_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(LONGEST_TEXT), default="")  # why refused, what was found; seen by all
    new_serial: Mapped[str] = mapped_column(Key, default="")
    new_item_id: Mapped[int | None] = mapped_column(ForeignKey("installed_item.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """Those who manage returns."""
        return _all(actor, Permission.RETURN_MANAGE)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Those who manage returns; whoever may open tickets asks for one."""
        return _all(actor, Permission.RETURN_MANAGE) or (
            row.state == ReturnState.REQUESTED and actor.can(Permission.TICKET_OPEN)
        )


def _on_site(actor: Actor) -> bool:
    return _all(actor, Permission.VISIT_WORK, Permission.DISPATCH_MANAGE)


class Visit(_Of, Base):
    """A field engineer at a site for a ticket: when, what he did, and what the customer signed."""

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(state.value for state in VisitState)}", name="state"),
        CheckConstraint("starts_at < ends_at", name="slot"),
        CheckConstraint("state <> 'done' OR left_at IS NOT NULL", name="left"),
        UniqueConstraint("number"),
        UniqueConstraint("ticket_id", "form_key"),
        Index("ix_visit_ticket", "ticket_id", "id"),
        Index("ix_visit_engineer", "engineer_id", "starts_at"),
        Index("ix_visit_site", "site_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    number: Mapped[str] = mapped_column(Key)
    form_key: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20), default="planned")
    engineer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    place: Mapped[str] = mapped_column(String(600), default="")  # name and address, as it was when it was planned
    site_latitude: Mapped[int | None]  # millionths of a degree, as all places here
    site_longitude: Mapped[int | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    task: Mapped[str] = mapped_column(String(LONGEST_TEXT))
    arrived_at: Mapped[datetime | None]
    arrived_latitude: Mapped[int | None]
    arrived_longitude: Mapped[int | None]
    arrived_metres: Mapped[int | None]  # from the site
    left_at: Mapped[datetime | None]
    left_latitude: Mapped[int | None]
    left_longitude: Mapped[int | None]
    work_done: Mapped[str] = mapped_column(String(LONGEST_TEXT), default="")
    signer: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    signed_at: Mapped[datetime | None]
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("upload.id"))  # the drawing; a name may stand alone
    planned_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    planned_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """Those who send engineers, and engineers."""
        return _on_site(actor)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Those who send engineers; an engineer his own."""
        return _all(actor, Permission.DISPATCH_MANAGE) or (
            row.engineer_id == actor.person_id and actor.can(Permission.VISIT_WORK)
        )


declare(
    Kind(
        "visit",
        view=Permission.TICKET_VIEW,
        edit=Permission.VISIT_WORK,
        thing=Visit,
        clips=False,
        adds=Visit.writable_by,
    )
)


class SparePart(_Of, Base):
    """Parts of one kind that a visit used."""

    __tablename__ = "spare_part"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity"),
        UniqueConstraint("visit_id", "form_key"),
        Index("ix_spare_part_visit", "visit_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"))
    form_key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    serial: Mapped[str] = mapped_column(String(LONGEST_SERIAL), default="")
    quantity: Mapped[int]
    added_at: Mapped[datetime]

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """Engineers."""
        return _on_site(actor)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Engineers; the operations ask whose visit it is."""
        return _on_site(actor)


class VisitDocument(Base):
    """The report of a visit as PDF in one language, drawn by the worker."""

    __tablename__ = "visit_document"
    __table_args__ = (
        UniqueConstraint("visit_id", "locale"),
        CheckConstraint("state IN ('waiting', 'rendering', 'ready', 'failed')", name="state"),
        CheckConstraint("locale IN ('en', 'zh')", name="locale"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"))
    locale: Mapped[str] = mapped_column(String(5))
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int] = mapped_column(default=0)  # bytes
    sha256: Mapped[str] = mapped_column(String(64), default="")
    requested_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Whoever sees the ticket of the visit."""
        visit = Visit.__table__
        seen = of_seen_ticket(visit.c.ticket_id, actor)
        if isinstance(seen, bool):
            return seen
        return exists().where(visit.c.id == cls.visit_id, seen).correlate_except(visit)

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """Engineers, whose leaving asks for it."""
        return _on_site(actor)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Engineers, whose leaving asks for it."""
        return _on_site(actor)

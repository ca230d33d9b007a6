"""What people who were helped leave behind: their wordings, and the contacts that did not happen."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, House, Owned, new_public_id
from portal.policy import Actor, Permission, Reach

CASES: Final = ("article", "ticket")  # kinds of documents that may solve a fault
MOST_WORDINGS: Final = 20  # of one case
LONGEST_WORDING: Final = 300
STATES: Final = ("waiting", "counted", "contacted")
_WAITING = text("state = 'waiting'")


class Wording(House, Base):
    """How an organisation described a fault that a case solved, without names and numbers; one each."""

    __tablename__ = "wording"
    __table_args__ = (
        CheckConstraint(f"case_kind IN {CASES}", name="case_kind"),
        UniqueConstraint("case_kind", "case_id", "organisation_id"),
    )
    view_permission = Permission.FAULT_MANAGE

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    case_kind: Mapped[str] = mapped_column(String(20))
    case_id: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    text: Mapped[str] = mapped_column(String(LONGEST_WORDING))
    at: Mapped[datetime]

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Those who look after the fault tree; what is learned, the house writes."""
        return actor.reach(Permission.FAULT_MANAGE) is Reach.ALL


class Deflection(Owned, Base):
    """That somebody said "this solved it": a contact that did not happen, once the days of waiting have passed."""

    __tablename__ = "deflection"
    __table_args__ = (
        CheckConstraint(f"case_kind IN {CASES}", name="case_kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled"),
        UniqueConstraint("form_key"),
        Index("ix_deflection_waiting", "settle_on", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_deflection_case", "case_kind", "case_id", "id"),
        Index("ix_deflection_own", "organisation_id", "id"),
        Index("ix_deflection_day", "day", "state"),
    )
    view_permission = Permission.TICKET_VIEW
    edit_permission = Permission.TICKET_OPEN

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    form_key: Mapped[str] = mapped_column(String(60))  # of the page it was said on: a double click is one
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    case_kind: Mapped[str] = mapped_column(String(20))
    case_id: Mapped[int]
    product_line: Mapped[str] = mapped_column(String(40))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    installed_item_id: Mapped[int | None] = mapped_column(ForeignKey("installed_item.id"))
    serial: Mapped[str] = mapped_column(String(80), default="")
    fault: Mapped[str] = mapped_column(String(60))  # key of the fault tree
    error_code: Mapped[str] = mapped_column(String(40), default="")
    firmware: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    at: Mapped[datetime]
    day: Mapped[date]
    settle_on: Mapped[date]  # the first day on which the days of waiting have passed
    settled_at: Mapped[datetime | None]

"""A list of customers that somebody uploads: checked row by row first, taken over only when he says so."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Owned, new_public_id
from portal.policy import Permission

IMPORT_STATES = ("checked", "waiting", "done", "failed", "discarded")
ROW_STATES = ("new", "known", "wrong", "skipped", "saved")


class PartyImport(Owned, Base):
    """One uploaded list and how far it is."""

    __tablename__ = "party_import"
    __table_args__ = (
        CheckConstraint(f"state IN {IMPORT_STATES}", name="state"),
        Index("ix_party_import_own", "organisation_id", "id"),
    )
    view_permission = Permission.PARTY_EDIT
    edit_permission = Permission.PARTY_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    name: Mapped[str] = mapped_column(String(200))  # of the file
    state: Mapped[str] = mapped_column(String(20), default="checked")
    recognised: Mapped[list[Any]]  # keys of columns, in the order of the file
    ignored: Mapped[list[Any]]  # titles of columns that were not
    row_count: Mapped[int]
    new_count: Mapped[int]
    known_count: Mapped[int]
    wrong_count: Mapped[int]
    saved_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class PartyImportRow(Owned, Base):
    """One line of such a list: what it says, what is wrong with it, what became of it."""

    __tablename__ = "party_import_row"
    __table_args__ = (
        UniqueConstraint("import_id", "line"),
        CheckConstraint(f"state IN {ROW_STATES}", name="state"),
        Index("ix_party_import_row_state", "import_id", "state", "line"),
        Index("ix_party_import_row_party_id", "party_id"),
    )
    view_permission = Permission.PARTY_EDIT
    edit_permission = Permission.PARTY_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("party_import.id"))
    line: Mapped[int]  # of the file, as a spreadsheet counts
    state: Mapped[str] = mapped_column(String(20))
    cells: Mapped[dict[str, Any]]  # texts by column
    problems: Mapped[list[Any]]  # of {column, message, params}: gettext ids, told in the reader's language
    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))  # known before, or made of it

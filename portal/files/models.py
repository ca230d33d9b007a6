"""Files that people attach to a thing of their organisation; their content lies in the instance folder."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Owned, new_public_id
from portal.policy import Permission

KINDS = ("registration",)
LONGEST_NAME = 150
_TO_ERASE = text("removed_at IS NOT NULL AND erased_at IS NULL")


class Upload(Owned, Base):
    """One file; its content never changes, and it lies under a random name that no address shows."""

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint("thing_kind IN ('registration')", name="thing_kind"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("erased_at IS NULL OR removed_at IS NOT NULL", name="erased"),
        Index("ix_upload_thing", "thing_kind", "thing_id", "id"),
        Index("ix_upload_own", "organisation_id", "erased_at", "size"),
        Index("ix_upload_to_erase", "removed_at", "id", sqlite_where=_TO_ERASE, postgresql_where=_TO_ERASE),
    )
    view_permission = Permission.REGISTRATION_VIEW
    edit_permission = Permission.REGISTRATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    thing_kind: Mapped[str] = mapped_column(String(40))
    thing_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))  # as it was typed, without what could deceive
    content_type: Mapped[str] = mapped_column(String(100))  # found in the content, never believed
    size: Mapped[int]  # bytes as they are kept
    sha256: Mapped[str] = mapped_column(String(64))
    stored_name: Mapped[str] = mapped_column(String(40), unique=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]  # when the content went, some days after the removal

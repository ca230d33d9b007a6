"""Files that people attach to a thing of their organisation; their content lies in a store."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, and_, inspect, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Visible, new_public_id
from portal.files.kinds import NAMES, kind_of, seen
from portal.policy import Actor, Reach

LONGEST_NAME = 150
_MAIL = text("thing_kind = 'mail_in' AND removed_at IS NULL")
_TO_ERASE = text("removed_at IS NOT NULL AND erased_at IS NULL")


class Upload(Base):
    """One file; its content never changes, and it lies under a random name that no address shows.

    It belongs to the organisation of its thing and takes the room of the one whose person brought it.
    """

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint(f"thing_kind IN {NAMES}", name="thing_kind"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("erased_at IS NULL OR removed_at IS NOT NULL", name="erased"),
        Index("ix_upload_thing", "thing_kind", "thing_id", "id"),
        Index("ix_upload_own", "room_of_id", "erased_at", "size"),
        Index("ix_upload_to_erase", "removed_at", "id", sqlite_where=_TO_ERASE, postgresql_where=_TO_ERASE),
        Index("ix_upload_thumbnail_name", "thumbnail_name"),
        Index("ix_upload_mail", "created_at", "id", sqlite_where=_MAIL, postgresql_where=_MAIL),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    room_of_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    thing_kind: Mapped[str] = mapped_column(String(40))
    thing_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))  # as it was typed, without what could deceive
    content_type: Mapped[str] = mapped_column(String(100))  # found in the content, never believed
    size: Mapped[int]  # bytes as they are kept
    sha256: Mapped[str] = mapped_column(String(64))
    stored_name: Mapped[str] = mapped_column(String(40), unique=True)
    thumbnail_name: Mapped[str | None] = mapped_column(String(40))  # a small JPEG of a picture, stored beside it
    width: Mapped[int | None]  # of the thumbnail, so that a page keeps its place
    height: Mapped[int | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]  # when the content went, some days after the removal

    @property
    def medium(self) -> str:
        """Return "image", "audio", "video" or "file": how a page shows it."""
        kind = self.content_type.partition("/")[0]
        return kind if kind in ("image", "audio", "video") else "file"

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """The files of the things that the actor may see."""
        return seen(actor, cls)

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """Statements reach what the own organisation brought."""
        visible = cls.visible_to(actor)
        if visible is False:
            return False
        mine = cls.room_of_id == actor.organisation_id
        return mine if visible is True else and_(visible, mine)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """What was and stays with one's own organisation or was brought by it; any row for an edit right over ALL."""
        if actor.reach(kind_of(row.thing_kind).edit) is Reach.ALL:
            return True
        states = inspect(row).attrs
        owners = {row.organisation_id, *states.organisation_id.history.deleted}
        brought = {row.room_of_id, *states.room_of_id.history.deleted}
        return {actor.organisation_id} in (owners, brought)

"""Templates that people made of configurations, and configurations that customers sent to a distributor."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, and_, or_
from sqlalchemy.orm import Mapped, mapped_column

from portal.configurator.models import Configuration
from portal.db import Base, Owned, Visible, new_public_id
from portal.policy import Actor, Permission
from portal.sharing.models import shared_with

LONGEST_NAME = 120


class SavedTemplate(Owned, Base):
    """Choices to begin with, under a name that the whole organisation reads."""

    __tablename__ = "saved_template"
    __table_args__ = (Index("ix_saved_template_organisation_id", "organisation_id", "rule_key", "id"),)
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    rule_key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    choices: Mapped[dict[str, Any]]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class Sending(Owned, Base):
    """A customer sent a configuration to a distributor; its share says whether he still may see it."""

    __tablename__ = "sending"
    __table_args__ = (
        Index("ix_sending_configuration_id", "configuration_id", "id"),
        Index("ix_sending_to_organisation_id", "to_organisation_id", "id"),
    )
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    configuration_id: Mapped[int] = mapped_column(ForeignKey("configuration.id"))
    to_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    share_id: Mapped[int] = mapped_column(ForeignKey("share.id"), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """What the own organisation sent, and what was sent to it for as long as it may see the configuration."""
        seen = super().visible_to(actor)
        if isinstance(seen, bool):
            return seen
        shared = shared_with(actor, Configuration.__tablename__, cls.configuration_id)
        return or_(seen, and_(cls.to_organisation_id == actor.organisation_id, shared))


class TakenOver(Owned, Base):
    """A distributor made his own configuration of one that was sent to him; it stays when the sender withdraws his."""

    __tablename__ = "taken_over"
    __table_args__ = (Index("ix_taken_over_sending_id", "sending_id", "configuration_id"),)
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    configuration_id: Mapped[int] = mapped_column(ForeignKey("configuration.id"), primary_key=True, autoincrement=False)
    sending_id: Mapped[int] = mapped_column(ForeignKey("sending.id"))
    at: Mapped[datetime]

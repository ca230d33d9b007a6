"""Published rule revisions, and configurations with every step that a person took."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Everyones, Owned, new_public_id
from portal.policy import Permission


class RuleRevision(Everyones, Base):
    """One immutable published state of a rule set; `content` is all of it, `content_hash` its name."""

    __tablename__ = "rule_revision"
    __table_args__ = (UniqueConstraint("key", "number"), UniqueConstraint("key", "content_hash"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    effective_on: Mapped[date]
    published_at: Mapped[datetime]


class Configuration(Owned, Base):
    """A solution somebody is putting together; its choices are those of its present step."""

    __tablename__ = "configuration"
    __table_args__ = (
        Index("ix_configuration_organisation_id", "organisation_id", "id"),
        CheckConstraint("step >= 0 AND last_step >= step", name="step"),
    )
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    name: Mapped[str] = mapped_column(String(120))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    rule_revision_id: Mapped[int] = mapped_column(ForeignKey("rule_revision.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    choices: Mapped[dict[str, Any]]
    step: Mapped[int] = mapped_column(default=0)
    last_step: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form


class ConfigurationStep(Owned, Base):
    """The choices after one step, so that every step can be undone and done again."""

    __tablename__ = "configuration_step"
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    configuration_id: Mapped[int] = mapped_column(ForeignKey("configuration.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    choices: Mapped[dict[str, Any]]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]

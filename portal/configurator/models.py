"""Published rule revisions, and configurations with every step that a person took."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, inspect, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Everyones, Loan, Owned, Visible, new_public_id
from portal.policy import Actor, Permission
from portal.sharing.models import shared_with

_ARCHIVED = text("archived_at IS NOT NULL")
WRITTEN_ON_LOAN = frozenset({"rule_revision_id", "choices", "step", "last_step", "version", "updated_at"})


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
        Index("ix_configuration_archived", "organisation_id", "id", sqlite_where=_ARCHIVED, postgresql_where=_ARCHIVED),
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

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Those of the own organisation, and those that others share with it or with the actor."""
        seen = super().visible_to(actor)
        return seen if isinstance(seen, bool) else or_(seen, shared_with(actor, cls.__tablename__, cls.id))

    def on_loan(self, actor: Actor, loans: frozenset[Loan]) -> bool:
        """What a person of another organisation changes with a share to edit: the choices.

        What it is called, whose it is, for which customer, and whether it is put away stays with the owner.
        """
        state = inspect(self)
        changed = {a.key for a in state.mapper.column_attrs if state.attrs[a.key].history.has_changes()}
        return state.persistent and ("edit", self.__tablename__, self.id) in loans and changed <= WRITTEN_ON_LOAN


class ConfigurationStep(Owned, Base):
    """The choices after one step, so that every step can be undone and done again."""

    __tablename__ = "configuration_step"
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    configuration_id: Mapped[int] = mapped_column(ForeignKey("configuration.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    choices: Mapped[dict[str, Any]]
    rule_revision_id: Mapped[int | None] = mapped_column(ForeignKey("rule_revision.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """The steps of configurations that the actor sees."""
        seen = super().visible_to(actor)
        shared = shared_with(actor, Configuration.__tablename__, cls.configuration_id)
        return seen if isinstance(seen, bool) else or_(seen, shared)

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """The own organisation's, and those of configurations shared to edit: a new step forgets what was undone."""
        mine = super().changeable_by(actor)
        if isinstance(mine, bool):
            return mine
        return or_(mine, shared_with(actor, Configuration.__tablename__, cls.configuration_id, access="edit"))

    def on_loan(self, actor: Actor, loans: frozenset[Loan]) -> bool:
        """The steps of a configuration that is lent."""
        return ("edit", Configuration.__tablename__, self.configuration_id) in loans

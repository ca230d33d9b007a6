"""People who sign in, their roles, sign-in sessions, single-use tokens and throttles."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, House, Owned, Visible, new_public_id
from portal.policy import Actor, Permission, Role

THEMES = ("auto", "light", "dark")


class Person(Owned, Base):
    """An account: one person in one organisation."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("locale IN ('en', 'zh')", name="locale"),
        CheckConstraint(f"theme IN {THEMES}", name="theme"),
        Index("ix_person_organisation_id", "organisation_id", "id"),
    )
    view_permission = Permission.PEOPLE_VIEW
    edit_permission = Permission.PEOPLE_MANAGE

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    locale: Mapped[str] = mapped_column(String(5))
    time_zone: Mapped[str] = mapped_column(String(60))
    theme: Mapped[str] = mapped_column(String(10), default="auto")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Colleagues by permission, and always oneself."""
        seen = super().visible_to(actor)
        return cls.id == actor.person_id if seen is False and actor.person_id is not None else seen

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Oneself, or whoever manages people."""
        return row.id == actor.person_id or super().writable_by(actor, row)


class PersonRole(House, Base):
    """One role of one person."""

    __tablename__ = "person_role"
    __table_args__ = (CheckConstraint(f"role IN {tuple(role.value for role in Role)}", name="role"),)
    view_permission = None

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(40), primary_key=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Joined to people, who are scoped themselves."""
        return actor.can(Permission.PEOPLE_VIEW)


class SignIn(House, Base):
    """A signed-in browser; the cookie holds the token, the row its hash, so it can be ended here."""

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_person_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Invitation(Owned, Base):
    """A single-use way in for one mail address with fixed roles."""

    __tablename__ = "invitation"
    __table_args__ = (Index("ix_invitation_organisation_id", "organisation_id", "id"),)
    view_permission = Permission.PEOPLE_VIEW
    edit_permission = Permission.PEOPLE_MANAGE

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    roles: Mapped[list[Any]]
    locale: Mapped[str] = mapped_column(String(5))
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class PasswordReset(House, Base):
    """A single-use, short-lived way to a new password, bound to the mail address it was sent to."""

    __tablename__ = "password_reset"
    __table_args__ = (Index("ix_password_reset_person_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    email: Mapped[str] = mapped_column(String(254))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Throttle(House, Base):
    """How often a key was used in its present window."""

    __tablename__ = "throttle"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120))
    window_ends_at: Mapped[datetime] = mapped_column(index=True)
    uses: Mapped[int]

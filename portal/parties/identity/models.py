"""What finds parties: their names, beginnings of their words, and marks that belong to one party only."""

from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, House, Key, Visible
from portal.policy import Actor, Permission, Reach

MARK_KINDS = ("name", "code", "tax", "domain", "phone")
HOUSE: Final = 0  # the rows that those search who see all parties
DERIVED: Final[dict[str, Any]] = {"info": {"on_merge": "derived"}}  # written anew after a merge, never moved


def scope_of(actor: Actor) -> int | None:
    """Return whose rows answer an actor; None for those who may see no party."""
    reach = actor.reach(Permission.PARTY_VIEW)
    return None if reach is Reach.NONE else HOUSE if reach is Reach.ALL else actor.organisation_id


class Noted:
    """Mixin: a row of those who know a party by that name, so that a search is among their own names only.

    Every organisation has rows of its own for each party that it knows, and the house has rows for every party. So
    what somebody may see is where his search begins, and not what is left over of it.
    """

    organisation_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # or `HOUSE`

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Return the rows of the house for those who see all parties, else those of the own organisation."""
        scope = scope_of(actor)
        return False if scope is None else cls.organisation_id == scope

    @classmethod
    def writable_by(cls, actor: Actor, row: object) -> bool:
        """Nobody but the house: rows are derived."""
        return False


class PartyName(Noted, Base):
    """A name of a party and the forms in which search compares it; derived, never a second truth."""

    __tablename__ = "party_name"
    __table_args__ = (Index("ix_party_name_party_id", "party_id"), DERIVED)

    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))  # as written
    letters: Mapped[str] = mapped_column(Key)
    key: Mapped[str] = mapped_column(Key)  # what two spellings of one name share


class PartyWord(Noted, Base):
    """A beginning that finds a party: its name from one sign or word on, some letters long."""

    __tablename__ = "party_word"
    __table_args__ = {**DERIVED, "sqlite_with_rowid": False}  # noqa: RUF012 - read by SQLAlchemy, changed by nobody

    word: Mapped[str] = mapped_column(Key, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), primary_key=True, autoincrement=False)


class PartyMark(Noted, Base):
    """What identifies a party exactly: a whole name in its one form, a code, a domain, a phone."""

    __tablename__ = "party_mark"
    __table_args__ = (
        CheckConstraint(f"kind IN {MARK_KINDS}", name="kind"),
        Index("ix_party_mark_party_id", "party_id"),
        DERIVED,
    )

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    value: Mapped[str] = mapped_column(Key, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), primary_key=True, autoincrement=False)


class ContactPhone(House, Base):
    """A number at which a contact person is reached, for whoever answers the telephone.

    It identifies nobody else: one installer's number may stand at several customers.
    """

    __tablename__ = "contact_phone"
    __table_args__ = (Index("ix_contact_phone_party_id", "party_id"), DERIVED)
    view_permission = Permission.PHONE_USE

    value: Mapped[str] = mapped_column(Key, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), primary_key=True, autoincrement=False)


class NameWord(House, Base):
    """The vocabulary: every distinct Latin word of names, also backwards, for words with a typing error."""

    __tablename__ = "name_word"
    __table_args__ = (Index("ix_name_word_reversed", "reversed"),)

    word: Mapped[str] = mapped_column(Key, primary_key=True)
    reversed: Mapped[str] = mapped_column(Key)

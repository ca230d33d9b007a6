"""Who may change a configuration: its owners, and those with whom they share it to edit."""

from sqlalchemy.orm import Session

from portal.configurator.models import Configuration
from portal.db import ScopedSession
from portal.errors import NotAllowed, NotFound
from portal.policy import Actor, Permission, allows
from portal.sharing.queries import access_of


def may_edit(session: Session, actor: Actor, configuration: Configuration) -> bool:
    """Return whether a page offers changes; whoever then makes one is checked again by `borrow_to_edit`."""
    return access_of(session, actor, configuration) == "edit"


def is_owner(actor: Actor, configuration: Configuration) -> bool:
    """Return whether the actor does what stays with the owner: share, quote, archive, say whose it is."""
    return allows(actor, Permission.CONFIGURATION_EDIT, configuration)


def borrow_to_edit(session: Session, actor: Actor, configuration: Configuration) -> None:
    """Let this unit of work change the configuration, or raise: every operation that changes one begins with this.

    A person of another organisation is let through the second wall for this one row and its steps, and for the columns
    that `Configuration.on_loan` names. He is never turned into the owner or the house for it: the session stays his,
    so the history names him, and everything else that he reads or writes in this unit of work stays as narrow as
    before. His share is locked while he writes. One that was revoked an instant before makes the configuration missing,
    as it is from now on; one that lets him look only, or the wider view of internal people, is refused.
    """
    access = access_of(session, actor, configuration, lock=True)
    if access is None:
        raise NotFound
    if access != "edit":
        raise NotAllowed
    if not is_owner(actor, configuration):
        assert isinstance(session, ScopedSession)
        session.lend("edit", Configuration.__tablename__, configuration.id)


def demand_owner(session: Session, actor: Actor, configuration: Configuration) -> None:
    """Raise unless the actor may do what stays with the owner."""
    if is_owner(actor, configuration):
        return
    raise NotFound if access_of(session, actor, configuration) is None else NotAllowed

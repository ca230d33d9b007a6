"""What happened to a registration, from the one history there is, in words for the people who see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.db import as_actor
from portal.deals.registrations.lifecycle import Action
from portal.deals.registrations.models import Registration
from portal.history import HistoryEntry
from portal.policy import SYSTEM
from portal.words import N_

MOST: Final = 50
ACTS: Final[Mapping[str, str]] = {
    "create": N_("Begun"),
    "begin": N_("Begun"),
    Action.EDIT: N_("Edited"),
    Action.SUBMIT: N_("Submitted"),
    Action.TAKE_UP: N_("Its decision began"),
    Action.RETURN: N_("Returned with a question"),
    Action.ANSWER: N_("Answered"),
    Action.APPROVE: N_("Approved"),
    Action.REFUSE: N_("Refused"),
    Action.RESET: N_("Changed, so that it is decided again"),
    Action.WITHDRAW: N_("Withdrawn"),
    Action.UNDO_WITHDRAW: N_("Withdrawal undone"),
    Action.RESUBMIT: N_("Submitted again"),
    Action.EXTEND: N_("Extended"),
    Action.EXPIRE: N_("Expired"),
    Action.CONVERT: N_("A quote or an order came of it"),
    Action.WIN: N_("Won"),
    Action.LOSE: N_("Lost"),
    Action.REOPEN: N_("Opened again"),
    "override": N_("Approved over another one"),
    "transfer": N_("Handed over"),
    "undo transfer": N_("Hand-over undone"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One line: `act` is an English gettext id."""

    at: datetime
    act: str
    who: str


def timeline(session: Session, registration: Registration) -> list[Event]:
    """Return what happened, the newest first; who sees the registration may know who did it."""
    columns = (HistoryEntry.at, HistoryEntry.action, Person.name)
    query = select(*columns).outerjoin(Person, Person.id == HistoryEntry.person_id)
    query = query.where(HistoryEntry.thing_kind == registration.__tablename__, HistoryEntry.thing_id == registration.id)
    with as_actor(session, SYSTEM):
        rows = session.execute(query.order_by(HistoryEntry.id.desc()).limit(MOST)).all()
    return [Event(at, ACTS[action], who or "") for at, action, who in rows if action in ACTS]

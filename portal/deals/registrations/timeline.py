"""What happened to a registration, from the one history there is, in words for the people who see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.approvals.queries import names_of
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
    """Return what happened, the newest first; who sees the registration may know who did it.

    What a decision does is done by the house: its entry says who decided, as the approval itself does on the page.
    """
    entry = HistoryEntry
    query = select(entry.at, entry.action, entry.person_id, entry.after)
    query = query.where(entry.thing_kind == registration.__tablename__, entry.thing_id == registration.id)
    with as_actor(session, SYSTEM):
        rows = session.execute(query.order_by(entry.id.desc()).limit(MOST)).all()
    told = [(at, ACTS[action], _who(person_id, after)) for at, action, person_id, after in rows if action in ACTS]
    names = names_of(session, {who for _, _, who in told if who is not None})
    return [Event(at, act, names.get(who or 0, "")) for at, act, who in told]


def _who(person_id: int | None, after: Mapping[str, Any] | None) -> int | None:
    """Return who did something himself, or decided on it."""
    decided_by = (after or {}).get("person")
    return person_id if person_id is not None else decided_by if isinstance(decided_by, int) else None

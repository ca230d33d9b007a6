"""A call comes in: it is noted once, and whoever nobody knows becomes a lead at once, so that he is never lost."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import quote

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.db import as_actor, insert_into, new_public_id
from portal.errors import Invalid, NotAllowed, NotFound
from portal.history import record
from portal.limits import bounded
from portal.parties.identity.matching import identities
from portal.parties.identity.models import ContactPhone
from portal.parties.identity.phones import normal_phone
from portal.parties.models import Party
from portal.policy import SYSTEM, Actor
from portal.support.phone.leads import lead_of_number
from portal.support.phone.models import LONGEST_NOTE, LONGEST_NUMBER, Call, answers_calls
from portal.words import N_

LONGEST_KEY: Final = 120
SAME_CALL: Final = timedelta(minutes=10)  # the page of a number opened again within this is the same call


def arrive(
    session: Session,
    actor: Actor,
    number: str,
    *,
    now: datetime,
    today: date,
    call_key: str = "",
    source: str = "page",
) -> Call:
    """Note that somebody calls; the same call a second time is the same row. An unknown caller becomes a lead.

    `call_key` is the telephone system's name of the call; without one a number that the same person opens again within
    ten minutes is one call.
    """
    if not answers_calls(actor):
        raise NotAllowed
    shown = bounded(shown_as(number), LONGEST_NUMBER, field="number")
    if not shown:
        raise Invalid(N_("Give the number that calls."), field="number")
    bounded(call_key, LONGEST_KEY, field="call")
    name = call_key or _of_page(session, actor, shown, now)
    values = {"source": source, "number": shown, "number_key": normal_phone(shown), "person_id": actor.person_id}
    new = insert_into(session, Call).values(
        public_id=new_public_id(), call_key=f"{source}:{name}", at=now, note="", **values
    )
    made = session.execute(new.on_conflict_do_nothing(index_elements=[Call.call_key]).returning(Call.id)).scalar()
    call = session.scalars(select(Call).where(Call.call_key == f"{source}:{name}")).one()
    if made is not None:
        _say_whose(session, call, now=now, today=today)
        record(session, call, "take call", now=now, after={"number": shown})
    return call


def shown_as(number: str) -> str:
    """Return a number as it is shown and stands in addresses, in which a stroke (089/1234567) would be two parts."""
    return " ".join(number.replace("/", " ").split())


def _of_page(session: Session, actor: Actor, number: str, now: datetime) -> str:
    """Return the name of a call that somebody opened by hand: his last one of that number, or a new one."""
    moment = int(now.timestamp() // SAME_CALL.total_seconds())
    name, before = (f"{actor.person_id}:{number}:{each}" for each in (moment, moment - 1))
    lately = (Call.call_key.in_((f"page:{name}", f"page:{before}")), Call.at > now - SAME_CALL)  # a look into its index
    last = session.scalar(select(Call.call_key).where(*lately).order_by(Call.id.desc()).limit(1))
    return last.removeprefix("page:") if last else name


def _say_whose(session: Session, call: Call, *, now: datetime, today: date) -> None:
    """Write down which customer calls, when it is one only; a number that nobody knows opens a lead."""
    found = organisations_of(session, call.number_key)
    if len(found) == 1:
        call.party_id = found[0]
    elif not found and call.number_key:
        call.lead_id = lead_of_number(session, call.number, call.number_key, now=now, today=today).id


def organisations_of(session: Session, number_key: str) -> list[int]:
    """Return the customers that a number belongs to, or to a contact of theirs; oldest first."""
    return sorted({party.employer_id or party.id for party in parties_of(session, number_key)})


def parties_of(session: Session, number_key: str) -> Sequence[Party]:
    """Return the organisations and contacts whose number it is; the house asks."""
    if not number_key:
        return []
    with as_actor(session, SYSTEM):
        contacts = select(ContactPhone.party_id).where(ContactPhone.value == number_key)
        whose = or_(Party.id.in_(identities(session, f"+{number_key}")), Party.id.in_(contacts))
        there = (whose, Party.archived_at.is_(None))
        return session.scalars(select(Party).where(*there).order_by(Party.id)).all()


def call_of(session: Session, public_id: str) -> Call:
    """Return one call; raises NotFound."""
    found = session.scalar(select(Call).where(Call.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def path_of(call: Call) -> str:
    """Return the page of a call, relative to the portal's address."""
    return f"/phone/{quote(call.number, safe='')}"


def note_call(session: Session, actor: Actor, call: Call, text: str, *, now: datetime) -> None:
    """Write down what a call was about."""
    if not answers_calls(actor):
        raise NotAllowed
    before, call.note = call.note, bounded(text.strip(), LONGEST_NOTE, field="note")
    call.person_id = call.person_id or actor.person_id
    if before != call.note:
        record(session, call, "note call", now=now, before={"note": before}, after={"note": call.note})

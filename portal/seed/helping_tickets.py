"""The tickets of half a year, as the operations would have left them: clocks, answers, ratings, some come again."""

import random
from collections import Counter as Sums
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.accounts.tokens import hash_of, new_token
from portal.db import insert_into
from portal.deals.models import Counter
from portal.seed.helping_days import AGENT, ASKERS, PAST, PLAIN, days, moment
from portal.seed.helping_words import ASKED_BACK, BLAME, MATTERS, PRAISE, Matter
from portal.seed.stories import Cast
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.clocks import NEVER
from portal.support.tickets.desk_models import Queue
from portal.support.tickets.models import Message, Ticket, TicketRating
from portal.support.tickets.sla import Hours
from portal.support.tickets.terms import hours_of, targets_of, terms_of
from portal.support.tickets.triage import priority

FIRMS: Final = {"lin": "haixing", "su": "yunling", "amina": "northline"}
VIDEO: Final = ("cameras", "recorders", "switches")
CLOSES: Final = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Told:
    """One matter of the past: who asked, for which customer, about what, and when."""

    who: str
    customer: str
    matter: Matter
    serial: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms somebody is helped."""

    customer_id: int
    organisation_id: int
    person_id: int
    calendar: str
    hours: Hours
    locale: str


def _matters(cast: Cast, chance: random.Random) -> Iterator[Told]:
    people = [each[:2] for each in ASKERS]
    weights = [each[2] for each in ASKERS]
    for day, busy in days(cast):
        for _each in range(round(chance.uniform(1.5, 5) * busy)):
            who, customer = chance.choices(people, weights)[0]
            serial = f"LQ25K{chance.randint(1, 4_000):05d}" if chance.random() < 0.7 else ""
            first = Told(who, customer, chance.choice(MATTERS), serial, moment(cast, chance, day))
            yield first
            later = first.at + timedelta(days=chance.randint(2, 6))
            if serial and chance.random() < 0.12 + 0.12 * (busy == 1) and later < cast.at(1):
                yield Told(who, customer, first.matter, serial, later)


def _terms(cast: Cast) -> dict[tuple[str, str], Terms]:
    found = {}
    for who, key, _often in ASKERS:
        actor, today = cast.actors[who], cast.day(cast.now)
        assert actor.organisation_id is not None
        assert actor.person_id is not None
        customer = cast.customers[FIRMS[who], key] if key else actor.organisation_id
        calendar = terms_of(cast.session, customer, None, today)[0]
        found[who, key] = Terms(customer, actor.organisation_id, actor.person_id, calendar,
                                hours_of(cast.session, calendar), "en" if who == "amina" else "zh")  # fmt: skip
    return found


def tell_tickets(cast: Cast, chance: random.Random) -> None:
    """Write the tickets with all that hangs on them."""
    told = sorted(_matters(cast, chance), key=lambda each: each.at)
    session, terms, drawn = cast.session, _terms(cast), Sums[int]()
    targets = {each: targets_of(session, "standard", each) for each in ("urgent", "medium", "low")}
    queues = {row.position: row.id for row in session.scalars(select(Queue))}
    tickets, clocks = [], []
    for each in told:
        its, pressing = terms[each.who, each.customer], priority("fault", each.matter.impact, "standard")
        times = _times(chance, targets[pressing], its.hours, each.at)
        if times.solved_at > cast.at(1):
            continue  # what is new is told by the stories
        year = cast.day(each.at).year
        drawn[year] += 1
        number = f"T-{year}-{drawn[year]:06d}"
        channel = chance.choices(("web", "mail", "phone"), (6, 2, 2))[0]
        queue = queues.get(1 if each.matter.line in VIDEO else 9)
        tickets.append(
            _ticket(cast, each, its, times, number, {"priority": pressing, "channel": channel, "queue_id": queue})
        )
        clocks.append((number, its, times))
    for year, value in drawn.items():
        session.execute(insert_into(session, Counter).values(series=f"T-{year}", value=value))
    session.execute(insert(Ticket), tickets)
    found = session.execute(select(Ticket.number, Ticket.id).where(Ticket.form_key.startswith(PAST)))
    ids = {row.number: row.id for row in found}
    session.execute(
        insert(TicketClock), [row for number, its, times in clocks for row in _clocks(ids[number], its, times)]
    )
    _say(session, cast, tickets, ids)
    _rate(session, chance, tickets, ids)


@dataclass(frozen=True, slots=True)
class Times:
    """When a matter was answered, solved and closed, how much working time it took and had."""

    opened_at: datetime
    answered_at: datetime
    solved_at: datetime
    lengths: tuple[timedelta, timedelta]
    targets: tuple[timedelta, timedelta]


def _times(chance: random.Random, targets: Mapping[str, timedelta], hours: Hours, at: datetime) -> Times:
    wanted = (targets["first_response"], targets["solution"])
    answer = _whole(wanted[0] * min(chance.lognormvariate(-0.9, 0.7), 6))
    solution = max(_whole(wanted[1] * min(chance.lognormvariate(-0.6, 0.8), 8)), answer)
    waited = timedelta(hours=chance.choice((0, 0, 2, 4, 8)))
    return Times(at, hours.after(at, answer), hours.after(at, solution + waited), (answer, solution), wanted)


def _whole(length: timedelta) -> timedelta:
    return timedelta(seconds=int(length.total_seconds()))


def _ticket(cast: Cast, told: Told, its: Terms, times: Times, number: str, more: Mapping[str, Any]) -> dict[str, Any]:
    agent, closed = cast.actors[AGENT].person_id, min(times.solved_at + CLOSES, cast.now - timedelta(hours=1))
    place = 0 if its.locale == "en" else 1
    return {
        "number": number, "form_key": f"{PAST}{number}", "state": "closed", "kind": "fault",
        "subject": told.matter.subject[place], "impact": told.matter.impact, "organisation_id": its.organisation_id,
        "customer_id": its.customer_id, "requester_id": its.person_id, "product_line": told.matter.line,
        "serial": told.serial, "fault": told.matter.fault, "locale": its.locale, "assignee_id": agent,
        "solved_by_id": agent, "created_by_id": its.person_id, "created_at": told.at, "updated_at": closed,
        "last_message_at": times.solved_at, "first_answered_at": times.answered_at, "solved_at": times.solved_at,
        "closed_at": closed, "sort_at": NEVER, **more,
    }  # fmt: skip


def _clocks(ticket_id: int, its: Terms, times: Times) -> Iterator[dict[str, Any]]:
    for place, kind in enumerate(("first_response", "solution")):
        used, target = times.lengths[place], times.targets[place]
        missed = its.hours.after(times.opened_at, target) if used >= target else None
        yield {
            "ticket_id": ticket_id, "kind": kind, "calendar": its.calendar, "breaches": int(missed is not None),
            "target_seconds": int(target.total_seconds()), "used_seconds": int(used.total_seconds()),
            "started_at": times.opened_at, "stopped_at": (times.answered_at, times.solved_at)[place],
            "due_at": missed, "breached_at": missed,
        }  # fmt: skip


def _say(session: Session, cast: Cast, tickets: Sequence[Mapping[str, Any]], ids: Mapping[str, int]) -> None:
    """Write what was said: the question, the first answer, and what helped."""
    words = {subject: matter for matter in MATTERS for subject in matter.subject}
    agent, rows = cast.actors[AGENT].person_id, []
    for each in tickets:
        matter, place = words[each["subject"]], 0 if each["locale"] == "en" else 1
        said = (
            (matter.body[place], each["created_by_id"], "customer", each["created_at"]),
            (ASKED_BACK[place], agent, "house", each["first_answered_at"]),
            (matter.cure[place], agent, "house", each["solved_at"]),
        )
        rows += [
            {"ticket_id": ids[each["number"]], "organisation_id": each["organisation_id"], "form_key": f"{PAST}{at}",
             "author_id": author, "side": side, "channel": each["channel"], "body": body, "created_at": when}
            for at, (body, author, side, when) in enumerate(said)
        ]  # fmt: skip
    session.execute(insert(Message), rows)


def _rate(
    session: Session, chance: random.Random, tickets: Sequence[Mapping[str, Any]], ids: Mapping[str, int]
) -> None:
    rows = []
    for each in tickets:
        if chance.random() > 0.45:
            continue
        points = chance.choices((5, 4, 3, 2, 1), (52, 28, 11, 5, 4))[0]
        words = chance.choice(PRAISE if points > 3 else BLAME)[0 if each["locale"] == "en" else 1]
        at = each["solved_at"] + timedelta(hours=chance.randint(1, 20))
        rows.append(
            {"ticket_id": ids[each["number"]], "organisation_id": each["organisation_id"],
             "asked_at": each["solved_at"], "expires_at": each["solved_at"] + timedelta(days=30),
             "token_hash": hash_of(new_token()), "points": points,
             "comment": words if chance.random() < 0.3 else "", "rated_at": at, "rated_by_id": each["requester_id"]}
        )  # fmt: skip
    session.execute(insert(TicketRating), rows)
    for points in range(1, 6):
        rated = [row["ticket_id"] for row in rows if row["points"] == points]
        session.execute(update(Ticket).where(Ticket.id.in_(rated)).values(rating=points), execution_options=PLAIN)

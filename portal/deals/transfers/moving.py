"""Customers go to somebody else with everything open, in one transaction that can be taken back.

Lossless means: nothing open is lost, nobody but the receiver comes to read what the giver noted, and issued papers of
the giver keep every word (`gathering` says what goes along and what stays). Requests for approval, customers and
registrations are locked in this order; what was seen in the preview is what moves, or nothing does.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.dates import business_date
from portal.db import as_actor
from portal.deals.registrations import places
from portal.deals.registrations.models import CustomerHolding, HoldingActivity, PoolEntry, Registration
from portal.deals.transfers import copying, matters, telling
from portal.deals.transfers.gathering import NOTES, Gathered, keys_of, requests_of
from portal.deals.transfers.ledgers import Tracks, fingerprints
from portal.deals.transfers.models import LONGEST_NOTE, CustomerTransfer, TransferLedger, TransferredCustomer
from portal.deals.transfers.preview import Plan, Wish, plan
from portal.deals.transfers.tables import table_of
from portal.errors import Conflict
from portal.history import record
from portal.limits import bounded
from portal.parameters.queries import values
from portal.parties.identity.indexing import index_parties
from portal.parties.keeping import Moves, keep_words
from portal.parties.models import Relation
from portal.parties.references import Reference, delete_rows, newest_keys, read_rows
from portal.policy import SYSTEM, Actor
from portal.search import queueing
from portal.words import N_

CHANGED: Final = N_("Something changed since you looked. This is what would move now; look at it and hand over again.")
ONCE: Final = ("customer_holding", "resale")  # what is made for the receiver, and must be as it was made when undone
FOUND_BY: Final = {  # what the search knows, by table; customers are told of beside
    "registration": "registration",
    "quote": "quote",
    "sales_order": "order",
    "configuration": "configuration",
    "resale": "offer",
    "ticket": "ticket",
}


def transfer(
    session: Session,
    actor: Actor,
    wish: Wish,
    *,
    digest: str,
    form_key: str,
    note: str = "",
    now: datetime,
    today: date,
) -> CustomerTransfer:
    """Give customers to somebody; the same form sent again gives the same transfer.

    `digest` names the preview that was looked at. Raises Conflict when something changed since, or stands in the way.
    """
    there = made_before(session, actor, form_key)
    if there is not None:
        return there
    bounded(note, LONGEST_NOTE, field="note")
    first = plan(session, actor, wish, today=today)
    _lock(session, first)
    there = made_before(session, actor, form_key)
    if there is not None:
        return there
    seen = plan(session, actor, wish, today=today)
    if seen.digest != digest or seen.digest != first.digest:
        raise Conflict(CHANGED)
    if seen.blocks:
        raise Conflict(seen.blocks[0].message, **seen.blocks[0].params)
    with as_actor(session, SYSTEM):
        made = _row(seen, actor, form_key=form_key, note=note, now=now, hours=values(session)["transfer.undo_hours"])
        session.add(made)
        session.flush()
        told = telling.whom(session, seen)
        _move(session, seen, made, now=now, today=today)
    _write_down(session, seen, made, now=now)
    telling.tell_made(session, actor, made, seen, told, now=now)
    return made


def made_before(session: Session, actor: Actor, form_key: str) -> CustomerTransfer | None:
    """Return the transfer that a form made already, when it is sent again."""
    mine = (CustomerTransfer.made_by_id == actor.person_id, CustomerTransfer.form_key == form_key)
    with as_actor(session, SYSTEM):
        return session.scalar(select(CustomerTransfer).where(*mine))


def _lock(session: Session, seen: Plan) -> None:
    """Lock what decides on these customers, in the one order in which everybody does.

    First the papers that something may be made of, then what the giver knows of the customers: whoever begins
    something for one of them holds that (`parties.staying`).
    """
    for name in ("quote", "configuration", "relation"):
        matters.lock(session.connection(), name, seen.gathered.rows.get(name, []))
    with as_actor(session, SYSTEM):
        ids = seen.gathered.ids("registration")
        identities = session.scalars(select(Registration.identity_id).where(Registration.id.in_(ids))).all()
        requests = requests_of(session.connection(), seen.gathered)
    places.lock(session, [*seen.wish.customers, *(each for each in identities if each)], requests)
    with as_actor(session, SYSTEM):
        session.execute(
            select(Registration.id).where(Registration.id.in_(ids)).order_by(Registration.id).with_for_update()
        )
        matters.lock(session.connection(), "ticket", seen.gathered.tickets)
        if seen.internal:  # so that two books at one moment do not pass the cap together
            person = select(Person.id).where(Person.id == seen.receiver.id)
            session.execute(person.with_for_update(key_share=True))


def _row(seen: Plan, actor: Actor, *, form_key: str, note: str, now: datetime, hours: int) -> CustomerTransfer:
    title, title_en = seen.names[min(seen.names)]
    return CustomerTransfer(
        form_key=form_key, from_organisation_id=seen.wish.giver_id, from_person_id=seen.wish.from_person_id,
        to_organisation_id=seen.receiver.organisation_id, to_person_id=seen.receiver.id,
        customers=len(seen.wish.customers), title=title, title_en=title_en, counts=seen.counts, note=note.strip(),
        made_at=now, made_by_id=actor.person_id, undo_until=now + timedelta(hours=hours),
    )  # fmt: skip


def _move(session: Session, seen: Plan, made: CustomerTransfer, *, now: datetime, today: date) -> None:
    tracks, moves = Tracks(), Moves()
    newest = newest_keys(session.connection()) | matters.newest(session.connection())
    _hand_on(session, seen, made, tracks, today=today)
    _holdings(session, seen, tracks, moves, today=today)
    if not seen.within:
        _words_aside(session, seen, moves, now=now)
        lost = {name: {row["id"] for row in rows} for name, rows in moves.set_aside.items()}
        _to_organisation(session, seen, tracks, lost)
        _beside(session, seen, tracks)
        copying.copy_offers(session, seen, moves, now=now, today=today)
        copying.lend(session, seen, moves, now=now)
    _to_person(session, seen, tracks)
    session.flush()
    session.add(_ledger(session, seen, made, tracks, moves, newest))
    session.flush()
    session.expire_all()
    index_parties(session, seen.gathered.parties)
    for table, kind in FOUND_BY.items():
        queueing.changed(session, kind, seen.gathered.ids(table))
    queueing.changed(session, "customer", seen.gathered.parties)
    matters.notice(session, [key[0] for key in seen.gathered.tickets])


def _hand_on(session: Session, seen: Plan, made: CustomerTransfer, tracks: Tracks, *, today: date) -> None:
    """Write down who held each customer from when, and who does from now on."""
    last = [(row.id,) for row in seen.last.values()]
    tracks.change(session.connection(), "transferred_customer", last, ended_on=today)
    known = dict(
        session.execute(
            select(Relation.party_id, Relation.created_at).where(
                Relation.organisation_id == seen.wish.giver_id, Relation.party_id.in_(seen.wish.customers),
                Relation.kind == "customer",
            )
        ).all()
    )  # fmt: skip
    for customer_id in sorted(seen.wish.customers):
        held, before = seen.holdings.get(customer_id), seen.last.get(customer_id)
        since = business_date(known[customer_id], "UTC") if customer_id in known else today
        since = before.handed_on if before else held.since if held else since
        name, name_en = seen.names[customer_id]
        session.add(
            TransferredCustomer(
                transfer_id=made.id, customer_id=customer_id, name=name, name_en=name_en, since=min(since, today),
                from_organisation_id=seen.wish.giver_id, to_organisation_id=seen.receiver.organisation_id,
                from_person_id=held.person_id if held else before.to_person_id if before else seen.wish.from_person_id,
                to_person_id=seen.receiver.id, handed_on=today,
            )
        )  # fmt: skip
    session.flush()


def _holdings(session: Session, seen: Plan, tracks: Tracks, moves: Moves, *, today: date) -> None:
    """End what the giver held, and let the receiver hold it; what was done for the customer goes along."""
    connection, holding = session.connection(), table_of("customer_holding")
    mine = seen.receiver.id if seen.within else None  # what he holds himself stays as it is
    given = [(row.id,) for row in seen.holdings.values() if row.person_id != mine]
    ended = {"ended_on": today, "version": holding.c.version + 1}
    tracks.change(connection, "customer_holding", given, **ended)
    for customer_id in sorted(seen.wish.customers):
        before = seen.holdings.get(customer_id)
        if before is not None and before.person_id == mine:
            continue
        after = None if seen.within else seen.taken.get(customer_id)
        if after is None and (before is not None or seen.internal):
            after = _held(seen, customer_id, before, today)
            session.add(after)
            session.flush()
            moves.made.setdefault("customer_holding", []).append([after.id])
            waits = and_(PoolEntry.customer_id == customer_id, PoolEntry.left_on.is_(None))
            entries = keys_of(connection, PoolEntry, PoolEntry.customer_id, [customer_id], waits)
            tracks.change(connection, "pool_entry", entries, left_on=today)
        if before is not None and after is not None:
            done = keys_of(connection, HoldingActivity, HoldingActivity.holding_id, [before.id])
            whose = {"holding_id": after.id, "organisation_id": after.organisation_id}
            tracks.change(connection, "holding_activity", done, **whose)


def _held(seen: Plan, customer_id: int, before: CustomerHolding | None, today: date) -> CustomerHolding:
    """Return what the receiver holds from today on; a claim from the pool keeps its days."""
    claim = before is not None and before.source == "claim"
    return CustomerHolding(
        organisation_id=seen.receiver.organisation_id, person_id=seen.receiver.id, customer_id=customer_id,
        source="claim" if claim else "transfer", since=before.since if before is not None and claim else today,
        ends_on=before.ends_on if before else None, worked_on=today, signed_on=before.signed_on if before else None,
    )  # fmt: skip


def _words_aside(session: Session, seen: Plan, moves: Moves, *, now: datetime) -> None:
    """Set aside the giver's notes that cannot stand beside the receiver's; the receiver keeps what only they say."""
    giver, receiver = seen.wish.giver_id, seen.receiver.organisation_id
    for table in (each.__table__ for each in (*NOTES, Relation)):
        reference = Reference(table, table.c.organisation_id)
        mine = table.c.party_id.in_(seen.gathered.parties)
        rows = reference.colliding(session.connection(), receiver, giver, mine)
        if not rows:
            continue
        if table is Relation.__table__:
            _keep(session, moves, [row[0] for row in rows], receiver, now=now)
        moves.set_aside[table.name] = read_rows(session.connection(), table, rows)
        delete_rows(session.connection(), table, rows)
    session.flush()


def _keep(session: Session, moves: Moves, ids: Iterable[int], receiver: int, *, now: datetime) -> None:
    for lost in session.scalars(select(Relation).where(Relation.id.in_(ids)).order_by(Relation.id)).all():
        same = (Relation.organisation_id == receiver, Relation.party_id == lost.party_id, Relation.kind == lost.kind)
        keep_words(session, moves, session.scalars(select(Relation).where(*same)).one(), lost, now=now)


def _to_organisation(session: Session, seen: Plan, tracks: Tracks, lost: dict[str, set[int]]) -> None:
    whose = {"organisation_id": seen.receiver.organisation_id}
    for name, keys in seen.gathered.rows.items():
        left = [key for key in keys if key[0] not in lost.get(name, ())]
        tracks.change(session.connection(), name, left, **whose)


def _beside(session: Session, seen: Plan, tracks: Tracks) -> None:
    """Let the receiver stand beside the customers' own tickets; the house needs no place there."""
    connection, receiver = session.connection(), seen.receiver.organisation_id
    place = None if seen.internal else receiver
    tracks.change(connection, "ticket", seen.gathered.served, partner_organisation_id=place)
    matters.follow(connection, seen.gathered.ids("ticket"), receiver)


def _to_person(session: Session, seen: Plan, tracks: Tracks) -> None:
    """Let the receiver be whom open matters name, and whom decisions are told; who decides looks at it anew."""
    connection, rows, mine = session.connection(), seen.gathered.rows, seen.receiver.id
    tracks.change(connection, "registration", rows["registration"], person_id=mine)
    tracks.change(connection, "configuration", rows["configuration"], person_id=mine)
    tracks.change(connection, "ticket", seen.gathered.asked, requester_id=mine)
    version = table_of("approval_request").c.version
    open_ = [(each,) for each in requests_of(connection, seen.gathered)]
    tracks.change(connection, "approval_request", open_, asked_by_id=mine, version=version + 1)


def _ledger(
    session: Session, seen: Plan, made: CustomerTransfer, tracks: Tracks, moves: Moves, newest: dict[str, int]
) -> TransferLedger:
    connection = session.connection()
    prints = {
        name: [[list(key), print_] for key, print_ in fingerprints(connection, name, moves.made[name]).items()]
        for name in ONCE if name in moves.made
    }  # fmt: skip
    return TransferLedger(
        transfer_id=made.id, parties=seen.gathered.parties, moved=tracks.written(connection),
        set_aside=moves.set_aside,
        made={"rows": moves.made, "prints": prints, "filled": moves.filled, "newest": newest},
    )  # fmt: skip


def _write_down(session: Session, seen: Plan, made: CustomerTransfer, *, now: datetime) -> None:
    """Record the transfer with every registration and ticket that went along."""
    said = {"transfer": made.public_id, "to": seen.receiver.public_id}
    record(session, made, "transfer", now=now, after={"customers": made.customers, "counts": made.counts, **said})
    with as_actor(session, SYSTEM):
        things = _things(session, seen.gathered)
    for thing in things:
        record(session, thing, "transfer", now=now, after=said)


def _things(session: Session, gathered: Gathered) -> list[Any]:
    ids = gathered.ids("registration")
    found = session.scalars(select(Registration).where(Registration.id.in_(ids)).order_by(Registration.id)).all()
    return [*found, *matters.things(session, [key[0] for key in gathered.tickets])]

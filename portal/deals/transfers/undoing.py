"""Taking a transfer back: every row says again what it said before, unless somebody changed it meanwhile."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from portal.db import Base, as_actor
from portal.deals.registrations import places
from portal.deals.registrations.models import PoolEntry, Registration
from portal.deals.transfers import matters, telling
from portal.deals.transfers.gathering import ABOUT, CHILDREN, OF_REQUESTS, Keys, children_of, keys_of
from portal.deals.transfers.ledgers import Key, changed, fingerprints, give_back
from portal.deals.transfers.models import CustomerTransfer, TransferLedger, TransferredCustomer
from portal.deals.transfers.moving import FOUND_BY
from portal.deals.transfers.preview import same_projects
from portal.deals.transfers.tables import table_of
from portal.errors import Conflict, NotAllowed
from portal.history import record
from portal.parties.identity.indexing import index_parties
from portal.parties.keeping import empty_again
from portal.parties.models import Party, Relation
from portal.parties.references import delete_rows, write_rows
from portal.policy import SYSTEM, Actor, Permission, Reach
from portal.search import queueing
from portal.sharing.models import Share
from portal.words import N_, Text, both_names

UNDONE: Final = N_("This transfer was taken back already.")
LATE: Final = N_("The time in which this transfer could be taken back is over. Hand the customers over again instead.")
MERGED: Final = N_("A customer of this transfer was merged with another one since. Take the merge back first.")
HANDED_ON: Final = N_("The receiver handed a customer of this transfer on. Take that back first.")
AGAIN: Final = N_("The giver got to know %(customer)s again since, so the transfer stays.")
POOLED: Final = N_("A customer of this transfer fell into the public pool since, so the transfer stays.")
PROJECT: Final = N_("The giver registered %(customer)s for the same product line and site again: %(number)s.")
SPOKEN: Final = N_("The receiver wrote in ticket %(number)s since, so the transfer stays.")
OTHER: Final = N_("Something that was handed over was changed since, so the transfer stays.")
CHANGED: Final[Mapping[str, str]] = {  # by table: what was changed, or begun, for these customers
    "registration": N_("Registration %(name)s was changed or begun since, so the transfer stays."),
    "registration_evidence": N_("New evidence was given for a registration since, so the transfer stays."),
    "approval_request": N_("A request for approval was decided or begun since, so the transfer stays."),
    "upload": N_("A file was attached or removed since, so the transfer stays."),
    "quote": N_("Quote %(name)s was changed or begun since, so the transfer stays."),
    "sales_order": N_("Order %(name)s was placed since, so the transfer stays."),
    "resale": N_("The offer “%(name)s” was changed or begun since, so the transfer stays."),
    "configuration": N_("The configuration “%(name)s” was changed or begun since, so the transfer stays."),
    "ticket": N_("Ticket %(name)s was changed or opened since, so the transfer stays."),
    "comment": N_("Somebody wrote a comment since, so the transfer stays."),
    "share": N_("A configuration was shared since, so the transfer stays."),
    "relation": N_("What is known of “%(name)s” was changed since, so the transfer stays."),
    "site": N_("The site “%(name)s” was changed or noted since, so the transfer stays."),
    "installed_item": N_("Equipment at a site was changed or noted since, so the transfer stays."),
    "customer_holding": N_("The receiver worked on a customer since, so the transfer stays."),
    "holding_activity": N_("The receiver worked on a customer since, so the transfer stays."),
}
NAMED: Final = ("number", "name", "title")  # what people call a row
# New parts of what was handed over that come by themselves, or hang on it: they go home with it.
FOLLOW: Final = frozenset(
    {name for name, *_rest in (*OF_REQUESTS, *matters.PARTS)} | {"quote_document", "order_document"}
)
BEGUN: Final = (
    "registration",
    "quote",
    "sales_order",
    "configuration",
    "site",
    "relation",
    "ticket",
)  # may name a customer


def undo(session: Session, actor: Actor, made: CustomerTransfer, *, now: datetime) -> None:
    """Take a transfer back within its time; raises Conflict, in words people understand, when it has to stay."""
    may_undo(actor, made)
    with as_actor(session, SYSTEM):
        ledger = session.get_one(TransferLedger, made.id)
        _lock(session, made, ledger)
        session.refresh(made, with_for_update=True)
        _check(session, made, ledger, now=now)
        _take_back(session, made, ledger)
        made.undone_at, made.undone_by_id = now, actor.person_id
        session.flush()
        index_parties(session, ledger.parties)
        for table, kind in FOUND_BY.items():
            queueing.changed(session, kind, [key[0] for key, *_more in ledger.moved.get(table, ())])
        queueing.changed(session, "customer", ledger.parties)
        matters.notice(session, _tickets(ledger))
        mine = select(TransferredCustomer).where(TransferredCustomer.transfer_id == made.id)
        rows = session.scalars(mine.order_by(TransferredCustomer.id)).all()
        for row in rows:
            row.ended_on = row.handed_on  # it was never the receiver's
        givers = {row.from_person_id for row in rows if row.from_person_id}
        ids = [key[0] for key, *_more in ledger.moved.get("registration", ())]
        moved = session.scalars(select(Registration).where(Registration.id.in_(ids)).order_by(Registration.id)).all()
        tickets = matters.things(session, _tickets(ledger))
    said = {"transfer": made.public_id}
    for thing in (made, *moved, *tickets):
        record(session, thing, "undo transfer", now=now, before=said)
    telling.tell_undone(session, actor, made, givers, now=now)


def may_undo(actor: Actor, made: CustomerTransfer) -> None:
    """Raise NotAllowed unless the actor might have made this transfer."""
    reach = actor.reach(Permission.CUSTOMER_TRANSFER)
    within = {made.from_organisation_id, made.to_organisation_id} == {actor.organisation_id}
    if not (reach is Reach.ALL or (reach is Reach.OWN and within)):
        raise NotAllowed


def _lock(session: Session, made: CustomerTransfer, ledger: TransferLedger) -> None:
    customers = select(TransferredCustomer.customer_id).where(TransferredCustomer.transfer_id == made.id)
    ids = [key[0] for key, *_more in ledger.moved.get("registration", ())]
    identities = session.scalars(select(Registration.identity_id).where(Registration.id.in_(ids))).all()
    requests = [key[0] for key, *_more in ledger.moved.get("approval_request", ())]
    places.lock(session, [*session.scalars(customers), *(each for each in identities if each)], requests)
    query = select(Registration.id).where(Registration.id.in_(ids)).order_by(Registration.id)
    session.execute(query.with_for_update())
    matters.lock(session.connection(), "ticket", [(each,) for each in _tickets(ledger)])


def _tickets(ledger: TransferLedger, *, owned: bool = False) -> list[int]:
    """Return the tickets that went along; those that the giver owned, or all."""
    moved = ledger.moved.get("ticket", ())
    return [key[0] for key, said, _print in moved if not owned or "organisation_id" in said]


def _check(session: Session, made: CustomerTransfer, ledger: TransferLedger, *, now: datetime) -> None:
    """Raise Conflict unless everything is as the transfer left it."""
    if made.undone_at is not None:
        raise Conflict(UNDONE)
    if now > made.undo_until:
        raise Conflict(LATE)
    merged = select(Party.id).where(Party.id.in_(ledger.parties), Party.merged_into_id.is_not(None))
    if session.scalar(merged.limit(1)) is not None:
        raise Conflict(MERGED)
    on = (TransferredCustomer.transfer_id == made.id, TransferredCustomer.ended_on.is_not(None))
    if session.scalar(select(TransferredCustomer.id).where(*on).limit(1)) is not None:
        raise Conflict(HANDED_ON)
    session.flush()
    connection = session.connection()
    later = PoolEntry.id > ledger.made["newest"].get("pool_entry", 0)
    if keys_of(connection, PoolEntry, PoolEntry.customer_id, ledger.parties, later):
        raise Conflict(POOLED)
    _refuse(connection, changed(connection, ledger.moved))
    for name, rows in ledger.made["prints"].items():
        there = fingerprints(connection, name, [key for key, _print in rows])
        _refuse(connection, [(name, tuple(key)) for key, print_ in rows if there.get(tuple(key)) != print_])
    if made.from_organisation_id != made.to_organisation_id:
        _look_at_giver(session, made, ledger)
        last = ledger.made["newest"].get(matters.NEWEST, 0)
        if number := matters.spoken_since(connection, _tickets(ledger), last, made.to_organisation_id):
            raise Conflict(SPOKEN, number=number)
        _refuse(connection, _begun(connection, made, ledger))
        _refuse(connection, [each for each in _new_parts(connection, ledger) if each[0] not in FOLLOW])


def _look_at_giver(session: Session, made: CustomerTransfer, ledger: TransferLedger) -> None:
    """Raise Conflict when what comes home would meet something new of the giver."""
    giver = made.from_organisation_id
    own = and_(Relation.organisation_id == giver, Relation.kind == "customer")
    for (key,) in keys_of(session.connection(), Relation, Relation.party_id, ledger.parties, own):
        known = session.get_one(Relation, key)
        raise Conflict(AGAIN, customer=both_names(known.name, known.name_en))
    ids = [key[0] for key, *_more in ledger.moved.get("registration", ())]
    for customer, number in same_projects(session, ids, giver):
        raise Conflict(PROJECT, customer=customer, number=number)


def _refuse(connection: Connection, rows: list[tuple[str, Key]]) -> None:
    """Raise Conflict that names the first of these rows, the one with words of its own before others."""
    for name, key in sorted(rows, key=lambda each: each[0] not in CHANGED):
        message = CHANGED.get(name, OTHER)
        raise Conflict(message, name=_called(connection, name, key)) if "%(name)s" in message else Conflict(message)


def _called(connection: Connection, name: str, key: Key) -> Text:
    table = table_of(name)
    columns = [table.c[column] for column in (*NAMED, "name_en") if column in table.c]
    row = connection.execute(select(*columns).where(table.c.id == key[0])).mappings().first() if columns else None
    said: Mapping[Any, Any] = row or {}
    column = next((column for column in NAMED if said.get(column)), "")
    return both_names(str(said.get(column, "–")), said.get("name_en") if column == "name" else None)


def _begun(connection: Connection, made: CustomerTransfer, ledger: TransferLedger) -> list[tuple[str, Key]]:
    """Return what the receiver began for these customers since."""
    newest, found = ledger.made["newest"], list[tuple[str, Key]]()
    for name in BEGUN:
        table = table_of(name)
        column = table.c.customer_id if "customer_id" in table.c else table.c.party_id
        mine = {tuple(key) for key, *_more in ledger.moved.get(name, ())}
        later = and_(table.c.organisation_id == made.to_organisation_id, table.c.id > newest.get(name, 0))
        keys = keys_of(connection, table, column, ledger.parties, later)
        found += [(name, key) for key in keys if key not in mine]
    return found


def _new_parts(connection: Connection, ledger: TransferLedger) -> list[tuple[str, Key]]:
    """Return parts of what was handed over that are there since."""
    moved: dict[str, Keys] = {name: [tuple(key) for key, *_more in rows] for name, rows in ledger.moved.items()}
    moved["ticket"] = [(each,) for each in _tickets(ledger, owned=True)]
    known = {name: set(keys) for name, keys in moved.items()}
    for name, keys in ledger.made["rows"].items():
        known.setdefault(name, set()).update(tuple(key) for key in keys)
    found: list[tuple[str, Key]] = []
    for part in (*CHILDREN, *ABOUT, *OF_REQUESTS, ("holding_activity", "holding_id", "customer_holding")):
        mine = moved if part[2] != "customer_holding" else {"customer_holding": _made_keys(ledger, "customer_holding")}
        found += [(part[0], key) for key in children_of(connection, mine, *part) if key not in known.get(part[0], ())]
    return found


def _made_keys(ledger: TransferLedger, name: str) -> Keys:
    return [tuple(key) for key in ledger.made["rows"].get(name, ())]


def _take_back(session: Session, made: CustomerTransfer, ledger: TransferLedger) -> None:
    connection, tables = session.connection(), Base.metadata.tables
    across = made.from_organisation_id != made.to_organisation_id
    later = [each for each in _new_parts(connection, ledger) if each[0] in FOLLOW] if across else []
    give_back(connection, {"holding_activity": ledger.moved.get("holding_activity", [])})
    for name in ("resale_line", "resale", "customer_holding"):
        delete_rows(connection, tables[name], [list(key) for key in _made_keys(ledger, name)])
    for name in ("party_alias", "party_address", "party_identifier"):
        delete_rows(connection, tables[name], [list(key) for key in _made_keys(ledger, name)])
    give_back(connection, {name: rows for name, rows in ledger.moved.items() if name != "holding_activity"})
    if across:
        matters.follow(connection, _tickets(ledger, owned=True), made.from_organisation_id)
    for name, rows in ledger.set_aside.items():
        write_rows(connection, tables[name], rows)
    for name, key in later:
        table = tables[name]
        own = [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]
        home = {"organisation_id": made.from_organisation_id}
        connection.execute(update(table).where(*own).values(home))
    shares = [key[0] for key in _made_keys(ledger, "share")]
    session.expire_all()
    for share in session.scalars(select(Share).where(Share.id.in_(shares), Share.revoked_at.is_(None))).all():
        share.revoked_at = share.created_at  # it never counted
    empty_again(session, ledger.made["filled"])

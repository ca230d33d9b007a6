"""What goes along with a customer that changes hands; read as the house, by table and key.

Nothing open stays behind: what the giver calls and notes of the customer and its contacts, drafts and open
registrations with files, evidence and requests for approval, configurations with their steps, shares and comments,
draft quotes and those that may still be ordered, with special prices and offers that are being written, every order
with its quote, sites with what stands there, what was done for the customer, and tickets that are not over, with the
visits that are planned for them (`matters`).

What ended stays with the giver as his history: closed registrations and tickets, quotes that ran out, offers that he
issued under his own letterhead (the receiver gets a draft of each that still counts). Issued quotes and orders that go
along never change; the giver reads their documents on the page of the transfer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, or_, select
from sqlalchemy.engine import Connection

from portal.approvals.models import ApprovalRequest
from portal.catalog.models import InstalledItem, Site
from portal.configurator.models import Configuration
from portal.deals.models import Quote
from portal.deals.order_models import SalesOrder
from portal.deals.registrations.lifecycle import OPEN, State
from portal.deals.registrations.models import Registration
from portal.deals.resale_models import Resale
from portal.deals.transfers import matters
from portal.deals.transfers.tables import table_of
from portal.parties.known import batches
from portal.parties.models import Party, Relation
from portal.parties.noted_models import PartyAddress, PartyAlias, PartyIdentifier
from portal.parties.references import BATCH

LIVE: Final = (State.DRAFT.value, *(state.value for state in OPEN))  # registrations that go along
CHILDREN: Final = (  # table, its column, what it is part of
    ("registration_evidence", "registration_id", "registration"),
    ("quote_line", "quote_id", "quote"),
    ("quote_document", "quote_id", "quote"),
    ("special_price", "quote_id", "quote"),
    ("sales_order_line", "order_id", "sales_order"),
    ("order_document", "order_id", "sales_order"),
    ("resale_line", "resale_id", "resale"),
    ("configuration_step", "configuration_id", "configuration"),
    ("engineer_question", "configuration_id", "configuration"),
    ("taken_over", "configuration_id", "configuration"),
    ("installed_item", "site_id", "site"),
    *matters.PARTS,
)
ABOUT: Final = (  # table, the column that names the kind of thing, what it is about
    ("upload", "thing_kind", "registration"),
    ("approval_request", "thing_kind", "registration"),
    ("approval_request", "thing_kind", "quote"),
    ("share", "kind", "configuration"),
    ("comment_thread", "kind", "configuration"),
    ("comment", "kind", "configuration"),
    *matters.FILES,
)
OF_REQUESTS: Final = tuple((f"approval_{part}", "request_id", "approval_request") for part in ("event", "seat", "seen"))
Keys = list[tuple[Any, ...]]
NOTES: Final[tuple[Any, ...]] = (PartyIdentifier, PartyAlias, PartyAddress)


@dataclass
class Gathered:
    """Keys of rows by table; `lent` are configurations that the giver needs for others, which the receiver may see.

    `served` are the customers' own tickets beside which the giver stands, `asked` all those that answer its people.
    """

    parties: list[int]
    rows: dict[str, Keys] = field(default_factory=dict)
    lent: list[int] = field(default_factory=list)
    served: Keys = field(default_factory=list)
    asked: Keys = field(default_factory=list)

    @property
    def tickets(self) -> Keys:
        """Return the tickets that go along, whoever they belong to."""
        return [*self.rows.get("ticket", ()), *self.served]

    def ids(self, table: str) -> list[int]:
        """Return the numbers of the rows of a table."""
        return [key[0] for key in self.rows.get(table, ())]


def gather(connection: Connection, giver: int, customers: Sequence[int], *, today: date) -> Gathered:
    """Return all rows of an organisation that go along with these customers."""
    found = Gathered(sorted({*customers, *_contacts(connection, giver, customers)}))
    known = and_(Relation.organisation_id == giver, Relation.kind == "customer")
    found.rows["relation"] = keys_of(connection, Relation, Relation.party_id, found.parties, known)
    for notes in NOTES:
        own = notes.organisation_id == giver
        found.rows[notes.__tablename__] = keys_of(connection, notes, notes.party_id, found.parties, own)
    mine = and_(Registration.organisation_id == giver, Registration.state.in_(LIVE))
    found.rows["registration"] = keys_of(connection, Registration, Registration.customer_id, customers, mine)
    its_site = Site.organisation_id == giver
    found.rows["site"] = keys_of(connection, Site, Site.party_id, customers, its_site)
    ordered = SalesOrder.organisation_id == giver
    found.rows["sales_order"] = keys_of(connection, SalesOrder, SalesOrder.customer_id, customers, ordered)
    found.rows["quote"] = _quotes(connection, giver, customers, found.ids("sales_order"), today)
    writing = and_(Resale.organisation_id == giver, Resale.state == "draft")
    found.rows["resale"] = keys_of(connection, Resale, Resale.quote_id, found.ids("quote"), writing)
    _configurations(connection, found, giver, customers)
    found.rows["ticket"] = matters.owned(connection, giver, customers)
    found.served = matters.served(connection, giver, customers)
    found.asked = matters.answered_to(connection, giver, found.tickets)
    for parts in (CHILDREN, ABOUT, OF_REQUESTS):
        for part in parts:
            _children(connection, found, giver, *part)
    return found


def keys_of(connection: Connection, thing: Any, column: Any, among: Iterable[int], *more: ColumnElement[bool]) -> Keys:
    """Return the keys of rows whose column is one of these numbers."""
    table = thing if isinstance(thing, Table) else thing.__table__
    keys, found = tuple(table.primary_key.columns), []
    for some in batches(sorted(set(among)), BATCH):
        query = select(*keys).where(column.in_(some), *more).order_by(*keys)
        found += [tuple(row) for row in connection.execute(query)]
    return found


def children_of(connection: Connection, found: Mapping[str, Keys], name: str, column: str, parent: str) -> Keys:
    """Return the keys of the parts of rows of `parent`, whoever they belong to."""
    table, among = table_of(name), [key[0] for key in found.get(parent, ())]
    if column in ("thing_kind", "kind"):
        return keys_of(connection, table, table.c.thing_id, among, table.c[column] == parent)
    return keys_of(connection, table, table.c[column], among)


def _children(connection: Connection, found: Gathered, giver: int, name: str, column: str, parent: str) -> None:
    table = table_of(name)
    there = found.rows.setdefault(name, [])
    among = found.ids(parent)
    own = table.c.organisation_id == giver
    if column in ("thing_kind", "kind"):
        there += keys_of(connection, table, table.c.thing_id, among, own, table.c[column] == parent)
    else:
        there += keys_of(connection, table, table.c[column], among, own)


def _contacts(connection: Connection, giver: int, customers: Sequence[int]) -> list[int]:
    """Return the contacts at these customers that the giver noted."""
    known = select(Relation.party_id).where(Relation.organisation_id == giver, Relation.kind == "customer")
    return [key[0] for key in keys_of(connection, Party, Party.employer_id, customers, Party.id.in_(known))]


def _quotes(connection: Connection, giver: int, customers: Sequence[int], orders: Sequence[int], today: date) -> Keys:
    """Return drafts, quotes that may still be ordered, those of orders, and the revisions before each of them."""
    counts = or_(Quote.state == "draft", and_(Quote.state == "issued", Quote.valid_until >= today))
    own = Quote.organisation_id == giver
    found = {key[0] for key in keys_of(connection, Quote, Quote.customer_id, customers, own, counts)}
    for some in batches(orders, BATCH):
        ordered = select(SalesOrder.quote_id).where(SalesOrder.id.in_(some))
        found |= {row[0] for row in connection.execute(select(Quote.id).where(Quote.id.in_(ordered), own))}
    before = found
    while before:
        earlier: set[int] = set()
        for some in batches(sorted(before), BATCH):
            pre = select(Quote.predecessor_id).where(Quote.id.in_(some))
            same = (Quote.id.in_(pre), own, Quote.customer_id.in_(customers))
            earlier |= {row[0] for row in connection.execute(select(Quote.id).where(*same))}
        before = earlier - found
        found |= before
    return [(each,) for each in sorted(found)]


USERS: Final[tuple[Any, ...]] = (Quote, Registration, SalesOrder)


def _configurations(connection: Connection, found: Gathered, giver: int, customers: Sequence[int]) -> None:
    """Take the customers' configurations and those their papers name; what others need too is lent instead."""
    own = Configuration.organisation_id == giver
    wanted = {key[0] for key in keys_of(connection, Configuration, Configuration.customer_id, customers, own)}
    for user in USERS:
        among = found.ids(user.__tablename__)
        wanted |= _named(connection, user.configuration_id, user.id, among)
    wanted |= _named(connection, InstalledItem.configuration_id, InstalledItem.site_id, found.ids("site"))
    wanted = {key[0] for key in keys_of(connection, Configuration, Configuration.id, wanted, own)}
    needed: set[int] = set()
    others = or_(Quote.customer_id.is_(None), Quote.customer_id.not_in(customers))
    draft = (Quote.organisation_id == giver, Quote.state == "draft", others)
    needed |= _named(connection, Quote.configuration_id, Quote.configuration_id, wanted, *draft)
    live = (
        Registration.organisation_id == giver,
        Registration.state.in_(LIVE),
        Registration.customer_id.not_in(customers),
    )
    needed |= _named(connection, Registration.configuration_id, Registration.configuration_id, wanted, *live)
    found.lent = sorted(needed)
    found.rows["configuration"] = [(each,) for each in sorted(wanted - needed)]


def _named(
    connection: Connection, column: Any, where: Any, among: Iterable[int], *more: ColumnElement[bool]
) -> set[int]:
    """Return what a column says in rows where another one is one of these numbers."""
    said: set[int] = set()
    for some in batches(sorted(set(among)), BATCH):
        query = select(column).where(where.in_(some), column.is_not(None), *more)
        said |= set(connection.execute(query.distinct()).scalars())
    return said


def requests_of(connection: Connection, found: Gathered) -> list[int]:
    """Return the open requests for approval among what goes along."""
    is_open = ApprovalRequest.state.in_(("in_review", "returned"))
    return [
        key[0]
        for key in keys_of(connection, ApprovalRequest, ApprovalRequest.id, found.ids("approval_request"), is_open)
    ]

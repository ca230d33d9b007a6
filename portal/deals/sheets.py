"""Quotes and offers as spreadsheets: what stands in which column. An offer's sheet is made from the offer alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from portal.deals.documents import groups_of
from portal.deals.models import Quote, QuoteLine
from portal.deals.order_models import SalesOrder, SalesOrderLine
from portal.deals.resale_documents import sender_of
from portal.deals.resale_models import Resale, ResaleLine
from portal.deals.snapshots import gapless, members_of, parts_of, pick
from portal.deals.spreadsheets import Amount, Cell, Column, Percent, Sheet, lines_csv, workbook
from portal.formats import formats, translations
from portal.words import N_

Row = tuple[str, Sequence[Cell]]


def quote_xlsx(quote: Quote, lines: Sequence[QuoteLine], *, locale: str) -> bytes:
    """Return a quote as the partner sees it, with list and partner prices."""
    say = translations(locale).gettext
    columns = _columns(say, (N_("List price"), 14), (N_("Partner price"), 14))

    def cells(line: QuoteLine) -> list[Cell]:
        prices = (_money(line.list_unit_minor, quote), _money(_paid(line), quote))
        return [*prices, Amount(line.net_minor, quote.currency, "=E{row}*G{row}")]

    sums = [
        (N_("Total at list price"), quote.list_minor), (N_("Total without tax"), quote.net_minor),
        (N_("Tax"), quote.tax_minor), (N_("Total with tax"), quote.gross_minor),
    ]  # fmt: skip
    snapshot = quote.snapshot or {}
    terms = gapless(snapshot.get("terms"))
    sheet = Sheet(
        name=say(N_("Quote")),
        title=f"{say(N_('Quote'))} {quote.number or ''} R{quote.revision}",
        company=pick(gapless(snapshot.get("supplier")), "name", locale),
        created=quote.issued_at or quote.updated_at,
        facts=_facts(quote, locale),
        columns=columns,
        rows=[*_rows(lines, snapshot, quote, locale, cells), *_sums(sums, quote, len(columns), say)],
        texts=_texts(quote.note, terms["payment"], terms["delivery"], say) + _assumptions(snapshot, locale, say),
    )
    return workbook(sheet)


def resale_xlsx(resale: Resale, lines: Sequence[ResaleLine], *, locale: str) -> bytes:
    """Return an issued offer as its customer sees it."""
    say = translations(locale).gettext
    columns = _columns(say, (N_("Unit price"), 14))

    def cells(line: ResaleLine) -> list[Cell]:
        formula = "=E{row}*F{row}" if line.unit_minor * line.quantity == line.net_minor else ""
        return [_money(line.unit_minor, resale), Amount(line.net_minor, resale.currency, formula)]

    sums = [
        (N_("Total without tax"), resale.net_minor), (N_("Tax"), resale.tax_minor),
        (N_("Total with tax"), resale.gross_minor),
    ]  # fmt: skip
    snapshot = resale.snapshot or {}
    head = gapless(snapshot.get("letterhead"))
    sender = sender_of(head, locale)
    told = [(say(label), head[key]) for key, label in _SENDER if head[key]]
    sheet = Sheet(
        name=say(N_("Quotation")),
        title=f"{say(N_('Quotation'))} {resale.number or ''} R{resale.revision}",
        company=sender,
        created=resale.issued_at or resale.updated_at,
        facts=[(say(N_("From")), sender), *told, *_facts(resale, locale)],
        columns=columns,
        rows=[*_rows(lines, snapshot, resale, locale, cells), *_sums(sums, resale, len(columns), say)],
        texts=_texts(resale.note, resale.payment_terms, resale.delivery_terms, say)
        + ([(say(N_("Bank")), head["bank"])] if head["bank"] else [])
        + _assumptions(snapshot, locale, say),
    )
    return workbook(sheet)


def order_xlsx(order: SalesOrder, lines: Sequence[SalesOrderLine], *, locale: str) -> bytes:
    """Return an order as the partner placed it."""
    say = translations(locale).gettext
    columns = _columns(say, (N_("List price"), 14), (N_("Partner price"), 14))

    def cells(line: SalesOrderLine) -> list[Cell]:
        prices = (_money(line.list_unit_minor, order), _money(_paid(line), order))
        return [*prices, Amount(line.net_minor, order.currency, "=E{row}*G{row}")]

    sums = [
        (N_("Total at list price"), order.list_minor), (N_("Total without tax"), order.net_minor),
        (N_("Tax"), order.tax_minor), (N_("Total with tax"), order.gross_minor),
    ]  # fmt: skip
    told: list[tuple[str, Cell]] = [
        (N_("Title"), order.title), (N_("Customer"), _customer(order, locale)),
        (N_("Purchase order number"), order.purchase_number), (N_("Wanted on"), order.wanted_on),
        (N_("Delivery address"), order.delivery_address), (N_("Contact on site"), order.contact),
        (N_("Placed"), order.placed_on), (N_("Currency"), order.currency),
    ]  # fmt: skip
    sheet = Sheet(
        name=say(N_("Order")),
        title=f"{say(N_('Order'))} {order.number}",
        company=pick(gapless(order.snapshot.get("supplier")), "name", locale),
        created=order.placed_at,
        facts=[(say(label), value) for label, value in told],
        columns=columns,
        rows=[*_rows(lines, order.snapshot, order, locale, cells), *_sums(sums, order, len(columns), say)],
        texts=_texts(order.note, "", "", say),
    )
    return workbook(sheet)


def _paid(line: QuoteLine | SalesOrderLine) -> int:
    """Return what the partner pays for one piece: a special price where one was granted."""
    return line.unit_minor if line.special_unit_minor is None else line.special_unit_minor


def quote_csv(
    quote: Quote | SalesOrder, lines: Sequence[QuoteLine] | Sequence[SalesOrderLine], *, locale: str
) -> bytes:
    """Return the lines of a quote, or of an order, as CSV."""
    say, show, members = translations(locale).gettext, formats(locale), members_of(quote.snapshot or {}, locale)
    titles = (
        "#", N_("Group"), N_("Item"), N_("Product number"), N_("Maker"), N_("Part of"), N_("Quantity"), N_("Currency"),
        N_("List price"), N_("Partner price"), N_("Amount"), N_("Tax in percent"), N_("Tax"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            line.position, show.pick(line, "group"), show.pick(line, "name"), line.sku, line.maker,
            members.get(line.position, ""), line.quantity, quote.currency, _money(line.list_unit_minor, quote),
            _money(_paid(line), quote), _money(line.net_minor, quote), Percent(line.tax_bps),
            _money(line.tax_minor, quote),
        ]
        for line in lines
    ]  # fmt: skip
    return lines_csv([say(title) for title in titles], rows)


_SENDER = (("address", N_("Address")), ("contact", N_("Contact")), ("tax_number", N_("Tax number")))


def _columns(say: Callable[[str], str], *prices: tuple[str, int]) -> list[Column]:
    """Return the columns of a table: what it is, how many, its prices, the amount."""
    goods = (("#", 5), (N_("Item"), 44), (N_("Product number"), 20), (N_("Maker"), 16), (N_("Quantity"), 10))
    return [Column(say(title), width) for title, width in (*goods, *prices, (N_("Amount"), 16))]


def _rows(
    lines: Sequence[Any], snapshot: Mapping[str, Any], thing: Any, locale: str, cells: Callable[[Any], list[Cell]]
) -> Iterable[Row]:
    """Yield the lines below the headings of their groups."""
    show, members = formats(locale), members_of(snapshot, locale)
    for group in groups_of(lines, locale, thing.currency):
        if group.name:
            yield "group", [None, group.name]
        for line in group.lines:
            name = " · ".join(filter(None, [show.pick(line, "name"), members.get(line.position, "")]))
            yield "line", [line.position, name, line.sku, line.maker, line.quantity, *cells(line)]


def _sums(sums: Iterable[tuple[str, int]], thing: Any, width: int, say: Callable[[str], str]) -> Iterable[Row]:
    for label, minor in sums:
        yield "sum", [None, say(label), *[None] * (width - 3), _money(minor, thing)]


def _facts(thing: Any, locale: str) -> list[tuple[str, Cell]]:
    say = translations(locale).gettext
    return [
        (say(N_("Title")), thing.title),
        (say(N_("Customer")), _customer(thing, locale)),
        (say(N_("Date")), thing.issued_on),
        (say(N_("Valid until")), thing.valid_until),
        (say(N_("Currency")), thing.currency),
        (say(N_("Tax rate")), Percent(thing.tax_bps)),
    ]


def _customer(thing: Any, locale: str) -> str:
    """Return the customer as the frozen document names him."""
    return pick(gapless((thing.snapshot or {}).get("customer")), "name", locale) or thing.customer_name


def _texts(note: str, payment: str, delivery: str, say: Callable[[str], str]) -> list[tuple[str, Cell]]:
    said = ((N_("Note"), note), (N_("Payment"), payment), (N_("Delivery"), delivery))
    return [(say(label), text) for label, text in said if text]


def _assumptions(snapshot: Mapping[str, Any], locale: str, say: Callable[[str], str]) -> list[tuple[str, Cell]]:
    parts = parts_of(snapshot, "assumptions")
    if not parts:
        return []
    shown = [
        (
            pick(part, "label", locale),
            " · ".join(filter(None, [f"{part['value']} {part['unit']}".strip(), part["source"]])),
        )
        for part in parts
    ]
    return [(say(N_("Assumptions")), None), *shown]


def _money(minor: int, thing: Any) -> Amount:
    return Amount(minor, thing.currency)

"""The numbers for the head of support, and the tickets, calls and deflections behind each of them."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.deals.spreadsheets import CSV, XLSX, Cell
from portal.downloads import attached
from portal.policy import Permission
from portal.support.knowledge import faults
from portal.support.numbers import asking, exporting, keeping, listing, reading
from portal.support.numbers.asking import Asked
from portal.support.numbers.counting import added
from portal.support.numbers.figures import savings
from portal.support.numbers.labels import AGE_LABELS, STATES, TITLES
from portal.support.numbers.models import Counting
from portal.support.numbers.periods import LENGTHS, Span, months
from portal.support.numbers.showing import Page, days_label, length
from portal.support.tickets.showing import words
from portal.support.tickets.triage import CHANNELS
from portal.web import db, fmt, guard, locale, now, portal, respond, today, viewer

blueprint = Blueprint("numbers", __name__, url_prefix="/support/numbers")
NUMBERS: Final = Permission.SUPPORT_NUMBERS
MOST_ARTICLES: Final = 10
MOST_EXPORTED: Final = 10_000
ENDINGS: Final = ("csv", "xlsx")


@blueprint.get("")
@guard(NUMBERS)
def numbers() -> ResponseReturnValue:
    """Show the numbers of a period, or hand them out."""
    asked = asking.asked(db(), request.args, today())
    view = Page(asked, _days(asked, asked.period.both), fmt())
    saved = savings(view.counts, MOST_ARTICLES)
    named = reading.titles(db(), [row.article_id for row in saved])
    if (ending := _ending()) is not None:
        return _figures(view, ending)
    return respond(
        "numbers/numbers.html",
        asked=asked,
        view=view,
        cards=view.cards(),
        charts=view.charts(),
        savings=saved,
        named=named,
        lines=[(each.key, asked.tree.named(each.key, locale())) for each in asked.tree.lines()],
        lengths=LENGTHS,
        months=months(today()),
        length=length,
        behind=keeping.is_behind(db()),
        counted=db().get(Counting, 1),
    )


def _days(asked: Asked, span: Span) -> reading.Days:
    return reading.days_of(db(), asked.scope, span, portal().settings.supplier_zone)


def _figures(view: Page, ending: str) -> Response:
    figures: list[Sequence[Cell]] = [[_("Figure"), card.title, card.below, card.value] for card in view.cards()]
    rows = [*figures, *exporting.chart_rows(view.charts())]
    return _file([_("What"), _("Days"), _("Of it"), _("Count")], rows, _("Support in numbers"), view.span, ending)


@blueprint.get("/tickets")
@guard(NUMBERS)
def tickets() -> ResponseReturnValue:
    """List the tickets behind a number, or hand them out."""
    asked = asking.asked(db(), request.args, today())
    wanted = asking.wanted_of(request.args, asking.span_of(request.args, asked.period, today()), asked.scope)
    if (ending := _ending()) is not None:
        return _tickets_file(wanted, ending)
    way = {**asking.way_of(wanted), **asked.way}
    last = _days(asked, Span(wanted.span.ends, wanted.span.ends))
    days = last if wanted.what == "open" else _days(asked, wanted.span)
    count = listing.count_of(wanted, added(days.values()), last[wanted.span.ends])
    found = listing.tickets(db(), wanted)
    return respond(
        "numbers/tickets.html",
        wanted=wanted,
        found=found,
        count=count,
        way=way,
        title=_title(wanted),
        label=days_label(wanted.span, fmt()),
        parts=_parts(wanted, asked),
        words=words(),
        length=length,
    )


def _title(wanted: listing.Wanted) -> str:
    return str(_(TITLES[wanted.what]))


def _parts(wanted: listing.Wanted, asked: Asked) -> list[str]:
    """Say what narrows a list down."""
    named = words()["priorities"]
    found = [_(CHANNELS[wanted.channel])] if wanted.channel else []
    found += [named[wanted.priority]] if wanted.priority else []
    if wanted.kept is not None:
        found.append(_("Within the target") if wanted.kept else _("Too late"))
    if wanted.points:
        found.append(_("%(points)s stars", points=wanted.points))
    if wanted.band is not None:
        found.append(_(AGE_LABELS[wanted.band]))
    return found + _places(asked)


def _places(asked: Asked) -> list[str]:
    """Say of which line, queue and organisation a list is."""
    queues = [fmt().name(each.name_zh, each.name_en) for each in asked.queues if each.public_id == asked.queue]
    line = [asked.tree.named(asked.line, locale())] if asked.line else []
    one = [fmt().name(asked.organisation[2], asked.organisation[3])] if asked.organisation else []
    return line + queues + one


def _tickets_file(wanted: listing.Wanted, ending: str) -> Response:
    found, named, at = listing.tickets(db(), wanted, limit=MOST_EXPORTED), words(), fmt()
    titles = [_("Ticket"), _("Subject"), _("Customer"), _("State"), _("Priority"), _("Opened"),
              _("First answer (minutes)"), _("Solution (minutes)"), _("Stars")]  # fmt: skip
    rows = [
        [row.number, row.subject, at.name(row.customer, row.customer_en), named["states"][row.state],
         named["priorities"][row.priority], row.opened_on, row.answer_minutes, row.solve_minutes, row.points]
        for row in found.rows
    ]  # fmt: skip
    return _file(titles, rows, _title(wanted), wanted.span, ending)


@blueprint.get("/calls")
@guard(NUMBERS)
def calls() -> ResponseReturnValue:
    """List the telephone calls behind a number, or hand them out."""
    asked, zone = asking.asked(db(), request.args, today()), portal().settings.supplier_zone
    span, after = asking.span_of(request.args, asked.period, today()), request.args.get("after", "")[:400]
    if (ending := _ending()) is not None:
        found = listing.calls(db(), span, asked.scope, zone, after="", limit=MOST_EXPORTED)
        titles = [_("When"), _("Telephone number"), _("Customer"), _("Note")]
        rows = [
            [fmt().instant(row.at, viewer().time_zone), row.number, fmt().name(row.customer or "", row.customer_en),
             row.note]
            for row in found.rows
        ]  # fmt: skip
        return _file(titles, rows, _("Telephone calls"), span, ending)
    count = added(_days(asked, span).values())["call"] if asked.scope.has_calls else 0
    found = listing.calls(db(), span, asked.scope, zone, after=after)
    way = {"from": span.begins, "to": span.ends, **asked.way}
    return respond(
        "numbers/calls.html",
        found=found,
        count=count,
        label=days_label(span, fmt()),
        way=way,
        after=after,
        parts=_places(asked),
    )


@blueprint.get("/deflections")
@guard(NUMBERS)
def deflections() -> ResponseReturnValue:
    """List those who helped themselves, or hand the list out."""
    asked, args = asking.asked(db(), request.args, today()), request.args
    span, after = asking.span_of(args, asked.period, today()), args.get("after", "")[:400]
    state = args.get("state", "")
    state = state if state in STATES else ""
    article = args.get("article", "")
    article_id = int(article) if article.isascii() and article.isdigit() and len(article) < 16 else 0
    ending, tree = _ending(), faults.types(db())
    limit = listing.PAGE if ending is None else MOST_EXPORTED
    found = listing.deflections(db(), span, asked.scope, state=state, article_id=article_id,
                                after=after if ending is None else "", limit=limit)  # fmt: skip
    named = reading.titles(db(), {row.case_id for row in found.rows if row.case_kind == "article"})
    if ending is not None:
        return _deflections_file(found.rows, named, tree, span, ending)
    counts = added(_days(asked, span).values()) if asked.scope.has_deflections else {}
    key = f"article:{state or 'counted'}:{article_id}" if article_id else f"deflected:{state}"
    count = counts.get(key, 0) if state else None
    way = {"from": span.begins, "to": span.ends, "state": state or None, "article": article_id or None, **asked.way}
    return respond(
        "numbers/deflections.html",
        found=found,
        count=count,
        label=days_label(span, fmt()),
        way=way,
        after=after,
        named=named,
        states=STATES,
        state=state,
        tree=tree,
        parts=_places(asked),
    )


def _deflections_file(
    rows: Sequence[Any], named: dict[int, tuple[str, str, str]], tree: faults.Tree, span: Span, ending: str
) -> Response:
    titles = [_("When"), _("Customer"), _("Fault"), _("What helped"), _("What became of it")]
    cells = [
        [fmt().instant(row.at, viewer().time_zone), fmt().name(row.customer, row.customer_en),
         tree.named(row.fault, locale()), _helped(row, named), _(STATES[row.state])]
        for row in rows
    ]  # fmt: skip
    return _file(titles, cells, _("Solved without contact"), span, ending)


def _helped(row: Any, named: dict[int, tuple[str, str, str]]) -> str:
    if row.case_kind != "article":
        return str(_("A solved case"))
    found = named.get(row.case_id)
    return (found[2] if locale() == "zh" else found[1]) or found[1] or found[2] if found else str(_("An article"))


def _ending() -> str | None:
    """Return the kind of file that the address asks for."""
    wanted = request.args.get("as")
    return wanted if wanted in ENDINGS else None


def _file(titles: Sequence[str], rows: Sequence[Sequence[Cell]], name: str, span: Span, ending: str) -> Response:
    title = f"{name} {span.begins} – {span.ends}"
    content = exporting.table_of(
        [str(each) for each in titles], rows, name=str(name), title=title, now=now(), ending=ending
    )
    return attached(content, CSV if ending == "csv" else XLSX, f"support-{span.begins}-{span.ends}.{ending}")

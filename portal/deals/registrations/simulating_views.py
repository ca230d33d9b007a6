"""Pages on which other rules are tried out on what was registered, and what would have changed."""

from typing import Any, Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.approvals.definitions import DECIDING_ROLES, Mistake, Mistakes, read
from portal.approvals.queries import names_of
from portal.approvals.rule_drafts import Draft, fields_of
from portal.deals.registrations import simulating, simulating_queries
from portal.deals.registrations.replaying_changes import KINDS
from portal.deals.registrations.simulating import PERIODS, TRIED, Plan
from portal.deals.registrations.simulating_forms import EDITED, UNCHANGED, SimulationForm, field_of
from portal.deals.registrations.simulating_listing import TITLES
from portal.deals.registrations.simulating_models import SimulationRun
from portal.deals.registrations.simulating_queries import PAGE
from portal.deals.registrations.simulating_showing import Words, figures
from portal.deals.spreadsheets import CSV, lines_csv
from portal.downloads import attached
from portal.errors import Conflict, Invalid
from portal.formats import message_of, translations
from portal.forms import add_error
from portal.paging import before_id
from portal.parameters import typed
from portal.parameters.definitions import DEFINITIONS
from portal.parameters.queries import values
from portal.parties.tables import MOST_BYTES, MOST_ROWS
from portal.policy import Permission
from portal.web import db, fmt, go, guard, locale, now, portal, respond, today, viewer

blueprint = Blueprint("simulations", __name__, url_prefix="/simulations")
SIMULATE: Final = Permission.POLICY_SIMULATE


@blueprint.url_value_preprocessor
def _accept_lists(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read larger requests than other pages do; what is larger than a list may be is told so in words."""
    request.max_content_length = 2 * MOST_BYTES


@blueprint.get("")
@guard(SIMULATE)
def listing() -> ResponseReturnValue:
    """List the runs so far, the newest first."""
    rows = simulating_queries.runs(db(), before_id=before_id())
    page = rows[:PAGE]
    older = page[-1].id if len(rows) > PAGE else None
    return respond(
        "simulations/runs.html", "simulations/_runs.html", runs=page, older=older, later=before_id() is not None,
        tried=_tried,
    )  # fmt: skip


def _tried(row: Any) -> str:
    """Return what a run tries out, in a few words."""
    word, currency = translations(locale()).gettext, viewer().currency
    known = ((DEFINITIONS[key], value) for key, value in row.numbers.items() if key in DEFINITIONS)
    parts = [f"{word(each.label)}: {typed.shown(each, value, fmt(), currency)}" for each, value in known]
    has_rules = row.definition is not None if isinstance(row, SimulationRun) else row.has_rules
    return " · ".join([*parts, *([_("other rules of approval")] if has_rules else [])]) or _("the rules as they were")


@blueprint.get("/new")
@guard(SIMULATE)
def new() -> ResponseReturnValue:
    """Ask what is to be tried out."""
    form = SimulationForm(formdata=None, months="12", rules=UNCHANGED)
    return _form_page(form, Draft.of(simulating_queries.rules_in_force(db())))


def _form_page(
    form: SimulationForm, draft: Draft, *, mistakes: tuple[Mistake, ...] = (), status: int = 200, problem: str = ""
) -> ResponseReturnValue:
    _ask(form)
    word = translations(locale()).gettext
    said = [(fields_of([each.path]).pop(), word(each.message) % each.params) for each in mistakes]
    typed_more = any(field.data or field.errors for field in form.more())
    return respond(
        "simulations/new.html", form=form, draft=draft, mistakes=said, roles=DECIDING_ROLES, problem=problem,
        currencies=draft.currencies(), settings=DEFINITIONS, more_open=typed_more,
        edits=form.rules.data == EDITED or bool(said),
        titles=[names[1 if locale() == "zh" else 0] for names in TITLES.values()], most=MOST_ROWS, status=status,
    )  # fmt: skip


def _ask(form: SimulationForm) -> None:
    present, currency = values(db()), viewer().currency
    hints = {}
    for key in TRIED:
        definition = DEFINITIONS[key]
        shown = typed.shown(definition, present[key], fmt(), currency)
        hints[key] = _("In force: %(value)s. Empty leaves it.", value=shown)
    months = {number: ngettext("%(num)d month", "%(num)d months", number) for number in PERIODS}
    published = [(name, _("Revision %(number)s", number=name)) for name, _c in simulating_queries.rules_known(db())[1:]]
    others = [("delivered", _("as delivered")), *published, (EDITED, _("as edited below"))]
    form.ask(months, [(UNCHANGED, _("as in force")), *others], hints)


@blueprint.post("/new")
@guard(SIMULATE)
def begin() -> ResponseReturnValue:
    """Try it out; a list is checked and shown first."""
    form, draft = SimulationForm(), Draft.typed(request.form)
    if not draft.steps:
        draft = Draft.of(simulating_queries.rules_in_force(db()))
    _ask(form)
    then = request.form.get("then", "")
    if then in ("step", "limit"):
        draft.add_step() if then == "step" else draft.add_limit()
        form.rules.data = EDITED
        return _form_page(form, draft)
    try:
        if not form.validate():
            return _form_page(form, draft, status=422)
        run = _begun(Plan(int(form.months.data), _numbers(form), _definition(form, draft)))
    except Mistakes as wrong:
        return _form_page(form, draft, mistakes=wrong.mistakes, status=422)
    except Invalid as error:
        if not form.errors:
            add_error(form, error)
        return _form_page(form, draft, status=422)
    except Conflict as error:
        return _form_page(form, draft, problem=message_of(error, locale()), status=409)
    return go("simulations.show", public_id=run.public_id)


def _begun(plan: Plan) -> SimulationRun:
    file, at = request.files.get("file"), {"now": now(), "today": today()}
    if file is not None and file.filename:
        name = "".join(filter(str.isprintable, file.filename.replace("\\", "/").rpartition("/")[2]))
        content = file.read(MOST_BYTES + 1)
        return simulating.check_list(db(), viewer().actor, plan, content, name=name, **at)  # type: ignore[arg-type]
    zone = portal().settings.supplier_zone
    return simulating.simulate(db(), viewer().actor, plan, zone=zone, **at)  # type: ignore[arg-type]


def _numbers(form: SimulationForm) -> dict[str, int]:
    """Return the numbers that were typed; raises Invalid after a sentence stands at each wrong field."""
    found: dict[str, int] = {}
    for key in TRIED:
        field = form[field_of(key)]
        if not field.data:
            continue
        try:
            found[key] = typed.read(DEFINITIONS[key], field.data, viewer().currency)
        except Invalid as error:
            field.errors = [message_of(error, locale())]
            wrong = error
    if any(form[field_of(key)].errors for key in TRIED):
        raise wrong
    return found


def _definition(form: SimulationForm, draft: Draft) -> dict[str, Any] | None:
    chosen = form.rules.data
    if chosen == UNCHANGED:
        return None
    if chosen == EDITED:
        content = draft.content("registration")
        read(content)
        return content
    return dict(simulating_queries.rules_known(db()))[chosen]


@blueprint.get("/list.csv")
@guard(SIMULATE)
def template() -> ResponseReturnValue:
    """Hand out an empty list with its titles, as spreadsheets open it in every language."""
    titles = [names[1 if locale() == "zh" else 0] for names in TITLES.values()]
    return attached(lines_csv(titles, []), CSV, "registrations.csv")


@blueprint.get("/<public_id>")
@guard(SIMULATE)
def show(public_id: str) -> ResponseReturnValue:
    """Show what a run found; asked again by the page until it is done."""
    run = simulating_queries.run(db(), public_id)
    kind = request.args.get("kind", "")
    kind, after = kind if kind in KINDS else "", _after()
    context: dict[str, Any] = {"run": run, "tried": _tried(run), "kind": kind, "later": after > 0, "next_after": None}
    if run.state == "done":
        rows = simulating_queries.changes(db(), run.id, kind, after_id=after)
        words = _words(run)
        context |= {
            "figures": figures(run, words, _load(run)),
            "kinds": [(key, KINDS[key], run.totals["kinds"][key]) for key in KINDS if key in run.totals["kinds"]],
            "changes": [(row, words.side(row.before), words.side(row.after)) for row in rows[:PAGE]],
            "next_after": rows[PAGE - 1].id if len(rows) > PAGE else None,
            "labels": {key: _(label) for key, label in KINDS.items()},
        }
    elif run.source == "list":
        lines = simulating_queries.lines(db(), run.id, after=after)
        word = translations(locale()).gettext
        context |= {
            "lines": [(each.line, [_problem(one, word) for one in each.problems]) for each in lines[:LINES]],
            "next_after": lines[LINES - 1].line if len(lines) > LINES else None,
        }
    return respond("simulations/run.html", "simulations/_run.html", **context)


LINES: Final = simulating_queries.LINES


def _problem(problem: dict[str, Any], word: Any) -> tuple[str, str]:
    title = TITLES[problem["column"]][1 if locale() == "zh" else 0]
    return title, word(problem["message"]) % problem["params"]


def _after() -> int:
    text = request.args.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _words(run: SimulationRun) -> Words:
    titles = {key: text.to(locale()) for key, text in simulating_queries.step_titles(db(), run).items()}
    return Words.of(locale(), titles)


def _load(run: SimulationRun) -> dict[str, str]:
    """Return the names of those who decided, by their keys as the sums hold them."""
    keys = {key for side in ("before", "after") for key in run.totals[side]["people"] if key}
    return {str(key): name for key, name in names_of(db(), {int(key) for key in keys}).items()}


@blueprint.get("/<public_id>/changes.csv")
@guard(SIMULATE)
def export(public_id: str) -> ResponseReturnValue:
    """Hand out all differences of a run, or those of one kind."""
    run, kind = simulating_queries.run(db(), public_id), request.args.get("kind", "")
    words, called = _words(run), fmt().name
    labels = {key: _(label) for key, label in KINDS.items()}
    columns = [_("What changes"), _("Registration"), _("Customer"), _("As it was"), _("Under the other rules")]
    rows = (
        (
            labels.get(row.kind, row.kind),
            row.number,
            called(row.customer, row.customer_en),
            words.side(row.before),
            words.side(row.after),
        )
        for row in simulating_queries.every_change(db(), run.id, kind if kind in KINDS else "")
    )
    return attached(lines_csv(columns, rows), CSV, f"simulation-{run.begins}-{run.ends}.csv")


@blueprint.post("/<public_id>/start")
@guard(SIMULATE)
def start(public_id: str) -> ResponseReturnValue:
    """Replay the sound rows of a list."""
    run = simulating_queries.run(db(), public_id, for_update=True)
    simulating.start_list(db(), viewer().actor, run, zone=portal().settings.supplier_zone, now=now())
    if run.state == "done":
        flash(_("Replayed."), "success")
    return go("simulations.show", public_id=public_id)

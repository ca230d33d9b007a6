"""Where a configuration begins: the first screen, saved templates, copies."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.configurator import queries, solutions, starting_operations
from portal.configurator.engines import engine
from portal.configurator.forms import NameForm, StartForm, start_form
from portal.configurator.language.ruleset import RuleSet, Template
from portal.configurator.panel import label_of
from portal.configurator.solutions import Solution
from portal.configurator.starting import NoMember, answers_of
from portal.configurator.starting_operations import Begun, Together
from portal.configurator.template_models import LONGEST_NAME
from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.forms import add_error
from portal.policy import Permission
from portal.web import db, fmt, go, guard, locale, now, respond, today, viewer

blueprint = Blueprint("start", __name__, url_prefix="/configurations")
EDIT, VIEW = Permission.CONFIGURATION_EDIT, Permission.CONFIGURATION_VIEW


@dataclass(frozen=True)
class Screen:
    """What the first screen shows of one solution."""

    solution: Solution
    ruleset: RuleSet
    template: Template | None
    customer: tuple[int, str] | None

    @property
    def name(self) -> str:
        """Return what a site is called whose name nobody typed."""
        title = (self.template or self.solution).title.to(locale())
        return f"{title} · {fmt().date(today())}"[:LONGEST_NAME]


@blueprint.route("/new", methods=["GET", "POST"])
@guard(EDIT)
def new() -> ResponseReturnValue:
    """Choose a solution where there are several, then a template and a few numbers, and see the whole proposal."""
    found = solutions.solutions(db(), today=today())
    solution = _wanted(found)
    if solution is None:
        return respond("configurator/start_solutions.html", solutions=found, customer=request.args.get("customer"))
    screen = _screen(solution)
    form = _form(screen)
    if form.validate_on_submit():
        try:
            return _begin(screen, form)
        except NoMember as none:
            _ask_for_one(form, none.group)
        except Together as error:
            because = [text.to(locale()) for text in error.because]
            form.form_errors.append(" ".join([message_of(error, locale()), *because]))
    return respond(
        "configurator/new.html",
        screen=screen,
        form=form,
        several=len(found) > 1,
        saved=solutions.saved_templates(db(), solution.key),
        status=422 if form.is_submitted() else 200,
    )


def _wanted(found: Sequence[Solution]) -> Solution | None:
    """Return the solution that the address names, the only one there is, or none."""
    if len(found) == 1:
        return found[0]
    return next((one for one in found if one.key == request.values.get("solution")), None)


def _screen(solution: Solution) -> Screen:
    ruleset = engine(db(), solution.revision_id).ruleset
    wanted = request.values.get("template")
    template = next((one for one in ruleset.templates if one.key == wanted), next(iter(ruleset.templates), None))
    asked = request.values.get("customer", "")
    customer = next((known for known in queries.customers(db()) if str(known[0]) == asked), None) if asked else None
    return Screen(solution, ruleset, template, customer)


def _form(screen: Screen) -> StartForm:
    """Return the form as it was sent, or with the template's own numbers."""
    made = start_form(screen.ruleset)
    if request.method == "POST":
        return made()
    form = made(name=request.args.get("name", "")[:LONGEST_NAME])
    for key, number in answers_of(screen.ruleset, screen.template).items():
        form[f"answer_{key}"].data = str(number)
    return form


def _begin(screen: Screen, form: StartForm) -> ResponseReturnValue:
    begun = starting_operations.begin_configuration(
        db(),
        viewer().actor,
        name=form.name.data or screen.name,
        revision=solutions.revision_of(db(), screen.solution.revision_id),
        template=screen.template,
        answers=form.answers,
        customer_id=screen.customer[0] if screen.customer else None,
        now=now(),
    )
    return _show(begun)


def _ask_for_one(form: StartForm, group: str) -> None:
    """Say at every question that could make a member of the group that one of them must."""
    asked = [start for start in form.starts if start.group == group]
    names = " / ".join(start.label.to(locale()) for start in asked)
    for start in asked:
        field = form.number(start)
        field.errors = [*field.errors, _("At least one of these must be more than 0: %(names)s.", names=names)]


def _show(begun: Begun) -> ResponseReturnValue:
    """Go to the proposal, naming what a template could not have there."""
    if begun.dropped:
        said = [
            f"{attribute.label.to(locale())}: {label_of(attribute, value).to(locale())}" if attribute else key
            for key, attribute, value in begun.dropped
        ]
        flash(_("Not taken over, because it does not fit: %(choices)s.", choices="; ".join(said)), "warning")
    return go("configurator.configuration", public_id=begun.configuration.public_id)


@blueprint.post("/templates/<public_id>/begin")
@guard(EDIT)
def begin_from(public_id: str) -> ResponseReturnValue:
    """Begin with everything that a saved template holds."""
    saved = solutions.saved_template(db(), public_id)
    name = f"{saved.name} · {fmt().date(today())}"[:LONGEST_NAME]
    asked = request.form.get("customer", "")
    customer = next((key for key, _name in queries.customers(db()) if str(key) == asked), None) if asked else None
    begun = starting_operations.begin_from(
        db(), viewer().actor, saved, name=name, customer_id=customer, today=today(), now=now()
    )
    return _show(begun)


@blueprint.get("/templates")
@guard(EDIT)
def templates() -> ResponseReturnValue:
    """List the templates that were put away, of all solutions."""
    return respond("configurator/start_templates.html", saved=solutions.archived_templates(db()))


@blueprint.post("/templates/<public_id>/archive")
@guard(EDIT)
def archive_template(public_id: str) -> ResponseReturnValue:
    """Put a template away, or take it out again."""
    saved = solutions.saved_template(db(), public_id, for_update=True)
    away = request.form.get("archived") == "1"
    starting_operations.set_template_archived(db(), viewer().actor, saved, away, now=now())
    flash(_("The template is put away.") if away else _("The template can be used again."), "success")
    return go("start.templates") if away else go("start.new", solution=saved.rule_key)


@blueprint.route("/<public_id>/template", methods=["GET", "POST"])
@guard(EDIT)
def save_template(public_id: str) -> ResponseReturnValue:
    """Keep a configuration's choices as a template of the own organisation."""
    row = queries.configuration(db(), public_id)
    form = NameForm(data={"name": row.name} if request.method == "GET" else None)
    if form.validate_on_submit():
        try:
            starting_operations.save_template(db(), viewer().actor, row, name=form.name.data, now=now())
            flash(_("Saved. Your colleagues find it under “New configuration”."), "success")
            return go("configurator.configuration", public_id=public_id)
        except Invalid as error:
            add_error(form, error)
        except Conflict as error:
            form.form_errors.append(message_of(error, locale()))
    status = 422 if form.is_submitted() else 200
    return respond("configurator/start_template.html", configuration=row, form=form, status=status)


@blueprint.post("/<public_id>/copy")
@guard(EDIT)
def copy(public_id: str) -> ResponseReturnValue:
    """Begin a new draft with all choices of this one."""
    row = queries.configuration(db(), public_id)
    begun = starting_operations.copy_configuration(
        db(),
        viewer().actor,
        row,
        name=_("Copy of %(name)s", name=row.name)[:LONGEST_NAME],
        customer_id=starting_operations.known_customer(db(), row.customer_id),
        today=today(),
        now=now(),
    )
    flash(_("This is the copy; the first one stays as it was."), "success")
    return _show(begun)

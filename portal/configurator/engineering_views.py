"""Pages of questions to engineers: asking, the queue, one question with its answer."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.catalog.display import names
from portal.configurator import engineering, queries
from portal.configurator.engineering_facts import Fact
from portal.configurator.engineering_forms import AnswerForm, AskForm, Gap, answer_form, facts_of, gaps_of, stored_of
from portal.configurator.engineering_models import EngineerQuestion
from portal.configurator.engineering_queries import PAGE, configuration_of, names_of, question, questions_of, queue
from portal.configurator.engines import engine
from portal.configurator.language.ruleset import Table
from portal.configurator.missing import missing_facts, table_of
from portal.configurator.models import Configuration
from portal.configurator.needing import needed_facts
from portal.configurator.panel import Choices, label_of
from portal.configurator.rights import may_edit
from portal.errors import Conflict, Invalid, NotAllowed
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import before_id, typed_version
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, respond, viewer
from portal.words import Text

blueprint = Blueprint("engineering", __name__)
LONGEST_KEY = 200
STATES = {"open": "info", "checking": "info", "answered": "good", "withdrawn": "quiet"}


@blueprint.app_template_global("facts_missing")
def facts_missing(configuration: Configuration, key: str, value: str | int, assignment: Choices | None = None) -> str:
    """Return the names of the facts that the catalogue lacks of a value, one after the other.

    With a full configuration only those that stand in the way of the value there.
    """
    ruleset = engine(db(), configuration.rule_revision_id).ruleset
    if assignment is not None:
        return names(locale()).capabilities_listed(needed_facts(ruleset, key, str(value), assignment))
    return names(locale()).capabilities_listed(missing_facts(ruleset).get(key, {}).get(str(value), ()))


@blueprint.app_template_global("engineer_questions")
def engineer_questions(configuration: Configuration) -> list[EngineerQuestion]:
    """Return the newest questions about a configuration, for its page."""
    return questions_of(db(), configuration.id, now=now())


@blueprint.get("/configurations/<public_id>/ask")
@guard(Permission.CONFIGURATION_VIEW)
def ask(public_id: str) -> ResponseReturnValue:
    """Ask what one wants to know of an engineer."""
    row = queries.configuration(db(), public_id)
    if not may_edit(db(), viewer().actor, row):
        raise NotAllowed
    key, value = request.args.get("key", ""), request.args.get("value", "")
    return _ask(row, AskForm(formdata=None), key, value)


@blueprint.post("/configurations/<public_id>/ask")
@guard(Permission.CONFIGURATION_VIEW)
def send(public_id: str) -> ResponseReturnValue:
    """Send the question to the engineers; the same one is not asked twice."""
    row = queries.configuration(db(), public_id, for_update=True)
    if not may_edit(db(), viewer().actor, row):
        raise NotAllowed
    key, value = request.form.get("key", ""), request.form.get("value", "")
    form = AskForm()
    if not form.validate():
        return _ask(row, form, key, value, status=422)
    typed = {"key": key, "value": value, "text": form.text.data}
    try:
        made = engineering.ask(db(), viewer().actor, row, **typed, now=now())
    except Invalid as error:
        add_error(form, error)
        return _ask(row, form, key, value, status=422)
    new = made.asked_at == now()
    flash(_("An engineer is asked.") if new else _("This is asked already."), "success")
    return go("engineering.show", public_id=made.public_id)


def _ask(row: Configuration, form: AskForm, key: str, value: str, *, status: int = 200) -> ResponseReturnValue:
    engineering.subject_of(engine(db(), row.rule_revision_id).ruleset, key, value)
    return respond(
        "engineering/ask.html",
        configuration=row,
        form=form,
        key=key,
        value=value,
        about=_about(row.rule_revision_id, key, value),
        missing=facts_missing(row, key, value),
        status=status,
    )


@blueprint.get("/engineering")
@guard(Permission.ENGINEERING_ANSWER)
def questions() -> ResponseReturnValue:
    """List what engineers are asked, due first."""
    done = request.args.get("state") == "done"
    rows = queue(db(), done=done, after_id=before_id("after"))
    page = rows[:PAGE]
    more = page[-1].id if len(rows) > PAGE else None
    return respond("engineering/queue.html", rows=page, next_after=more, done=done, now=now(), tones=STATES)


@blueprint.get("/engineering/<public_id>")
@guard(Permission.CONFIGURATION_VIEW)
def show(public_id: str) -> ResponseReturnValue:
    """Show one question with the facts of its configuration, and its answer."""
    row = question(db(), public_id)
    gaps, _table = _gaps(row)
    given = {"answer": row.answer, **stored_of(gaps, [Fact.of(stored) for stored in row.filled])}
    return _show(row, answer_form(gaps, data=given, formdata=None), gaps)


@blueprint.post("/engineering/<public_id>/answer")
@guard(Permission.ENGINEERING_ANSWER)
def answer(public_id: str) -> ResponseReturnValue:
    """Answer with a text or with the missing facts; who comes second sees what was answered."""
    row = question(db(), public_id, for_update=True)
    gaps, table = _gaps(row)
    form = answer_form(gaps)
    facts = facts_of(form, gaps, table) if form.validate() else None
    if facts is None and row.state == "open":
        return _show(row, form, gaps, status=422)
    try:
        engineering.answer(
            db(),
            viewer().actor,
            row,
            text=form.answer.data or "",
            facts=facts or [],
            version=typed_version(),
            now=now(),
        )
    except engineering.Changed as error:
        return _show(row, form, gaps, status=409, problem=_told(error), typed=form.answer.data or "")
    except Invalid as error:
        add_error(form, error)
        return _show(row, form, gaps, status=422)
    checking = row.state == "checking"
    flash(_("The rules with these facts are being examined.") if checking else _("Answered."), "success")
    return go("engineering.show", public_id=public_id)


@blueprint.post("/engineering/<public_id>/withdraw")
@guard(Permission.CONFIGURATION_EDIT)
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take a question back."""
    row = question(db(), public_id, for_update=True)
    try:
        engineering.withdraw(db(), viewer().actor, row, version=typed_version(), now=now())
    except engineering.Changed as error:
        gaps, _table = _gaps(row)
        return _show(row, answer_form(gaps, formdata=None), gaps, status=409, problem=_told(error))
    flash(_("The question is taken back."), "success")
    return go("engineering.show", public_id=public_id)


def _gaps(row: EngineerQuestion) -> tuple[tuple[Gap, ...], Table | None]:
    """Return the gaps of a question, and the table in which they are."""
    if not row.attribute_key:
        return (), None
    ruleset = engine(db(), row.rule_revision_id).ruleset
    table = table_of(ruleset, ruleset.attribute(row.attribute_key))
    return gaps_of(table, row.columns), table


def _show(
    row: EngineerQuestion,
    form: AnswerForm,
    gaps: tuple[Gap, ...],
    *,
    status: int = 200,
    problem: str = "",
    typed: str = "",
) -> ResponseReturnValue:
    configuration = configuration_of(db(), row)
    organisation, asker, engineer = names_of(db(), row)
    told = names(locale())
    return respond(
        "engineering/question.html",
        question=row,
        form=form,
        gaps=gaps,
        capability=told.capability,
        lacking=told.capabilities_listed(row.columns),
        configuration=configuration,
        choices=_choices(configuration) if configuration else [],
        about=_about(row.rule_revision_id, row.attribute_key, row.value),
        organisation=organisation,
        asker=asker,
        engineer=engineer,
        is_engineer=viewer().can(Permission.ENGINEERING_ANSWER),
        is_asker=row.organisation_id == viewer().organisation_id,
        overdue=row.is_open and row.due_at < now(),
        tones=STATES,
        problem=problem,
        typed=typed,
        status=status,
    )


def _about(revision_id: int, key: str, value: str) -> tuple[Text, Text | None] | None:
    """Return how the question and the value that somebody asks about read."""
    if not key:
        return None
    item = engine(db(), revision_id).ruleset.attribute(key)
    return item.label, label_of(item, value) if value else None


def _choices(configuration: Configuration) -> list[tuple[Text, Text]]:
    """Return what was chosen, as an engineer reads it."""
    ruleset = engine(db(), configuration.rule_revision_id).ruleset
    pairs = ((ruleset.attribute(key), value) for key, value in configuration.choices.items())
    return [(item.label, label_of(item, value)) for item, value in pairs]


def _told(error: Conflict) -> str:
    return message_of(error, locale())

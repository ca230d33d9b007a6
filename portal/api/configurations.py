"""/api/v1/configurations: begin, read, choose, retract, complete, and why something is not possible."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import select

from portal.api.endpoint import PREFIX, Reply, actor, component, endpoint
from portal.api.explanations import explained
from portal.api.problems import Problem
from portal.api.schema import integer, many, mapping, nullable, obj, one_of, text
from portal.api.scopes import Scope
from portal.api.shapes import (
    CONFIGURATION,
    CONFIGURATIONS,
    ID,
    LARGEST,
    VALUE,
    VERSION,
    configuration_shape,
)
from portal.configurator import finishing, listing, operations, queries, starting_operations
from portal.configurator.engines import Engine, engine
from portal.configurator.language.parts import Template
from portal.configurator.models import Configuration, RuleRevision
from portal.configurator.operations import Refused, Stale
from portal.configurator.starting import NoMember, answers_of
from portal.errors import Invalid, NotFound
from portal.paging import LONGEST_KEY
from portal.parties.models import Party
from portal.web import db, now, today
from portal.words import N_

READ, WRITE = Scope.CONFIGURATIONS_READ, Scope.CONFIGURATIONS_WRITE
QUESTION_KEY: Final = text(200)
NEW: Final = component(
    "NewConfiguration",
    obj(
        {"rule_set": text(60), "name": text(120)},
        {
            "customer": nullable(ID),
            "template": nullable(text(60, description="one of the rule set's templates")),
            "answers": mapping(integer(0, LARGEST), 50, "of the rule set's first screen, instead of its defaults"),
            "choices": mapping(VALUE, 500, "made after template and answers, in this order"),
        },
    ),
)
CHOICE: Final = component(
    "Choice",
    obj(
        {"version": VERSION, "key": QUESTION_KEY, "value": VALUE},
        {"give_up": many(QUESTION_KEY, 100) | {"description": "questions of a repair to give up for it"}},
    ),
)
RETRACTION: Final = component("Retraction", obj({"version": VERSION, "key": QUESTION_KEY}))
COMPLETION: Final = component("Completion", obj({"version": VERSION, "goal": one_of(*finishing.GOALS)}))


@endpoint("GET", "/configurations", scope=READ, gives=CONFIGURATIONS, summary=N_("List configurations, newest first"),
          query={"after": text(LONGEST_KEY, pattern="^[0-9]{1,18}$")})  # fmt: skip
def list_configurations(after: str) -> Reply:
    """List configurations, newest first."""
    rows = listing.configurations(db(), before_id=int(after) if after else None)
    page, more = rows[: listing.PAGE], len(rows) > listing.PAGE
    items = [
        {"id": row.public_id, "name": row.name, "customer": row.customer, "updated_at": row.updated_at.isoformat()}
        for row in page
    ]
    return Reply({"items": items, "next": str(page[-1].id) if more else None})


@endpoint("POST", "/configurations", scope=WRITE, takes=NEW, gives=CONFIGURATION, status=201,
          summary=N_("Begin a configuration from a template, answers and choices"))  # fmt: skip
def create_configuration(body: dict[str, Any]) -> Reply:
    """Begin a configuration from a template, answers and choices."""
    revision = _revision(body["rule_set"])
    built = engine(db(), revision.id)
    row, dropped = _begin(built, revision, body)
    for key, value in body.get("choices", {}).items():
        _choose(row, built, key, value, [], row.version)
    shape = configuration_shape(db(), actor(), row, today=today())
    return Reply({**shape, "dropped": dropped}, 201, f"{PREFIX}/configurations/{row.public_id}")


def _begin(built: Engine, revision: RuleRevision, body: dict[str, Any]) -> tuple[Configuration, list[str]]:
    """Begin as the first screen does; with neither template nor answers, empty. Return what a template had to leave."""
    common: dict[str, Any] = {"name": body["name"].strip(), "revision": revision, "now": now()}
    common["customer_id"] = _customer_id(body.get("customer"))
    wanted, given = body.get("template"), body.get("answers", {})
    if not wanted and not given:
        return operations.create_configuration(db(), actor(), choices={}, **common), []
    template = _template(built, wanted)
    try:
        answers = _answers(built, template, given)
        begun = starting_operations.begin_configuration(db(), actor(), template=template, answers=answers, **common)
    except NoMember as error:
        raise Invalid(
            N_("These answers make no part of the site; at least one must not be 0."), field="answers"
        ) from error
    return begun.configuration, [key for key, *_rest in begun.dropped]


def _template(built: Engine, wanted: str | None) -> Template | None:
    found = next((one for one in built.ruleset.templates if one.key == wanted), None)
    if wanted and found is None:
        raise Invalid(N_("Choose one of the values shown."), field="template")
    return found


def _answers(built: Engine, template: Template | None, given: dict[str, int]) -> dict[str, int]:
    limits = {start.key: (start.minimum, start.maximum) for start in built.ruleset.start}
    for key, number in given.items():
        if key not in limits:
            raise Invalid(N_("There is no such question."), field=f"answers.{key}"[:200])
        low, high = limits[key]
        if not low <= number <= high:
            message = N_("Enter a whole number from %(low)s to %(high)s.")
            raise Invalid(message, field=f"answers.{key}"[:200], low=low, high=high)
    return {**answers_of(built.ruleset, template), **given}


def _revision(key: str) -> RuleRevision:
    known = db().scalar(select(RuleRevision.id).where(RuleRevision.key == key).limit(1))
    if known is None:
        raise Invalid(N_("There is no such rule set."), field="rule_set")
    return operations.newest_revision(db(), key, today=today())


def _customer_id(public_id: str | None) -> int | None:
    if public_id is None:
        return None
    found = db().scalar(select(Party.id).where(Party.public_id == public_id, Party.kind == "organisation"))
    if found is None:
        raise NotFound
    return found


@endpoint("GET", "/configurations/<public_id>", scope=READ, gives=CONFIGURATION,
          summary=N_("Read a configuration: what is possible, the proposal, its bill"))  # fmt: skip
def read_configuration(public_id: str) -> Reply:
    """Read a configuration."""
    return _shown(queries.configuration(db(), public_id))


def _shown(row: Configuration) -> Reply:
    db().flush()
    return Reply(configuration_shape(db(), actor(), row, today=today()))


@endpoint("POST", "/configurations/<public_id>/choose", scope=WRITE, takes=CHOICE, gives=CONFIGURATION,
          summary=N_("Choose a value; with give_up also take the repair"))  # fmt: skip
def choose(public_id: str, body: dict[str, Any]) -> Reply:
    """Choose a value."""
    row = queries.configuration(db(), public_id, for_update=True)
    built = engine(db(), row.rule_revision_id)
    _fresh(row, body, lambda: _choose(row, built, body["key"], body["value"], body.get("give_up"), body["version"]))
    return _shown(row)


def _choose(
    row: Configuration, built: Engine, key: str, value: str | int, give_up: list[str] | None, version: int
) -> None:
    try:
        attribute = operations.attribute_of(built, key)
        if isinstance(value, int) and attribute.kind == "choice":
            raise Invalid(N_("Choose one of the values shown."), field=key)
        chosen = operations.parse_value(attribute, str(value))
    except Invalid as error:
        raise Invalid(error.message, field=f"choices.{key}"[:200], **error.params) from None
    try:
        if give_up:
            costs = queries.costs(db(), actor(), row, today=today())
            operations.choose_instead(
                db(), actor(), row, key, chosen, costs=costs, give_up=give_up, version=version, now=now()
            )
        else:
            operations.choose(db(), actor(), row, key, chosen, version=version, now=now())
    except Refused as error:
        refusal = queries.refusal(db(), actor(), row, error.key, error.value, today=today())
        raise Problem(409, "refused", error.message, explanation=explained(refusal)) from None


def _fresh(row: Configuration, body: dict[str, Any], step: Callable[[], None]) -> None:
    """Take a step; a stale one is refused with both versions."""
    try:
        step()
    except Stale as error:
        raise Problem(409, "stale", error.message, yours=body["version"], current=row.version) from None


@endpoint("POST", "/configurations/<public_id>/retract", scope=WRITE, takes=RETRACTION, gives=CONFIGURATION,
          summary=N_("Leave a question open again"))  # fmt: skip
def retract(public_id: str, body: dict[str, Any]) -> Reply:
    """Leave a question open again."""
    row = queries.configuration(db(), public_id, for_update=True)
    operations.attribute_of(engine(db(), row.rule_revision_id), body["key"])
    _fresh(row, body, lambda: operations.take_back(
        db(), actor(), row, body["key"], version=body["version"], now=now()))  # fmt: skip
    return _shown(row)


@endpoint("POST", "/configurations/<public_id>/complete", scope=WRITE, takes=COMPLETION, gives=CONFIGURATION,
          summary=N_("Answer all open questions towards a goal"))  # fmt: skip
def complete(public_id: str, body: dict[str, Any]) -> Reply:
    """Answer all open questions towards a goal, as "finish it for me" does."""
    row = queries.configuration(db(), public_id, for_update=True)
    if body["goal"] not in finishing.goals_of(engine(db(), row.rule_revision_id)):
        raise Invalid(N_("Choose one of the values shown."), field="goal")

    def finish() -> None:
        if row.version != body["version"]:  # before the search, which takes its time
            raise Stale
        found = finishing.preview(db(), actor(), row, body["goal"], keeps_defaults=True, today=today())
        finishing.accept(db(), actor(), row, found.picks, goal=found.goal, version=body["version"], now=now())

    _fresh(row, body, finish)
    return _shown(row)

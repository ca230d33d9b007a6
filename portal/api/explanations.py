"""/api/v1/configurations/…/explain: why a value is not possible now, and what to change for it."""

from typing import Any, Final

from portal.api.endpoint import Reply, actor, component, endpoint
from portal.api.schema import many, obj, text
from portal.api.scopes import Scope
from portal.api.shapes import BOTH, MINOR, VALUE, both
from portal.configurator import operations, queries
from portal.configurator.engines import engine
from portal.configurator.refusing import Refusal
from portal.web import db, today
from portal.words import N_

READ: Final = Scope.CONFIGURATIONS_READ
QUESTION_KEY: Final = text(200)
EXPLANATION: Final = component(
    "Explanation",
    obj(
        {
            "key": QUESTION_KEY,
            "value": VALUE,
            "possible": {"type": "boolean"},
            "reasons": many(
                obj({"choices": many(obj({"question": BOTH, "value": BOTH})), "because": many(BOTH)}),
            ),
            "repairs": many(
                obj(
                    {
                        "give_up": many(QUESTION_KEY),
                        "changes": many(obj({"question": BOTH, "before": BOTH, "after": BOTH})),
                        "total_minor": MINOR,
                        "difference_minor": MINOR,
                    }
                )
            ),
        }
    ),
)


@endpoint("GET", "/configurations/<public_id>/explain", scope=READ, gives=EXPLANATION,
          query={"key": QUESTION_KEY, "value": text(200)},
          summary=N_("Why a value is not possible now, and what to change for it"))  # fmt: skip
def explain(public_id: str, key: str, value: str) -> Reply:
    """Say why a value is not possible now, and what to change for it."""
    row = queries.configuration(db(), public_id)
    built = engine(db(), row.rule_revision_id)
    attribute = operations.attribute_of(built, key)
    wanted = operations.parse_value(attribute, value)
    others = {name: chosen for name, chosen in row.choices.items() if name != key}
    if built.compiled.possible(others, key, wanted):
        return Reply({"key": key, "value": wanted, "possible": True, "reasons": [], "repairs": []})
    return Reply(explained(queries.refusal(db(), actor(), row, key, wanted, today=today())))


def explained(refusal: Refusal) -> dict[str, Any]:
    """Return why a value cannot be had, and the ways to have it."""
    reasons = [
        {
            "choices": [{"question": both(question), "value": both(chosen)} for question, chosen in reason.choices],
            "because": [both(because) for because in reason.because],
        }
        for reason in refusal.reasons
    ]
    repairs = [
        {
            "give_up": list(repair.keys),
            "changes": [
                {"question": both(question), "before": both(before), "after": both(after)}
                for question, before, after in repair.changes
            ],
            "total_minor": repair.total.minor,
            "difference_minor": repair.difference.minor,
        }
        for repair in refusal.repairs
    ]
    return {"key": refusal.key, "value": refusal.value, "possible": False, "reasons": reasons, "repairs": repairs}

"""/api/v1/rule-sets and /api/v1/customers: what a configuration can begin with, and for whom."""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import bindparam, select

from portal.api.endpoint import Reply, component, endpoint
from portal.api.schema import integer, many, nullable, obj, text
from portal.api.scopes import Scope
from portal.api.shapes import BOTH, COUNT, ID, LARGEST, LONG, both
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import RuleRevision
from portal.configurator.solutions import solutions
from portal.parties import queries
from portal.parties.queries import PAGE, Position
from portal.web import db, today
from portal.words import N_

READ: Final = Scope.CONFIGURATIONS_READ
NUMBER: Final = integer(-LARGEST, LARGEST)
RULE_SETS: Final = component(
    "RuleSets",
    obj(
        {
            "items": many(
                obj(
                    {
                        "key": text(60),
                        "number": COUNT,
                        "hash": text(64),
                        "title": BOTH,
                        "templates": many(obj({"key": text(60), "title": BOTH})),
                        "answers": many(
                            obj(
                                {
                                    "key": text(60),
                                    "label": BOTH,
                                    "minimum": NUMBER,
                                    "maximum": NUMBER,
                                    "default": NUMBER,
                                }
                            )
                        ),
                    }
                ),
                1000,
            )
        }
    ),
)
CUSTOMERS: Final = component(
    "Customers", obj({"items": many(obj({"id": ID, "name": LONG, "name_en": LONG}), 100), "next": nullable(text(300))})
)


NAMED: Final = select(RuleRevision.number, RuleRevision.content_hash).where(RuleRevision.id == bindparam("id"))


@lru_cache(maxsize=16)
def _rules(revision_id: int, _content_hash: str) -> RuleSet:
    """Return the rules as they are written; listing them needs no compiled engine."""
    found = db().scalars(select(RuleRevision.content).where(RuleRevision.id == revision_id)).one()
    return RuleSet.from_content(dict(found))


@endpoint("GET", "/rule-sets", scope=READ, gives=RULE_SETS,
          summary=N_("List what can be configured: rule sets with templates and first questions"))  # fmt: skip
def list_rule_sets() -> Reply:
    """List rule sets with their templates and the questions of their first screen."""
    items: list[dict[str, Any]] = []
    for solution in solutions(db(), today=today()):
        number, content_hash = db().execute(NAMED, {"id": solution.revision_id}).one()
        rules = _rules(solution.revision_id, content_hash)
        items.append(
            {
                "key": solution.key,
                "number": number,
                "hash": content_hash,
                "title": both(solution.title),
                "templates": [{"key": one.key, "title": both(one.title)} for one in rules.templates],
                "answers": [
                    {
                        "key": asked.key,
                        "label": both(asked.label),
                        "minimum": asked.minimum,
                        "maximum": asked.maximum,
                        "default": asked.default,
                    }
                    for asked in rules.start
                ],
            }
        )
    return Reply({"items": items})


@endpoint("GET", "/customers", scope=READ, gives=CUSTOMERS,
          query={"q": text(100), "after": text(300, pattern=r"^[0-9]{1,18}\..*$")},
          summary=N_("List the organisation's customers by name, or those whose name begins with q"))  # fmt: skip
def list_customers(q: str, after: str) -> Reply:
    """List customers by name."""
    row, _, name = after.partition(".")
    position = Position(name, int(row)) if row else None
    found = queries.customers(db(), search=q, after=position)
    page, more = found[:PAGE], len(found) > PAGE
    items = [{"id": row.public_id, "name": row.name, "name_en": row.name_en} for row in page]
    return Reply({"items": items, "next": f"{page[-1].id}.{page[-1].name_key}" if more else None})

"""How configurations, quotes and orders look in answers: each schema beside the function that makes what fits it."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.api.endpoint import component
from portal.api.schema import integer, many, mapping, nullable, obj, one_of, text
from portal.catalog.pricing import LIST
from portal.configurator.engine.results import Impossible
from portal.configurator.engines import engine, proposal_of
from portal.configurator.models import Configuration
from portal.configurator.panel import Bill, Figure, bill_of, figures_of
from portal.configurator.queries import book_for, buying_terms, prices_of, weights_of
from portal.configurator.questions import Question, Standing
from portal.errors import Conflict
from portal.parties.models import Party
from portal.policy import Actor
from portal.words import N_, Text

LARGEST: Final = 2**53 - 1  # what every reader of JSON keeps exactly
MINOR: Final = integer(-LARGEST, LARGEST, "whole minor units of the currency, such as fen or cents")
NUMBER: Final = integer(-LARGEST, LARGEST)
COUNT: Final = integer(0, LARGEST)
VERSION: Final = integer(1, LARGEST, "send it back with the next change")
ID: Final = text(20, pattern="^[0-9a-z]{1,20}$")
DAY: Final = {**text(10, pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), "format": "date"}
LONG: Final = text(4000, least=0)
BOTH: Final = obj({"en": LONG, "zh": LONG})
VALUE: Final = {"type": ["string", "integer"], "maxLength": 200, "minimum": -LARGEST, "maximum": LARGEST}
CURSOR: Final = nullable(text(1200))
QUESTION: Final = obj(
    {
        "key": text(200),
        "kind": one_of("choice", "quantity", "fact"),
        "label": BOTH,
        "unit": text(40, least=0),
        "state": one_of("chosen", "consequence", "default", "proposed"),
        "value": nullable(VALUE),
        "values": {**many(VALUE), "description": "of a choice: everything that is still possible"},
        "ranges": {**many(many(NUMBER, 2)), "description": "of a number: what is still possible, as [first, last]"},
    }
)
BILL_LINE: Final = obj(
    {"sku": text(60), "name": BOTH, "quantity": COUNT, "group": BOTH, "list_unit_minor": MINOR, "list_minor": MINOR},
    {"unit_minor": MINOR, "net_minor": MINOR},
)
CONFIGURATION: Final = component(
    "Configuration",
    obj(
        {
            "id": ID,
            "name": text(120),
            "version": VERSION,
            "customer": nullable(ID),
            "rules": obj({"key": text(60), "number": COUNT, "hash": text(64)}),
            "choices": mapping(VALUE),
            "questions": many(QUESTION),
            "proposal": mapping(VALUE, description="the choices completed; a valid configuration"),
            "figures": many(obj({"key": text(200), "label": BOTH, "value": NUMBER, "shown": BOTH})),
            "bill": many(BILL_LINE),
            "currency": text(3),
            "list_minor": MINOR,
        },
        {"net_minor": MINOR, "dropped": many(text(200))},
    ),
)
CONFIGURATIONS: Final = component(
    "Configurations",
    obj(
        {
            "items": many(obj({"id": ID, "name": text(120), "customer": nullable(LONG), "updated_at": text(40)}), 100),
            "next": CURSOR,
        }
    ),
)


def both(words: Text) -> dict[str, str]:
    """Return a text in both languages."""
    return {"en": words.en, "zh": words.zh}


def configuration_shape(session: Session, actor: Actor, row: Configuration, *, today: date) -> dict[str, Any]:
    """Return a configuration with all that is still possible, its proposal and its bill at the prices it may see."""
    built, terms = engine(session, row.rule_revision_id), buying_terms(session, actor, row)
    priced = prices_of(session, actor, built, terms, today=today)
    weights = weights_of(session, row, built, terms, priced, today=today)
    try:
        domains = built.compiled.domains(row.choices)
        proposed = proposal_of(built, row.choices, weights)
    except Impossible:
        raise Conflict(N_("These choices contradict each other. Take one back.")) from None
    proposal = proposed.assignment
    standing = Standing(built.ruleset, row.choices, domains, proposal, priced)
    asked = [item for item in built.ruleset.existing(proposal) if item.kind != "derived"]
    bill = bill_of(built.ruleset, proposed.lines, priced, terms.currency)
    sees_own = book_for(actor, terms) != LIST
    customer = select(Party.public_id).where(Party.id == row.customer_id)
    return {
        "id": row.public_id,
        "name": row.name,
        "version": row.version,
        "customer": session.scalar(customer) if row.customer_id else None,
        "rules": {"key": built.key, "number": built.number, "hash": built.content_hash},
        "choices": dict(row.choices),
        "questions": [_question(standing.question(item)) for item in asked],
        "proposal": dict(proposal),
        "figures": [_figure(figure) for figure in figures_of(built.ruleset, proposal)],
        "bill": list(_bill_lines(bill, sees_own)),
        "currency": terms.currency,
        "list_minor": bill.list_total.minor,
        **({"net_minor": bill.total.minor} if sees_own else {}),
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "key": question.attribute.key,
        "kind": question.attribute.kind,
        "label": both(question.attribute.label),
        "unit": question.unit.en,
        "state": question.state,
        "value": question.value,
        "values": [option.value for option in question.options if option.possible],
        "ranges": [list(span) for span in question.ranges],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    label = both(figure.attribute.label)
    return {"key": figure.attribute.key, "label": label, "value": figure.value, "shown": both(figure.shown)}


def _bill_lines(bill: Bill, sees_own: bool) -> Iterable[dict[str, Any]]:
    for title, lines in bill.groups:
        for line in lines:
            own = {"unit_minor": line.product.unit_minor, "net_minor": line.total.minor} if sees_own else {}
            yield {
                "sku": line.line.sku,
                "name": {"en": line.product.name_en, "zh": line.product.name_zh},
                "quantity": line.line.quantity,
                "group": both(title),
                "list_unit_minor": line.product.list_minor,
                "list_minor": line.list_total.minor,
                **own,
            }

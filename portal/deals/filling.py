"""Writing the lines, totals and snapshot of a draft: the configuration as it stands at the prices of one day."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.catalog.pricing import UnitPrice
from portal.configurator.engine.results import BomLine, Impossible
from portal.configurator.engines import Engine, engine, proposal_of
from portal.configurator.language.repetition import member_key
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import Configuration
from portal.configurator.panel import PricedLine, bill_of, costs_of, label_of
from portal.configurator.queries import Terms, book_for, prices_of
from portal.configurator.upgrading_models import check_not_withdrawn
from portal.db import as_actor
from portal.deals.models import Quote, QuoteLine
from portal.errors import Conflict
from portal.money import Money, Priced, total
from portal.parties.models import Organisation, Party
from portal.policy import SYSTEM, Actor, OrganisationKind
from portal.words import N_


def fill(
    session: Session, actor: Actor, quote: Quote, configuration: Configuration, terms: Terms, *, today: date
) -> None:
    """Write lines, totals and snapshot from the configuration as it stands and the prices of `today`."""
    check_not_withdrawn(session, configuration.rule_revision_id)
    built = engine(session, configuration.rule_revision_id)
    priced = prices_of(session, actor, built, terms, today=today)
    try:
        proposal = proposal_of(built, configuration.choices, costs_of(priced))
    except Impossible:
        raise Conflict(N_("These choices contradict each other. Take one back.")) from None
    bill = bill_of(built.ruleset, proposal.lines, priced, quote.currency)
    if not bill.groups:
        raise Conflict(N_("This configuration contains nothing to quote yet."))
    session.execute(delete(QuoteLine).where(QuoteLine.quote_id == quote.id))
    flat = [(title, line) for title, lines in bill.groups for line in lines]
    rows = [_line(quote, position, title, line) for position, (title, line) in enumerate(flat, 1)]
    session.add_all(rows)
    sums = total(
        [Priced(row.quantity, Money(row.unit_minor, quote.currency), row.tax_bps) for row in rows], quote.currency
    )
    quote.list_minor = bill.list_total.minor
    quote.net_minor, quote.tax_minor, quote.gross_minor = sums.net.minor, sums.tax.minor, sums.gross.minor
    bought = [line.line for _, line in flat]
    assignment = dict(proposal.assignment)
    made = _snapshot(session, actor, built, configuration, assignment, terms, bought, priced, today=today)
    quote.snapshot = {**made, "terms": quote.snapshot.get("terms", {})}  # what a person wrote stays
    session.flush()


def _line(quote: Quote, position: int, title: Any, line: PricedLine) -> QuoteLine:
    product = line.product
    money = Priced(line.line.quantity, Money(product.unit_minor, quote.currency), quote.tax_bps)
    return QuoteLine(
        organisation_id=quote.organisation_id,
        quote_id=quote.id,
        position=position,
        group_en=title.en,
        group_zh=title.zh,
        product_id=product.product_id,
        sku=product.sku,
        maker=product.maker,
        name_en=product.name_en,
        name_zh=product.name_zh,
        invented=product.invented,
        quantity=line.line.quantity,
        list_unit_minor=product.list_minor,
        unit_minor=product.unit_minor,
        tax_bps=quote.tax_bps,
        list_minor=line.list_total.minor,
        net_minor=money.net.minor,
        tax_minor=money.tax.minor,
    )


def _snapshot(
    session: Session,
    actor: Actor,
    built: Engine,
    configuration: Configuration,
    assignment: dict[str, str | int],
    terms: Terms,
    bill: Sequence[BomLine],
    priced: Mapping[str, UnitPrice],
    *,
    today: date,
) -> dict[str, Any]:
    """Return everything the quote was made from, so that it can be read and checked without today's catalogue."""
    ruleset = built.ruleset
    sections = []
    for section in ruleset.sections:
        items = [(a, label_of(a, assignment[a.key])) for a in ruleset.asked(section.key, assignment)]
        sections.append(
            {
                "section_en": section.title.en,
                "section_zh": section.title.zh,
                "items": [
                    {"label_en": a.label.en, "label_zh": a.label.zh, "value_en": v.en, "value_zh": v.zh}
                    for a, v in items
                ],
            }
        )
    return {
        "choices": dict(configuration.choices),
        "assignment": assignment,
        "bill": [asdict(line) for line in bill],
        "members": [_members(ruleset, assignment, line) for line in bill],
        "rules": {
            "key": built.key,
            "number": built.number,
            "hash": built.content_hash,
            "title_en": ruleset.title.en,
            "title_zh": ruleset.title.zh,
        },
        "prices": {
            "book": book_for(actor, terms),
            "currency": terms.currency,
            "as_of": today.isoformat(),
            "hash": _price_hash(priced),
        },
        "assumptions": [
            {
                "label_en": s.label.en,
                "label_zh": s.label.zh,
                "value": s.shown,
                "unit": "" if s.unit == "count" else s.unit,
                "source": s.source,
            }
            for s in ruleset.settings
        ],
        "supplier": _supplier(session),
        "partner": {"name": terms.name, "name_en": terms.name_en, "address": terms.address},
        "configuration": sections,
    }


def _supplier(session: Session) -> dict[str, str]:
    with as_actor(session, SYSTEM):
        row = session.execute(
            select(Party.name, Party.name_en)
            .join(Organisation, Organisation.id == Party.id)
            .where(Organisation.kind == OrganisationKind.SUPPLIER.value)
            .order_by(Party.id)
            .limit(1)
        ).first()
    return {"name_zh": row[0], "name_en": row[1] or row[0]} if row else {}


def _price_hash(priced: Mapping[str, UnitPrice]) -> str:
    """Return the name of a set of prices by its content."""
    content = sorted((sku, price.list_minor, price.unit_minor, price.currency) for sku, price in priced.items())
    return sha256(json.dumps(content).encode()).hexdigest()


def _members(ruleset: RuleSet, assignment: Mapping[str, str | int], line: BomLine) -> dict[str, str]:
    """Return which members of a repeated group chose the product of a line; nothing for lines of the whole site."""
    key = next((known.product for known in ruleset.lines if known.key == line.rule), "")
    question = next((known for known in ruleset.attributes if known.key == key and known.group), None)
    if question is None:
        return {}
    group = next(known for known in ruleset.repeated if known.key == question.group)
    products = {value.key: value.sku for value in question.values}
    numbers = [
        str(member)
        for member in range(1, int(assignment.get(group.key, 0)) + 1)
        if products.get(str(assignment.get(member_key(group.key, member, key)))) == line.sku
    ]
    return {"en": f"{group.label.en} {', '.join(numbers)}", "zh": f"{group.label.zh} {'、'.join(numbers)}"}

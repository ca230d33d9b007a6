"""Which published rule sets offer a product: as the value of a question or as a line of the bill."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import RuleRevision
from portal.configurator.upgrading_models import not_withdrawn

KEPT = 16  # revisions whose products are remembered in this process


@dataclass(frozen=True, slots=True)
class Offering:
    """A rule set as people know it, and the numbers of all products that it may put on a bill."""

    key: str
    title_en: str
    title_zh: str
    skus: frozenset[str]


_known: OrderedDict[str, Offering] = OrderedDict()
_lock = Lock()


def rule_sets_offering(session: Session, sku: str, *, today: date) -> list[Offering]:
    """Return the rule sets whose newest revision in force names the product; a revision is read once a process."""
    newest = func.row_number().over(partition_by=RuleRevision.key, order_by=RuleRevision.number.desc()).label("newest")
    ranked = select(RuleRevision.id, RuleRevision.key, RuleRevision.content_hash, newest)
    in_effect = ranked.where(RuleRevision.effective_on <= today, not_withdrawn(RuleRevision.id))
    ranked_rows = in_effect.subquery()
    in_force = select(ranked_rows.c.id, ranked_rows.c.content_hash).where(ranked_rows.c.newest == 1)
    found = [_offering(session, *row) for row in session.execute(in_force.order_by(ranked_rows.c.key))]
    return [offering for offering in found if sku in offering.skus]


def _offering(session: Session, revision_id: int, content_hash: str) -> Offering:
    with _lock:
        if content_hash in _known:
            _known.move_to_end(content_hash)
            return _known[content_hash]
    content = session.scalars(select(RuleRevision.content).where(RuleRevision.id == revision_id)).one()
    made = _read(RuleSet.from_content(content))
    with _lock:
        _known[content_hash] = made
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return made


def _read(rules: RuleSet) -> Offering:
    values = {value.sku for attribute in rules.attributes for value in attribute.values if value.sku}
    lines = {line.sku for line in rules.lines if line.sku} | {extra.sku for extra in rules.accessories if extra.sku}
    return Offering(rules.key, rules.title.en, rules.title.zh, frozenset(values | lines))

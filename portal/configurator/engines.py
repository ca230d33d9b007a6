"""Compiled rule revisions, kept per process: a cache and never a state."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.configurator.engine.model import Value
from portal.configurator.engine.results import BomLine
from portal.configurator.engine.solver import Compiled, compile_rules
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import RuleRevision
from portal.errors import NotFound

KEPT = 8  # compiled revisions in memory; each takes a few megabytes
PROPOSALS = 256  # completions in memory: going from step to step asks for the same one again


@dataclass(frozen=True)
class Engine:
    """One published revision, ready to answer."""

    revision_id: int
    key: str
    number: int
    content_hash: str
    ruleset: RuleSet
    compiled: Compiled


@dataclass(frozen=True, slots=True)
class Proposal:
    """The choices completed, and the lines of the bill."""

    assignment: Mapping[str, Value]
    lines: tuple[BomLine, ...]


_engines: OrderedDict[int, Engine] = OrderedDict()
_proposals: OrderedDict[Any, Proposal] = OrderedDict()
_makings: dict[int, Lock] = {}
_lock = Lock()


def engine(session: Session, revision_id: int) -> Engine:
    """Return the engine of a published revision, made by one thread while others wait; raises NotFound."""
    found = _known(session, revision_id)
    if found is None:
        with _lock:
            making = _makings.setdefault(revision_id, Lock())
        with making:
            found = _known(session, revision_id) or _make(session, revision_id)
    return found


def _known(session: Session, revision_id: int) -> Engine | None:
    with _lock:
        known = _engines.get(revision_id)
        if known is None:
            return None
        _engines.move_to_end(revision_id)
    return known if _still_there(session, known) else None


def _make(session: Session, revision_id: int) -> Engine:
    revision = session.scalar(select(RuleRevision).where(RuleRevision.id == revision_id))
    if revision is None:
        raise NotFound
    made = _compile(revision.id, revision.key, revision.number, revision.content_hash, revision.content)
    with _lock:
        _engines[revision_id] = made
        while len(_engines) > KEPT:
            _engines.popitem(last=False)
    return made


def proposal_of(built: Engine, choices: Mapping[str, Value], costs: Mapping[str, int]) -> Proposal:
    """Return the completion of choices with its bill; raises Impossible when they contradict."""
    asked = (built.content_hash, frozenset(choices.items()), frozenset(costs.items()))
    with _lock:
        known = _proposals.get(asked)
        if known is not None:
            _proposals.move_to_end(asked)
            return known
    assignment = built.compiled.complete(choices, costs)
    found = Proposal(MappingProxyType(assignment), tuple(built.compiled.lines(assignment)))
    with _lock:
        _proposals[asked] = found
        while len(_proposals) > PROPOSALS:
            _proposals.popitem(last=False)
    return found


def _still_there(session: Session, known: Engine) -> bool:
    """Whether the id still names the same content: another database may have been opened in this process."""
    found = session.scalar(select(RuleRevision.content_hash).where(RuleRevision.id == known.revision_id))
    return found == known.content_hash


def _compile(revision_id: int, key: str, number: int, content_hash: str, content: Mapping[str, Any]) -> Engine:
    ruleset = RuleSet.from_content(dict(content))
    return Engine(revision_id, key, number, content_hash, ruleset, compile_rules(ruleset))

"""Whether two records are one party: names, codes, domains and phones together. Pure."""

from dataclasses import dataclass
from typing import Final

from portal.parties.identity.comparing import SURE, likeness

CODE_SAME, CODE_OTHER = 0.995, 0.01
EVIDENCE: Final = {"phone": 12.0, "domain": 8.0}  # by how much a shared one multiplies the odds
CONTRADICTED: Final = 0.6  # a group and its branches share phones and domains
CONTRADICTIONS: Final = frozenset({"branch", "group", "number", "region"})


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a party: names as written; codes, domains and phones in their one form."""

    names: tuple[str, ...]
    codes: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How probable it is that two records are one party; `why` is the word for what decided."""

    probability: float
    same: bool
    why: str


def same(left: Record, right: Record) -> Verdict:
    """Compare two records: a shared code decides, two different codes too; else names, then phones and domains."""
    if left.codes and right.codes:
        shared = bool(left.codes & right.codes)
        return Verdict(CODE_SAME if shared else CODE_OTHER, shared, "code")
    pairs = ((first, second) for first in left.names for second in right.names)
    probability, why = max((likeness(first, second) for first, second in pairs), default=(0.0, "name"))
    named = why
    for kind, here, there in (("phone", left.phones, right.phones), ("domain", left.domains, right.domains)):
        if here & there:
            odds = probability / (1 - probability) * EVIDENCE[kind]
            probability = odds / (1 + odds)
            why = kind if probability >= SURE and named == why else why
    if named in CONTRADICTIONS:
        probability = min(probability, CONTRADICTED)
    return Verdict(probability, probability >= SURE, why)


def same_name(left: str, right: str) -> Verdict:
    """Compare two names alone."""
    return same(Record((left,)), Record((right,)))

"""Looking after the fault tree: from rule files, and on screen."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.limits import bounded
from portal.policy import Actor, Permission, Reach
from portal.support.knowledge.fault_files import LineOfFile, ValueOfFile, value_key
from portal.support.knowledge.fault_models import (
    KNOWN_KINDS,
    LONGEST_MEANING,
    LONGEST_NAME,
    LONGEST_VALUE,
    LONGEST_WORDS,
    FaultType,
    KnownValue,
)
from portal.words import N_

NOT_A_WORD: Final = re.compile(r"[^a-z0-9]+")


def load_lines(session: Session, lines: Sequence[LineOfFile], *, now: datetime) -> int:
    """Add what is new in rule files and return how much; what is there already, perhaps edited on screen, stays."""
    rows = {row.key: row for row in session.scalars(select(FaultType))}
    added = 0
    for place, line in enumerate(lines):
        if line.line not in rows:
            rows[line.line] = _put(session, line.line, line.line, None, place, line.title.en, line.title.zh)
            added += 1
        for number, fault in enumerate(line.faults):
            if fault.key not in rows:
                parent = rows[fault.parent]
                rows[fault.key] = _put(
                    session, fault.key, line.line, parent.id, number, fault.name.en, fault.name.zh,
                    "\n".join(fault.words),
                )  # fmt: skip
                added += 1
        added += _load_values(session, line.line, line.values, rows)
    if added:
        record(session, rows[lines[0].line], "load faults", now=now, after={"added": added})
    return added


def _put(
    session: Session, key: str, line: str, parent_id: int | None, position: int, en: str, zh: str, words: str = ""
) -> FaultType:
    row = FaultType(
        key=key, line=line, parent_id=parent_id, position=position, name_en=en, name_zh=zh, words=words
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _load_values(session: Session, line: str, values: Sequence[ValueOfFile], faults: dict[str, FaultType]) -> int:
    query = select(KnownValue.kind, KnownValue.value_key).where(KnownValue.line == line)
    there = {(kind, key) for kind, key in session.execute(query)}
    new = [each for each in values if (each.kind, value_key(each.value)) not in there]
    for each in new:
        fault = faults.get(each.fault)
        session.add(
            KnownValue(
                line=line,
                kind=each.kind,
                value=each.value,
                value_key=value_key(each.value),
                meaning_en=each.meaning.en,
                meaning_zh=each.meaning.zh,
                fault_id=fault.id if fault else None,
            )
        )
    session.flush()
    return len(new)


def add_fault(
    session: Session, actor: Actor, parent: FaultType, *, name_en: str, name_zh: str, words: str, now: datetime
) -> FaultType:
    """Add a fault type below another one; its key is made from its English name and stays."""
    _check(actor, name_en, name_zh, words)
    stem = NOT_A_WORD.sub("_", f"{parent.line} {name_en}".casefold()).strip("_")[:36] or parent.line
    taken = set(session.scalars(select(FaultType.key).where(FaultType.key.startswith(stem, autoescape=True))))
    key = next(key for number in range(1, 10_000) if (key := stem if number == 1 else f"{stem}_{number}") not in taken)
    last = session.scalar(select(func.max(FaultType.position)).where(FaultType.line == parent.line))
    row = _put(session, key, parent.line, parent.id, (last or 0) + 1, name_en, name_zh, _lines(words))
    record(session, row, "add fault", now=now, after={"key": key, "name": name_en})
    return row


def change_fault(
    session: Session,
    actor: Actor,
    row: FaultType,
    *,
    name_en: str,
    name_zh: str,
    words: str,
    expected: int,
    now: datetime,
) -> None:
    """Rename a fault type and say how people call it."""
    _check(actor, name_en, name_zh, words)
    if row.version != expected:
        raise Conflict(N_("Somebody else saved this in between. Look at what changed and repeat your step."))
    before = {"name_en": row.name_en, "name_zh": row.name_zh, "words": row.words}
    row.name_en, row.name_zh, row.words = name_en, name_zh, _lines(words)
    session.flush()
    after: dict[str, Any] = {"name_en": name_en, "name_zh": name_zh, "words": row.words}
    record(session, row, "change fault", now=now, before=before, after=after)


def archive_fault(session: Session, actor: Actor, row: FaultType, *, gone: bool, now: datetime) -> None:
    """Offer a fault type no longer, or again; what names it goes on naming it."""
    _manages(actor)
    row.archived_at = now if gone else None
    session.flush()
    record(session, row, "archive" if gone else "restore fault", now=now)


def move_fault(session: Session, actor: Actor, row: FaultType, *, up: bool, now: datetime) -> None:
    """Let a fault type change places with its neighbour."""
    _manages(actor)
    mine = FaultType.parent_id == row.parent_id if row.parent_id else FaultType.parent_id.is_(None)
    siblings = list(session.scalars(select(FaultType).where(mine).order_by(FaultType.position, FaultType.id)))
    at = siblings.index(row)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(siblings):
        return
    siblings[at], siblings[other] = siblings[other], siblings[at]
    for position, each in enumerate(siblings):
        each.position = position
    session.flush()
    record(session, row, "move fault", now=now)


def add_value(
    session: Session,
    actor: Actor,
    line: FaultType,
    *,
    kind: str,
    value: str,
    meaning_en: str,
    meaning_zh: str,
    fault: str,
    now: datetime,
) -> KnownValue:
    """Make an error code or a firmware version known; one that is there already gets the new meaning."""
    _manages(actor)
    key = value_key(bounded(value, LONGEST_VALUE, field="value"))
    if kind not in KNOWN_KINDS or not key:
        raise Invalid(N_("Please fill this in."), field="value")
    bounded(meaning_en, LONGEST_MEANING, field="meaning_en")
    bounded(meaning_zh, LONGEST_MEANING, field="meaning_zh")
    told = session.scalar(select(FaultType.id).where(FaultType.key == fault, FaultType.line == line.line))
    here = (KnownValue.line == line.line, KnownValue.kind == kind, KnownValue.value_key == key)
    row = session.scalar(select(KnownValue).where(*here))
    if row is None:
        row = KnownValue(line=line.line, kind=kind, value=value, value_key=key)
        session.add(row)
    row.meaning_en, row.meaning_zh, row.fault_id, row.archived_at = meaning_en, meaning_zh, told, None
    session.flush()
    record(session, row, "know value", now=now, after={"value": value})
    return row


def forget_value(session: Session, actor: Actor, row: KnownValue, *, now: datetime) -> None:
    """Offer an error code or a version no longer."""
    _manages(actor)
    row.archived_at = now
    session.flush()
    record(session, row, "archive", now=now)


def known_value(session: Session, line: str, value_id: int) -> KnownValue:
    """Return one error code or version of a line; raises NotFound."""
    found = session.scalar(select(KnownValue).where(KnownValue.id == value_id, KnownValue.line == line))
    if found is None:
        raise NotFound
    return found


def _manages(actor: Actor) -> None:
    if actor.reach(Permission.FAULT_MANAGE) is not Reach.ALL:
        raise NotAllowed


def _check(actor: Actor, name_en: str, name_zh: str, words: str) -> None:
    _manages(actor)
    for field, name in (("name_en", name_en), ("name_zh", name_zh)):
        if not name.strip():
            raise Invalid(N_("The name in both languages is needed."), field=field)
        bounded(name, LONGEST_NAME, field=field)
    bounded(_lines(words), LONGEST_WORDS, field="words")


def _lines(words: str) -> str:
    """Return wordings one a line, each once."""
    return "\n".join(dict.fromkeys(filter(None, (line.strip() for line in words.splitlines()))))

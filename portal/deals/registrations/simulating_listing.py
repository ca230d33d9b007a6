"""A list of registrations that somebody uploads to try other rules out on: checked row by row before it is replayed."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deals.registrations.lifecycle import State
from portal.deals.registrations.places import site_key
from portal.deals.registrations.product_lines import LINES
from portal.deals.registrations.replaying_facts import Facts
from portal.deals.registrations.simulating_models import SimulationLine, SimulationRun
from portal.deals.registrations.simulating_past import Columns, past_of_columns
from portal.deals.registrations.simulating_reading import Names, Piece
from portal.errors import Invalid
from portal.formats import translations
from portal.money import LARGEST_MINOR, MINOR_DIGITS
from portal.parties.import_checks import Checked
from portal.parties.models import name_key
from portal.parties.tables import FORMULA, ROUNDED, Table
from portal.words import LOCALES, N_

TITLES: Final[Mapping[str, tuple[str, ...]]] = {  # the first two titles stand in the template, in either language
    "customer": ("Customer", "客户名称", "客户", "最终客户"),
    "partner": ("Partner", "合作伙伴", "伙伴"),
    "product_line": ("Product line", "产品线"),
    "site": ("Site", "站点", "项目地点"),
    "region": ("Region", "地区", "省份"),
    "value": ("Value", "金额", "项目金额"),
    "currency": ("Currency", "币种"),
    "submitted": ("Submitted", "提交日期", "提交时间"),
    "decided": ("Decided", "审批日期", "审批时间"),
    "decision": ("Decision", "审批结果"),
    "extended": ("Extended", "延期日期"),
    "ended": ("Ended", "结束日期"),
    "outcome": ("Outcome", "结果"),
}
NEEDED: Final = ("customer", "partner", "product_line", "submitted")
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "decision": {
        "approved": "approved", "通过": "approved", "refused": "rejected", "rejected": "rejected", "驳回": "rejected",
    },
    "outcome": {
        "won": "won", "赢单": "won", "成交": "won", "lost": "lost", "丢单": "lost", "失单": "lost",
        "withdrawn": "withdrawn", "撤回": "withdrawn", "converted": "converted", "已转化": "converted",
    },
}  # fmt: skip
LONGEST: Final = 400
PIECE: Final = 1000
_NUMBER: Final = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,4}))?")
_DAY: Final = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?)?"
)
NO_COLUMN: Final = N_("The list needs a column “%(title)s”; the first row holds the titles.")
NO_DATE: Final = N_("“%(text)s” is no date like 2026-01-31.")
UNKNOWN: Final = N_("“%(text)s” is not in the list of this field.")
COMPUTED: Final = N_("This cell would be computed by a spreadsheet; put its text there.")
EARLIER: Final = N_("This lies before the submission.")


def columns_of(table: Table) -> list[str | None]:
    """Return which column each title means, None for one nobody knows; raises Invalid when one is missing."""
    known = {_folded(title): key for key, names in TITLES.items() for title in (key, *names)}
    found = [known.get(_folded(title)) for title in table.titles]
    for key in NEEDED:
        if key not in found:
            raise Invalid(NO_COLUMN, field="file", title=TITLES[key][0])
    return [key if key not in found[:place] else None for place, key in enumerate(found)]


def _folded(title: str) -> str:
    return " ".join(title.casefold().replace("*", " ").split())


def check_rows(table: Table, today: date) -> list[Checked]:
    """Return all rows with what is wrong in each."""
    columns = columns_of(table)
    return [_check_row(line, columns, texts, today) for line, texts in table.rows]


def _check_row(line: int, columns: Sequence[str | None], texts: Sequence[str], today: date) -> Checked:
    row = Checked(line)
    for column, text in zip(columns, texts, strict=False):
        if column is None or not text:
            continue
        if text in (FORMULA, ROUNDED):
            row.wrong(column, COMPUTED)
        elif len(text) > LONGEST or not text.isprintable():
            row.wrong(column, N_("At most %(max)d characters."), max=LONGEST)
        else:
            _check_cell(row, column, text)
    for column in NEEDED:
        if column not in row.cells and not any(problem["column"] == column for problem in row.problems):
            row.wrong(column, N_("Please fill this in."))
    if not row.problems:
        _check_order(row, today)
    return row


def _check_cell(row: Checked, column: str, text: str) -> None:
    """Keep a cell as the replay reads it."""
    if column in ("submitted", "decided", "ended"):
        day = _instant(text)
        if day is None:
            row.wrong(column, NO_DATE, text=text[:40])
        row.cells[column] = day or ""
    elif column == "extended":
        days = [_instant(part) for part in re.split(r"[;,、，\s]+", text) if part]
        if None in days:
            row.wrong(column, NO_DATE, text=text[:40])
        row.cells[column] = ";".join(day for day in days if day)
    elif column in WORDS or column == "product_line":
        code = _lines().get(text.casefold()) if column == "product_line" else WORDS[column].get(text.casefold())
        if code is None:
            row.wrong(column, UNKNOWN, text=text[:40])
        row.cells[column] = code or ""
    elif column == "currency" and text.upper() not in MINOR_DIGITS:
        row.wrong(column, UNKNOWN, text=text[:40])
    elif column == "value" and not _NUMBER.fullmatch(text.replace(",", "")):
        row.wrong(column, N_("This is no amount of a project."))
    else:
        row.cells[column] = text.upper() if column == "currency" else text


def _lines() -> dict[str, str]:
    """Return the product lines by their key and by their names in both languages."""
    names = {translations(locale).gettext(label).casefold(): key for key, label in LINES.items() for locale in LOCALES}
    return {**{key: key for key in LINES}, **names}


def _instant(text: str) -> str | None:
    """Return a day, or an instant of it, in one form: 2026-01-31 or 2026-01-31T09:30; None for anything else."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    numbers = [int(part) for part in found.groups() if part is not None]
    try:
        at = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - the zone comes with the replay
    except ValueError:
        return None
    return at.isoformat(timespec="minutes") if len(numbers) > 3 else at.date().isoformat()


def _check_order(row: Checked, today: date) -> None:
    cells = row.cells
    for column in ("decided", "ended"):
        if cells.get(column) and cells[column][:10] < cells["submitted"][:10]:
            row.wrong(column, EARLIER)
    if cells["submitted"][:10] > today.isoformat():
        row.wrong("submitted", N_("This lies in the future."))
    if bool(cells.get("decided")) != bool(cells.get("decision")):
        row.wrong("decided", N_("Give the day and the result of the decision, or neither."))
    if bool(cells.get("ended")) != bool(cells.get("outcome")):
        row.wrong("ended", N_("Give the day and the outcome, or neither."))
    if (value := cells.get("value")) and _minor(value, cells.get("currency", "CNY")) > LARGEST_MINOR:
        row.wrong("value", N_("This is no amount of a project."))


def _minor(text: str, currency: str) -> int:
    found, digits = _NUMBER.fullmatch(text.replace(",", "")), MINOR_DIGITS[currency]
    assert found is not None
    return int(found[1] + (found[2] or "").ljust(digits, "0")[:digits])


def pasts_of(session: Session, run: SimulationRun, zone: str) -> Iterator[Piece]:
    """Return the sound rows of a list as one piece: its customers meet each other wherever they stand in it."""
    keys: dict[str, dict[str, int]] = defaultdict(dict)
    rows, numbers = list[Columns](), dict[int, tuple[str, Names]]()
    query = select(SimulationLine.line, SimulationLine.cells).where(
        SimulationLine.run_id == run.id, SimulationLine.state == "sound"
    )
    for line, cells in session.execute(query.order_by(SimulationLine.line)):
        rows.append(_columns(line, cells, keys, zone))
        numbers[line] = str(line), (cells["customer"][:200], None)
    if rows:
        pasts = [past_of_columns(row) for row in rows]
        yield Piece(pasts, (), numbers, (), frozenset(), is_stored=False)


def _columns(line: int, cells: Mapping[str, Any], keys: dict[str, dict[str, int]], zone: str) -> Columns:
    customers, partners = keys["customer"], keys["partner"]
    customer = customers.setdefault(name_key(cells["customer"]), len(customers) + 1)
    partner = partners.setdefault(name_key(cells["partner"]), len(partners) + 1)
    currency = cells.get("currency") or "CNY"
    value = _minor(cells["value"], currency) if cells.get("value") else None
    site = site_key(cells.get("site", ""))
    facts = Facts(customer, customer, cells["product_line"], site, value, currency, cells.get("region", ""))
    submitted = _at(cells["submitted"], zone)
    decided = _at(cells["decided"], zone) if cells.get("decided") else None
    ended = _at(cells["ended"], zone) if cells.get("ended") else None
    if decided is not None:
        decided = max(decided, submitted)
    approved = cells.get("decision") == "approved" and decided is not None
    outcome = cells.get("outcome", "")
    return Columns(
        line, partner, facts, outcome or State.SUBMITTED, submitted, decided,
        protected_from=decided.date() if approved and decided else None,
        withdrawn_at=ended if outcome == State.WITHDRAWN else None, updated_at=ended,
        extended_at=tuple(_at(day, zone) for day in (cells.get("extended") or "").split(";") if day),
    )  # fmt: skip


def _at(text: str, zone: str) -> datetime:
    """Return an instant; a day alone means its noon, in the middle of working hours."""
    day = datetime.fromisoformat(text)
    local = day if "T" in text else datetime.combine(day.date(), time(12))
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)

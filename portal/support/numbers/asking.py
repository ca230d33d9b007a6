"""What an address of the numbers asks for: days, and of what; nonsense falls back to everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from portal.support.knowledge import faults
from portal.support.numbers import reading
from portal.support.numbers.counting import AGES
from portal.support.numbers.listing import ON, Wanted
from portal.support.numbers.periods import Period, Span
from portal.support.numbers.reading import Scope
from portal.support.tickets import desk
from portal.support.tickets.desk_models import Queue
from portal.support.tickets.triage import CHANNELS, PRIORITIES

LONGEST: Final = timedelta(days=400)  # that a list goes back from its last day
Args = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page shows, and what its filter shows as chosen."""

    period: Period
    scope: Scope
    line: str
    queue: str
    organisation: tuple[int, str, str, str] | None
    typed: str  # of an organisation, when it is not a whole name
    found: Sequence[tuple[int, str, str, str]]
    queues: Sequence[Queue]
    tree: faults.Tree

    @property
    def way(self) -> dict[str, Any]:
        """Return what addresses of the same view carry, but for the days."""
        chosen = {
            "line": self.line,
            "queue": self.queue,
            "organisation": self.organisation[1] if self.organisation else "",
        }
        return {name: value for name, value in chosen.items() if value}


def asked(session: Session, args: Args, today: date) -> Asked:
    """Return what the address asks for."""
    tree, queues = faults.types(session), desk.queues(session)
    line = args.get("line", "")
    line = line if any(each.key == line for each in tree.lines()) else ""
    queue = next((each for each in queues if each.public_id == args.get("queue")), None)
    typed = " ".join(args.get("name", "").replace("\x00", "").split())[:100]
    found = reading.organisations(session, typed) if typed else []
    one = reading.organisation(session, args.get("organisation", "")[:20].replace("\x00", ""))
    one = found[0] if len(found) == 1 else one if not typed else None
    scope = Scope(line, queue.id if queue else 0, one[0] if one else 0)
    period = Period.read(args.get("period", ""), today)
    return Asked(period, scope, line, queue.public_id if queue else "", one, typed, found, queues, tree)


def of_everything(period: str, today: date) -> Asked:
    """Return a view of everything."""
    return Asked(Period.read(period, today), Scope(), "", "", None, "", (), (), faults.Tree({}, {}))


def span_of(args: Args, period: Period, today: date) -> Span:
    """Return the days that a list is of: those that the address names, else the period."""
    begins, ends = _day(args.get("from", "")), _day(args.get("to", ""))
    if begins is None or ends is None or begins > ends:
        return period.span
    ends = min(ends, today)
    return Span(max(min(begins, ends), ends - LONGEST), ends)


def wanted_of(args: Args, span: Span, scope: Scope) -> Wanted:
    """Return which tickets a list is of."""
    what, band, points = args.get("show", ""), args.get("age", ""), args.get("points", "")
    what = what if what in ON else "tickets"
    channel, priority, kept = args.get("channel", ""), args.get("priority", ""), args.get("kept", "")
    timed = what in ("answered", "solved")
    return Wanted(
        what,
        span,
        scope,
        channel=channel if what == "contacts" and channel in CHANNELS else "",
        priority=priority if timed and priority in PRIORITIES else "",
        kept={"1": True, "0": False}.get(kept) if timed else None,
        points=int(points) if what == "rated" and points in ("1", "2", "3", "4", "5") else 0,
        band=int(band) if what == "open" and band in map(str, AGES) else None,
        after=args.get("after", "")[:400],
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day < date(2100, 1, 1) else None


def way_of(wanted: Wanted) -> dict[str, Any]:
    """Return what the address of a list of tickets says beside the view."""
    chosen: dict[str, Any] = {
        "show": wanted.what, "from": wanted.span.begins, "to": wanted.span.ends, "channel": wanted.channel,
        "priority": wanted.priority, "points": wanted.points or "", "age": "" if wanted.band is None else wanted.band,
        "kept": "" if wanted.kept is None else int(wanted.kept),
    }  # fmt: skip
    return {name: value for name, value in chosen.items() if value != ""}

"""Reading the counts of days: as they were kept, or those of one organisation, counted from its own tickets."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from portal.dates import business_date
from portal.db import as_actor
from portal.parties.models import Organisation, Party
from portal.policy import SYSTEM
from portal.support.knowledge.models import Article
from portal.support.matching.models import Deflection
from portal.support.numbers.counting import band_of, counts_of, open_days
from portal.support.numbers.models import EVERY_LINE, EVERY_QUEUE, SupportDay, TicketFacts
from portal.support.numbers.periods import Span
from portal.support.numbers.recounting import COUNTED, midnights
from portal.support.phone.models import Call

Days = Mapping[date, Counter[str]]
MOST_FOUND = 8


@dataclass(frozen=True, slots=True)
class Scope:
    """Of what the numbers are: everything, or one line, queue or organisation; 0 and "" mean every one."""

    line: str = ""
    queue_id: int = 0
    organisation_id: int = 0

    @property
    def has_calls(self) -> bool:
        """Return whether telephone calls belong to it: they name neither line nor queue."""
        return not self.line and not self.queue_id

    @property
    def has_deflections(self) -> bool:
        """Return whether those who helped themselves belong to it: they stood in no queue."""
        return not self.queue_id

    def tickets(self) -> list[ColumnElement[bool]]:
        """Return the conditions on facts of tickets."""
        found: list[ColumnElement[bool]] = []
        if self.line:
            found.append(TicketFacts.product_line == self.line)
        if self.queue_id:
            found.append(TicketFacts.queue_id == self.queue_id)
        if self.organisation_id:
            mine = (TicketFacts.organisation_id, TicketFacts.partner_organisation_id)
            found.append(or_(*(each == self.organisation_id for each in mine)))
        return found

    def deflections(self) -> list[ColumnElement[bool]]:
        """Return the conditions on deflections."""
        found: list[ColumnElement[bool]] = []
        if self.line:
            found.append(Deflection.product_line == self.line)
        if self.organisation_id:
            found.append(Deflection.organisation_id == self.organisation_id)
        return found


def days_of(session: Session, scope: Scope, span: Span, zone: str) -> Days:
    """Return the counts of each of these days; a day on which nothing happened has none."""
    if scope.organisation_id:
        return _counted_now(session, scope, span, zone)
    place = (
        SupportDay.product_line == (scope.line or EVERY_LINE),
        SupportDay.queue_id == (scope.queue_id or EVERY_QUEUE),
    )
    within = (SupportDay.day >= span.begins, SupportDay.day <= span.ends)
    query = select(SupportDay.day, SupportDay.counts).where(*place, *within)
    return defaultdict(Counter, {day: Counter(counts) for day, counts in session.execute(query)})


def _counted_now(session: Session, scope: Scope, span: Span, zone: str) -> Days:
    """Count the tickets of one organisation that were alive since the first of these days: they are few."""
    found: dict[date, Counter[str]] = defaultdict(Counter)
    alive = select(*COUNTED).where(*scope.tickets(), TicketFacts.last_on >= span.begins)
    for facts in session.execute(alive):
        for day, key in counts_of(facts):
            if span.begins <= day <= span.ends:
                found[day][key] += 1
        for day in open_days(max(facts.opened_on, span.begins), facts.ended_on, span.ends):
            found[day][f"open:{band_of((day - facts.opened_on).days)}"] += 1
    if scope.has_deflections:
        _add_deflections(session, scope, span, found)
    if scope.has_calls:
        begins, over = midnights(span.begins, span.ends, zone)
        theirs = (Call.party_id == scope.organisation_id, Call.at >= begins, Call.at < over)
        for at in session.scalars(select(Call.at).where(*theirs)):
            found[business_date(at, zone)]["call"] += 1
    return found


def _add_deflections(session: Session, scope: Scope, span: Span, found: dict[date, Counter[str]]) -> None:
    columns = (Deflection.day, Deflection.state, Deflection.case_kind, Deflection.case_id)
    within = (Deflection.day >= span.begins, Deflection.day <= span.ends)
    query = select(*columns, func.count()).where(*scope.deflections(), *within).group_by(*columns)
    for day, state, kind, case_id, count in session.execute(query):
        found[day][f"deflected:{state}"] += count
        if kind == "article":
            found[day][f"article:{state}:{case_id}"] += count


def titles(session: Session, ids: Iterable[int]) -> dict[int, tuple[str, str, str]]:
    """Return public id and both titles of the articles that the actor may see."""
    columns = (Article.id, Article.public_id, Article.title_en, Article.title_zh)
    return {
        row[0]: (row[1], row[2], row[3]) for row in session.execute(select(*columns).where(Article.id.in_(set(ids))))
    }


def organisation(session: Session, public_id: str) -> tuple[int, str, str, str] | None:
    """Return id, public id and both names of an organisation with an account."""
    found = _organisations(session, Party.public_id == public_id, 1) if public_id else []
    return found[0] if found else None


def organisations(session: Session, name: str) -> list[tuple[int, str, str, str]]:
    """Return some organisations whose name holds these words."""
    holds = (each.icontains(name, autoescape=True) for each in (Party.name, Party.name_en))
    return _organisations(session, or_(*holds), MOST_FOUND)


def _organisations(session: Session, where: ColumnElement[bool], most: int) -> list[tuple[int, str, str, str]]:
    columns = (Party.id, Party.public_id, Party.name, Party.name_en)
    served = (Organisation.kind != "supplier", where)
    query = select(*columns).join(Organisation, Organisation.id == Party.id).where(*served)
    with as_actor(session, SYSTEM):
        return [
            (row[0], row[1], row[2], row[3])
            for row in session.execute(query.order_by(Party.name, Party.id).limit(most))
        ]

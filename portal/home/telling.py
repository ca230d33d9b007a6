"""Notices by mail: at once or in the mail of the morning, as each person wants it, each once and only after the commit.

The texts are written when the mail is, on behalf of whom it is for: what he may not see any more stays out of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.config import Settings
from portal.db import as_actor
from portal.formats import translations
from portal.home.notices import sentence
from portal.home.reach import out_of_reach
from portal.notify.mail import send_mail
from portal.notify.models import Notice
from portal.notify.operations import KIND
from portal.notify.queries import NoticeLine, way_of
from portal.notify.topics import OWN_MAIL, Way
from portal.outbox import Handler, Job, enqueue
from portal.parties.models import Organisation
from portal.policy import Actor, OrganisationKind, Role, grants_of
from portal.support.mailing import outgoing
from portal.words import N_

DIGEST_KIND: Final = "notice_digest"
MORNING: Final = time(7, 30)  # on the clock of whom the mail is for
AT_ONE_GO: Final = 50  # people of one sweep
MOST_LINES: Final = 20  # of a mail; the rest is counted
MOST_READ: Final = 200  # notices that a mail of the morning looks at
WAYS_PAGE: Final = "/inbox/settings"
GONE: Final = N_("News about something that you cannot see any more.")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Whom a mail is for, as he is when it is written."""

    public_id: str
    name: str
    email: str
    locale: str
    zone: str
    actor: Actor


def handlers(settings: Settings) -> dict[str, Handler]:
    """Return how the worker brings notices to people."""

    def one(session: Session, job: Job, _result: None, now: datetime) -> None:
        _bring(session, settings, job, now)

    def digest(session: Session, job: Job, _result: None, now: datetime) -> None:
        _bring_digest(session, settings, job, now)

    return {
        KIND: Handler(run=lambda _job: None, finish=one),
        DIGEST_KIND: Handler(run=lambda _job: None, finish=digest),
    }


def next_morning(now: datetime, zone: str) -> datetime:
    """Return when the next mail of the morning leaves for somebody who lives in `zone`."""
    place = ZoneInfo(zone)
    here = now.astimezone(place)
    day = here.date() if here.time() < MORNING else here.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, place).astimezone(UTC)


def mornings(session: Session, *, now: datetime) -> int:
    """Ask for the mails of the morning that are due; return for how many people. Every notice is taken once."""
    due = select(Notice.person_id).where(Notice.digest_at <= now).group_by(Notice.person_id).limit(AT_ONE_GO)
    people = session.scalars(due).all()
    for person_id in people:
        mine = (Notice.person_id == person_id, Notice.digest_at <= now)
        taken = session.scalars(update(Notice).where(*mine).values(digest_at=None).returning(Notice.id)).all()
        if taken:
            newest = sorted(taken)[-MOST_READ:]
            enqueue(session, DIGEST_KIND, {"person": person_id, "notices": newest, "count": len(taken)}, now=now)
    return len(people)


def _bring(session: Session, settings: Settings, job: Job, now: datetime) -> None:
    """Send a mail about one notice, or put it aside for the morning; what was read meanwhile needs neither."""
    notice = session.scalar(select(Notice).where(Notice.public_id == job.payload["notice"]))
    reader = _reader(session, notice.person_id) if notice is not None and notice.read_at is None else None
    if notice is None or reader is None:
        return
    way = way_of(session, notice.person_id, notice.kind)
    if way is Way.DIGEST:
        notice.digest_at = next_morning(now, reader.zone)
    if way is not Way.AT_ONCE or notice.kind in OWN_MAIL or not (text := _texts(session, reader, [notice])[0]):
        return
    params: dict[str, Any] = {"name": reader.name, "text": text, "link": f"{settings.base_url}{notice.path}"}
    with as_actor(session, reader.actor):
        more = outgoing.about(
            session, settings, notice.path, reader.public_id, kind=notice.kind, since=notice.created_at
        )
    template = "notice" if more is None else "ticket_notice"
    if more is not None:
        params |= {"said": more.said, "mark": more.mark}
    key = f"notice-{notice.public_id}"
    _mail(session, settings, reader, template, params, key, now, reply_to=more.reply_to if more else "")


def _bring_digest(session: Session, settings: Settings, job: Job, now: datetime) -> None:
    """Send the mail of a morning with what is still unread and still to be seen, the newest first."""
    reader = _reader(session, job.payload["person"])
    if reader is None:
        return
    unread = select(Notice).where(Notice.id.in_(job.payload["notices"]), Notice.read_at.is_(None))
    notices = session.scalars(unread.order_by(Notice.id.desc())).all()
    seen = [(notice, text) for notice, text in zip(notices, _texts(session, reader, notices), strict=True) if text]
    if not seen:
        return
    lines = [{"text": text, "link": f"{settings.base_url}{notice.path}"} for notice, text in seen[:MOST_LINES]]
    count = len(seen) + job.payload["count"] - len(job.payload["notices"])
    params = {
        "name": reader.name,
        "count": count,
        "more": count - len(lines),
        "lines": lines,
        "link": f"{settings.base_url}/inbox",
    }
    _mail(session, settings, reader, "notices", params, f"digest-{job.public_id}", now)


def _mail(
    session: Session,
    settings: Settings,
    reader: _Reader,
    template: str,
    params: Any,
    key: str,
    now: datetime,
    *,
    reply_to: str = "",
) -> None:
    send_mail(
        session,
        to=reader.email,
        template=template,
        params={**params, "settings": f"{settings.base_url}{WAYS_PAGE}"},
        locale=reader.locale,
        now=now,
        dedupe_key=key,
        time_zone=reader.zone,
        reply_to=reply_to,
    )


def _texts(session: Session, reader: _Reader, notices: Sequence[Notice]) -> list[str]:
    """Return what notices say in the reader's language; nothing where he may not see the thing any more."""
    with as_actor(session, reader.actor):
        gone = out_of_reach(session, [notice.path for notice in notices])
    return ["" if each.path in gone else sentence(each.kind, each.params, reader.locale) for each in notices]


def lines_of(session: Session, rows: Sequence[Row[*NoticeLine]], locale: str) -> list[tuple[Row[*NoticeLine], str]]:
    """Return the reader's own notices with what they say; of what he may not see any more only that it was there."""
    gone = out_of_reach(session, [row.path for row in rows])
    hidden = translations(locale).gettext(GONE)
    return [(row, hidden if row.path in gone else sentence(row.kind, row.params, locale)) for row in rows]


def _reader(session: Session, person_id: int) -> _Reader | None:
    """Return somebody with what he may do now; None for whoever cannot sign in any more."""
    roles = (
        select(func.aggregate_strings(PersonRole.role, ","))
        .where(PersonRole.person_id == Person.id)
        .correlate(Person)
        .scalar_subquery()
    )
    query = (
        select(
            Person.name, Person.email, Person.locale, Person.time_zone, Organisation.id, Organisation.kind, roles,
            Person.public_id,
        )
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.id == person_id, Person.disabled_at.is_(None), Organisation.archived_at.is_(None))
    )  # fmt: skip
    row = session.execute(query).first()
    if row is None:
        return None
    held = [Role(role) for role in (row[6] or "").split(",") if role]
    actor = Actor(person_id=person_id, organisation_id=row[4], grants=grants_of(OrganisationKind(row[5]), held))
    return _Reader(row[7], row[0], row[1], row[2], row[3], actor)

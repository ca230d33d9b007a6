"""Mails about what was shared and said: written by the worker, after the commit, in each receiver's language."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from portal.config import Settings
from portal.notify.mail import send_mail
from portal.notify.queries import wanting_mail
from portal.outbox import Handler, Job
from portal.sharing.models import Comment, Share
from portal.sharing.receivers import Receiver, people_of, people_with, person_now
from portal.words import params_in

KIND: Final = "share_news"
COMMENT_KIND: Final = "comment_news"
NOTICES: Final = {"shared": "shared_view", "commented": "comment"}  # the kind whose way of telling a mail follows
PATHS: Final = {"configuration": "/configurations/{}"}


def path_of(kind: str, public_id: str) -> str:
    """Return where a thing is, relative to the portal's address."""
    return PATHS[kind].format(public_id)


def handlers(settings: Settings) -> dict[str, Handler]:
    """Return how the worker tells of shares and comments."""

    def shared(session: Session, job: Job, _result: None, now: datetime) -> None:
        """One mail to each who can open it; none when it was revoked meanwhile."""
        made = session.get(Share, int(job.payload["share"]))
        if made is not None and made.revoked_at is None:
            more: dict[str, str | int] = {"message": made.message, "may_edit": int(made.access == "edit")}
            _mail(session, settings, job, _receivers(session, made), "shared", more, f"share-{made.id}", now)

    def said(session: Session, job: Job, _result: None, now: datetime) -> None:
        """One mail to each whom it concerns; none when it was withdrawn meanwhile."""
        comment = session.get(Comment, int(job.payload["comment"]))
        if comment is not None and comment.withdrawn_at is None:
            people = people_with(session, list(job.payload["people"]))
            _mail(session, settings, job, people, "commented", {"body": comment.body}, f"comment-{comment.id}", now)

    return {
        KIND: Handler(run=lambda _job: None, finish=shared),
        COMMENT_KIND: Handler(run=lambda _job: None, finish=said),
    }


def _mail(
    session: Session,
    settings: Settings,
    job: Job,
    people: Sequence[Receiver],
    template: str,
    more: Mapping[str, str | int],
    key: str,
    now: datetime,
) -> None:
    link = f"{settings.base_url}{job.payload['path']}"
    wanted = wanting_mail(session, [person.id for person in people], NOTICES[template])
    for person in (one for one in people if one.id in wanted):
        said = params_in(person.locale, job.payload["params"])
        params: dict[str, Any] = {**said, **more, "receiver": person.name, "link": link}
        send_mail(
            session,
            to=person.email,
            template=template,
            params=params,
            locale=person.locale,
            now=now,
            dedupe_key=f"{key}-{person.id}",
        )


def _receivers(session: Session, made: Share) -> Sequence[Receiver]:
    if made.with_organisation_id is not None:
        return people_of(session, made.with_organisation_id)
    assert made.with_person_id is not None
    person = person_now(session, made.with_person_id)
    return [person] if person is not None and person.organisation_id == made.person_organisation_id else []

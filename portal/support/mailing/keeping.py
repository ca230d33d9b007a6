"""How long mails are kept as they came: as evidence of who wrote what, and then no longer."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.files.models import Upload
from portal.history import record
from portal.parameters.queries import values
from portal.support.mailing.models import MailIn

MOST: Final = 200  # at once
log: Final = structlog.get_logger("portal.mail")


def forget(session: Session, *, now: datetime) -> int:
    """Take away originals that were kept long enough; return how many. The session acts for the house.

    Their content is erased some days later, as that of every file which was taken away; what was read of a mail stays
    in its ticket.
    """
    days = values(session)["ticket.mail_days"]
    old = (
        Upload.thing_kind == MailIn.__tablename__,
        Upload.removed_at.is_(None),
        Upload.created_at < now - timedelta(days=days),
    )
    query = select(Upload).where(*old).order_by(Upload.created_at, Upload.id).limit(MOST)
    rows = session.scalars(query.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()
    for row in rows:
        row.removed_at = now
        record(session, row, "remove upload", now=now, before={"name": row.name}, after={"kept_days": days})
    if rows:
        log.info("original mails taken away", mails=len(rows), older_than_days=days)
    return len(rows)

"""Rate limits as rows, so that every web process counts the same."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select
from sqlalchemy.orm import Session

from portal.accounts.models import Throttle
from portal.db import insert_into
from portal.errors import TooMany
from portal.words import N_


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `uses` in a window."""

    uses: int
    window: timedelta


SIGN_IN_PAIR = Limit(10, timedelta(minutes=15))  # wrong passwords for one account from one address
SIGN_IN_DEVICE = Limit(10, timedelta(minutes=15))  # the same from a device the person has used before
SIGN_IN_ACCOUNT = Limit(100, timedelta(hours=1))  # for one account from everywhere
SIGN_IN_ADDRESS = Limit(100, timedelta(minutes=15))  # from one address over all accounts
CURRENT_PASSWORD = Limit(10, timedelta(minutes=15))  # wrong ones, typed to set another: whoever found a device unlocked
RESET_ACCOUNT = Limit(3, timedelta(hours=1))
RESET_ADDRESS = Limit(30, timedelta(hours=1))
INVITATIONS = Limit(50, timedelta(days=1))  # per person who invites


def key_of(kind: str, *parts: object) -> str:
    """Return a key that tells nobody whose it is."""
    return f"{kind}:{hashlib.sha256(repr(parts).encode()).hexdigest()[:40]}"


def refuse_when_used_up(session: Session, key: str, limit: Limit, *, now: datetime) -> None:
    """Raise TooMany when `key` has no use left in its window."""
    row = session.scalar(select(Throttle).where(Throttle.key == key))
    if row is not None and row.window_ends_at > now and row.uses >= limit.uses:
        seconds = int((row.window_ends_at - now).total_seconds()) + 1
        message = N_("Too many attempts. Try again in %(minutes)s minutes.")
        raise TooMany(message, retry_after=seconds, minutes=seconds // 60 + 1)


def count(session: Session, key: str, limit: Limit, *, now: datetime) -> None:
    """Count one use of `key`."""
    new = insert_into(session, Throttle).values(key=key, uses=1, window_ends_at=now + limit.window)
    over = Throttle.window_ends_at <= now
    session.execute(
        new.on_conflict_do_update(
            index_elements=[Throttle.key],
            set_={
                "uses": case((over, 1), else_=Throttle.uses + 1),
                "window_ends_at": case((over, new.excluded.window_ends_at), else_=Throttle.window_ends_at),
            },
        )
    )


def forget(session: Session, *keys: str) -> None:
    """Forget the uses of `keys`, after a success."""
    session.execute(delete(Throttle).where(Throttle.key.in_(keys)))


def sweep(session: Session, *, now: datetime) -> None:
    """Remove windows that are over."""
    session.execute(delete(Throttle).where(Throttle.window_ends_at < now))

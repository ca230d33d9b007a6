"""Making, revoking and recognising tokens."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from portal.accounts import throttles
from portal.accounts.throttles import Limit
from portal.accounts.tokens import hash_of
from portal.api.models import ApiToken
from portal.api.scopes import OFFERED, grants_of_scopes
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.parties.models import Organisation
from portal.policy import Actor, OrganisationKind, Permission, allows
from portal.words import N_

BEGINS: Final = "portal_"
PREFIX_LENGTH: Final = len(BEGINS) + 8
LONGEST_SECRET: Final = 100
LIVES: Final = (30, 90, 365)  # days
MOST: Final = 50  # tokens of an organisation that are neither revoked nor over
REQUESTS: Final = Limit(600, timedelta(minutes=1))
TOUCHED: Final = timedelta(minutes=1)  # how exactly the last use is known


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who asks by a live token."""

    token_id: int
    prefix: str
    scopes: frozenset[str]
    actor: Actor


def make_token(
    session: Session, actor: Actor, *, name: str, scopes: Collection[str], days: int, now: datetime
) -> tuple[ApiToken, str]:
    """Make a token of the actor's organisation; return it with its secret, which nobody can read again."""
    if not actor.can(Permission.TOKEN_MANAGE) or actor.organisation_id is None:
        raise NotAllowed
    kind = session.scalars(select(Organisation.kind).where(Organisation.id == actor.organisation_id)).one()
    known = [scope.value for scope in OFFERED[OrganisationKind(kind)] if scope.value in scopes]
    if not known or len(known) != len(set(scopes)):
        raise Invalid(N_("Choose at least one thing that the token may do."), field="scopes")
    if days not in LIVES:
        raise Invalid(N_("Choose one of the values shown."), field="days")
    live = (ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
    if (session.scalar(select(func.count()).select_from(ApiToken).where(*live)) or 0) >= MOST:
        raise Conflict(N_("There are %(most)d tokens already; revoke one that is not used."), most=MOST)
    secret = BEGINS + secrets.token_urlsafe(32)
    token = ApiToken(
        organisation_id=actor.organisation_id,
        name=name,
        prefix=secret[:PREFIX_LENGTH],
        token_hash=hash_of(secret),
        scopes=known,
        created_by_id=actor.person_id,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    after = {"name": name, "prefix": token.prefix, "scopes": known, "days": days}
    record(session, token, "make token", now=now, after=after)
    return token, secret


def revoke_token(session: Session, actor: Actor, token: ApiToken, *, now: datetime) -> None:
    """Make a token worthless from its next request on; a second time changes nothing."""
    if not allows(actor, Permission.TOKEN_MANAGE, token):
        raise NotAllowed
    if token.revoked_at is None:
        token.revoked_at = now
        record(session, token, "revoke token", now=now, after={"prefix": token.prefix})


def tokens(session: Session) -> Sequence[ApiToken]:
    """Return the newest tokens that the actor may see."""
    return session.scalars(select(ApiToken).order_by(ApiToken.id.desc()).limit(2 * MOST)).all()


def token(session: Session, public_id: str) -> ApiToken:
    """Return one token that the actor may see."""
    found = session.scalar(select(ApiToken).where(ApiToken.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def bearer_of(session: Session, secret: str, *, now: datetime) -> Bearer | None:
    """Return who asks by a secret, None for what opens nothing. Runs as the house, and reads only."""
    query = (
        select(ApiToken.id, ApiToken.prefix, ApiToken.scopes, ApiToken.organisation_id, Organisation.kind)
        .join(Organisation, Organisation.id == ApiToken.organisation_id)
        .where(
            ApiToken.token_hash == hash_of(secret),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now,
            Organisation.archived_at.is_(None),
        )
    )
    row = session.execute(query).first()
    if row is None:
        return None
    kind = OrganisationKind(row.kind)
    scopes = frozenset(scope.value for scope in OFFERED[kind]).intersection(row.scopes)
    actor = Actor(person_id=None, organisation_id=row.organisation_id, grants=grants_of_scopes(scopes, kind))
    return Bearer(row.id, row.prefix, scopes, actor)


def count_request(session: Session, bearer: Bearer, *, now: datetime) -> None:
    """Note that a token was used; raises TooMany when it asked too often. Runs as the house."""
    key = throttles.key_of("api", bearer.token_id)
    throttles.refuse_when_used_up(session, key, REQUESTS, now=now)
    throttles.count(session, key, REQUESTS, now=now)
    long_ago = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < now - TOUCHED)
    session.execute(update(ApiToken).where(ApiToken.id == bearer.token_id, long_ago).values(last_used_at=now))

"""What the receiver gets a copy of, or may look at, because the original stays with the giver."""

from datetime import date, datetime

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session, aliased

from portal.configurator.models import Configuration
from portal.deals.resale_models import Resale, ResaleLine
from portal.deals.resale_operations import KEPT_BY_REVISIONS
from portal.deals.transfers.gathering import keys_of
from portal.deals.transfers.preview import Plan
from portal.parties.keeping import Moves
from portal.sharing.models import Share

SAME_SUMS = ("net_minor", "tax_minor", "gross_minor")


def copy_offers(session: Session, seen: Plan, moves: Moves, *, now: datetime, today: date) -> None:
    """Let the receiver have a draft of each offer that counts: issued, not over, and not being revised."""
    draft = aliased(Resale)
    counts = and_(
        Resale.organisation_id == seen.wish.giver_id, Resale.state == "issued", Resale.valid_until >= today,
        ~exists().where(draft.predecessor_id == Resale.id),
    )  # fmt: skip
    for (key,) in keys_of(session.connection(), Resale, Resale.quote_id, seen.gathered.ids("quote"), counts):
        offer = session.get_one(Resale, key)
        columns = {name: getattr(offer, name) for name in (*KEPT_BY_REVISIONS, *SAME_SUMS) if name != "number"}
        columns |= {"organisation_id": seen.receiver.organisation_id, "quote_id": offer.quote_id, "snapshot": {}}
        copy = Resale(**columns, created_by_id=seen.receiver.id, created_at=now, updated_at=now)
        session.add(copy)
        session.flush()
        moves.made.setdefault("resale", []).append([copy.id])
        _copy_lines(session, offer, copy, moves)


def _copy_lines(session: Session, offer: Resale, copy: Resale, moves: Moves) -> None:
    kept = [column.key for column in ResaleLine.__table__.columns if column.key not in ("id", "resale_id")]
    lines = session.scalars(select(ResaleLine).where(ResaleLine.resale_id == offer.id).order_by(ResaleLine.position))
    for line in lines.all():
        values = {name: getattr(line, name) for name in kept}
        written = ResaleLine(**{**values, "organisation_id": copy.organisation_id}, resale_id=copy.id)
        session.add(written)
        session.flush()
        moves.made.setdefault("resale_line", []).append([written.id])


def lend(session: Session, seen: Plan, moves: Moves, *, now: datetime) -> None:
    """Let the receiver look at configurations that papers of his name and that the giver needs for others too."""
    receiver = seen.receiver.organisation_id
    for thing_id in seen.gathered.lent:
        live = (Share.kind == Configuration.__tablename__, Share.thing_id == thing_id, Share.revoked_at.is_(None))
        if session.scalar(select(Share.id).where(*live, Share.with_organisation_id == receiver)) is not None:
            continue
        share = Share(
            organisation_id=seen.wish.giver_id, kind=Configuration.__tablename__, thing_id=thing_id, access="view",
            with_organisation_id=receiver, created_at=now,
        )  # fmt: skip
        session.add(share)
        session.flush()
        moves.made.setdefault("share", []).append([share.id])

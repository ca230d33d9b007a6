"""Special prices as something that is approved."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.approvals.models import ApprovalRequest
from portal.approvals.subjects import Card, Outcome, Verdict
from portal.deals.models import Quote
from portal.deals.queries import CUSTOMER, still_called
from portal.deals.special_price import KIND, grant
from portal.deals.special_price_models import LIVE, SpecialPrice
from portal.errors import Conflict
from portal.formats import formats
from portal.words import N_, Text, both_names

REASONS: Final = {
    "margin": N_("Margin too low"),
    "volume": N_("Volume too small"),
    "competitor": N_("No competitor named"),
    "programme": N_("Covered by a programme already"),
    "missing_data": N_("Missing data"),
}


class SpecialPriceSubject:
    """Answers for special prices in approvals."""

    kind = KIND
    label = N_("Special price")
    reasons: Mapping[str, str] = REASONS

    def decided(
        self, session: Session, request: ApprovalRequest, outcome: Outcome, *, now: datetime, today: date
    ) -> None:
        """Put approved prices onto the quote; lines that changed since refuse the approval."""
        quote = session.scalar(
            select(Quote)
            .where(Quote.id == request.thing_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        live = SpecialPrice.state.in_(LIVE)
        row = session.scalar(select(SpecialPrice).where(SpecialPrice.quote_id == request.thing_id, live))
        if quote is None or row is None:
            raise Conflict(N_("What was asked for is gone."))
        if outcome.verdict is Verdict.APPROVED:
            grant(session, quote, row, now=now)
            return
        row.state = "refused" if outcome.verdict is Verdict.REFUSED else "returned"
        row.decided_at = now if outcome.verdict is Verdict.REFUSED else None
        quote.version += 1
        session.flush()

    def moved(self, session: Session, request: ApprovalRequest, due_at: datetime) -> bool:
        """Nothing to keep: a quote does not say by when its special price is decided."""
        return True

    def cards(self, session: Session, requests: Sequence[ApprovalRequest]) -> Mapping[int, Card]:
        """Return customer, value and discount of each, in one query."""
        by_quote = {row.thing_id: row for row in requests}
        query = (
            select(Quote, SpecialPrice, CUSTOMER.c.name_en)
            .join(SpecialPrice, SpecialPrice.quote_id == Quote.id)
            .outerjoin(CUSTOMER, still_called(Quote))
            .where(Quote.id.in_(by_quote))
            .order_by(SpecialPrice.id)  # of several the newest comes last and stays
        )
        return {by_quote[quote.id].id: _card(quote, row, name_en) for quote, row, name_en in session.execute(query)}

    def path(self, request: ApprovalRequest) -> str:
        """Return where the quote is."""
        return f"/quotes/{request.thing_public_id}"


def _card(quote: Quote, row: SpecialPrice, name_en: str | None) -> Card:
    en, zh = formats("en"), formats("zh")
    discount = en.percent(row.discount_bps)
    after = row.net_after_minor
    return Card(
        title=Text(quote.title, quote.title),
        customer=both_names(quote.customer_name, name_en) if quote.customer_name else None,
        value_minor=row.net_before_minor,
        currency=row.currency,
        lines=(
            (N_("Discount"), Text(discount, discount)),
            (N_("With special price"), Text(en.price(after, row.currency), zh.price(after, row.currency))),
            (N_("Why"), Text(row.reason, row.reason)),
        ),
    )

"""What was registered in the demo world: protected, in review, returned, about to expire, refused, in the pool."""

from datetime import date, datetime
from typing import Final

from portal.approvals.deciding import decide
from portal.approvals.models import ApprovalRequest
from portal.approvals.subjects import Verdict
from portal.db import as_actor
from portal.deals.registrations import falling, operations
from portal.deals.registrations.forms import month_after
from portal.deals.registrations.models import Registration
from portal.parties.identity import matching
from portal.parties.models import Party, name_key
from portal.policy import SYSTEM
from portal.seed.stories import Cast

POOL: Final = (
    ("云桥自来水厂", "Yunqiao Waterworks", "energy", "CN-YN"),
    ("杏林卫生院", "Xinglin Clinic", "health", "CN-SD"),
)


def tell_all(cast: Cast) -> None:
    """Play what partners registered and what the supplier decided."""
    _protected(cast)
    _expiring(cast)
    _refused(cast)
    _returned(cast)
    _in_review(cast)
    _pool(cast)


def _protected(cast: Cast) -> None:
    """苏晓禾's Qingxi block B: approved 29 days ago, 61 of 90 days are left; whoever else asks hears "claimed"."""
    block = _register(cast, "su", "qingxi", "B 座", "video", "m", cast.at(30), competitors="另有两家品牌")
    _decide(cast, "gu", block, Verdict.APPROVED, at=cast.at(29))


def _expiring(cast: Cast) -> None:
    """Amina's school: approved 84 days ago, so it ends in six days."""
    school = _register(cast, "amina", "maple", "Main building", "video", "s", cast.at(85))
    _decide(cast, "shen", school, Verdict.APPROVED, at=cast.at(84))


def _refused(cast: Cast) -> None:
    """林知夏's network at Songhe came too early."""
    office = _register(cast, "lin", "songhe", "办公楼", "network", "s", cast.at(9))
    note = "客户尚未立项，立项后可再次报备。"
    _decide(cast, "shen", office, Verdict.REFUSED, reason="too_early", note=note, at=cast.at(8))


def _returned(cast: Cast) -> None:
    """苏晓禾's warehouse comes back with a question."""
    hall = _register(cast, "su", "songhe", "昆明仓", "video", "m", cast.at(2, -2))
    _decide(cast, "shen", hall, Verdict.RETURNED, note="客户方由谁负责？预算是否已批？", at=cast.at(1))


def _in_review(cast: Cast) -> None:
    """Two wait for a decision: 林知夏's second warehouse and 苏晓禾's equipment room at Qingxi."""
    _register(cast, "lin", "songhe", "2 号库", "video", "m", cast.at(0, -3), competitors="另有一家品牌")
    _register(cast, "su", "qingxi", "信息中心机房", "room", "s", cast.at(0, -2))


def _register(
    cast: Cast, who: str, customer: str, site: str, line: str, band: str, at: datetime, *, competitors: str = ""
) -> Registration:
    """Register a project on behalf of a seller."""
    actor, today = cast.actors[who], cast.day(at)
    partner = {"su": "yunling", "lin": "haixing", "amina": "northline"}[who]
    draft = operations.Draft(
        customer_id=cast.customers[partner, customer],
        product_line=line,
        closing_month=_later(cast.day(cast.now)),
        value_band=band,
        site=site,
        competitors=competitors,
    )
    with as_actor(cast.session, actor):
        row = operations.begin(
            cast.session, actor, draft, form_key=f"demo-{who}-{line}-{len(site)}-{customer}", now=at, today=today
        )
        operations.submit(cast.session, actor, row, version=row.version, now=at, today=today)
    return row


def _later(today: date) -> date:
    return month_after(today, 2)


def _decide(
    cast: Cast, who: str, row: Registration, verdict: Verdict, *, at: datetime, reason: str = "", note: str = ""
) -> None:
    """Decide on behalf of somebody of the supplier."""
    actor = cast.actors[who]
    with as_actor(cast.session, actor):
        request = cast.session.get_one(ApprovalRequest, row.approval_request_id)
        decide(
            cast.session, actor, request, verdict, reason=reason, note=note, version=request.version, now=at,
            today=cast.day(at),
        )  # fmt: skip


def _pool(cast: Cast) -> None:
    """Two customers nobody works on."""
    with as_actor(cast.session, SYSTEM):
        for name, name_en, industry, region in POOL:
            party = Party(
                kind="organisation", name=name, name_en=name_en, name_key=name_key(name), created_at=cast.at(70)
            )
            party.industry, party.region = industry, region
            cast.session.add(party)
            matching.index(cast.session, party)
            falling.fall_in(cast.session, party.id, "unworked", None, today=cast.day(cast.at(3)))

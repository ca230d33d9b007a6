"""What happened in the demo world before its first start: configurations and quotes, told through the operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.configurator import operations as configurator
from portal.configurator import sending
from portal.configurator.models import Configuration
from portal.configurator.queries import Terms, terms_of
from portal.configurator.sending_queries import distributors
from portal.dates import business_date
from portal.db import as_actor
from portal.deals import letterheads, order_operations, resale_operations
from portal.deals import operations as deals
from portal.deals.models import Quote
from portal.deals.special_price import ask_special_price
from portal.policy import Actor

RULES = "surveillance-site"
Choices = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: actors by key, customers by (partner, customer), the supplier's zone and the first start."""

    session: Session
    actors: Mapping[str, Actor]
    customers: Mapping[tuple[str, str], int]
    zone: str
    now: datetime

    def at(self, days: int, hour: int = 0) -> datetime:
        """Return an instant so many days, less some hours, before the first start."""
        return self.now - timedelta(days=days) + timedelta(hours=hour)

    def day(self, at: datetime) -> date:
        """Return the business day of an instant."""
        return business_date(at, self.zone)


@dataclass(frozen=True, slots=True)
class Storyteller:
    """One person of the cast doing what people do."""

    cast: Cast
    actor: Actor

    def terms(self) -> Terms:
        """Return on which terms the own organisation buys."""
        assert self.actor.organisation_id is not None
        return terms_of(self.cast.session, self.actor.organisation_id)

    def configure(self, name: str, choices: Choices, *, customer: int | None, at: datetime) -> Configuration:
        """Begin a configuration with these choices."""
        session = self.cast.session
        revision = configurator.newest_revision(session, RULES, today=self.cast.day(at))
        return configurator.create_configuration(
            session, self.actor, name=name, revision=revision, choices=choices, customer_id=customer, now=at
        )

    def choose(self, configuration: Configuration, choices: Choices, *, at: datetime) -> None:
        """Choose further values, one step each; what stands in the way gives way."""
        for key, value in choices.items():
            version = configuration.version
            configurator.choose_instead(
                self.cast.session, self.actor, configuration, key, value, version=version, now=at
            )

    def draft(self, configuration: Configuration, *, at: datetime, note: str = "") -> Quote:
        """Draft a quote of a configuration."""
        session, today = self.cast.session, self.cast.day(at)
        quote = deals.draft_quote(session, self.actor, configuration, self.terms(), now=at, today=today)
        if note:
            deals.edit_quote(
                session,
                self.actor,
                quote,
                title=quote.title,
                customer_id=quote.customer_id,
                note=note,
                validity_days=quote.validity_days,
                version=quote.version,
                now=at,
            )
        return quote

    def issue(self, quote: Quote, *, at: datetime) -> None:
        """Issue a draft."""
        today = self.cast.day(at)
        deals.issue_quote(
            self.cast.session, self.actor, quote, self.terms(), version=quote.version, now=at, today=today
        )

    def special(self, quote: Quote, *, percent: int, reason: str = "", at: datetime) -> None:
        """Ask for so many per cent off a draft: within the limit it holds at once, above it somebody decides."""
        ask_special_price(
            self.cast.session, self.actor, quote, percent_bps=percent * 100, own={}, reason=reason,
            version=quote.version, now=at, today=self.cast.day(at),
        )  # fmt: skip

    def letterhead(self, texts: Mapping[str, str], *, at: datetime) -> None:
        """Say what stands on the own offers."""
        session, terms = self.cast.session, self.terms()
        usual = letterheads.letterhead_or_usual(session, terms)
        whole = {key: texts.get(key, getattr(usual, key)) for key in letterheads.TEXTS}
        letterheads.save_letterhead(session, self.actor, terms, whole, version=0, now=at)

    def offer(self, quote: Quote, *, markup_bps: int, at: datetime) -> None:
        """Issue an offer to the customer with a markup on the partner price."""
        session, terms, today = self.cast.session, self.terms(), self.cast.day(at)
        letterheads.remember_markup(session, terms, basis="partner", markup_bps=markup_bps, now=at)
        draft = resale_operations.begin_resale(session, self.actor, quote, terms, now=at, today=today)
        resale_operations.issue_resale(session, self.actor, draft, terms, version=draft.version, now=at, today=today)

    def order(self, quote: Quote, *, purchase_number: str, address: str, at: datetime) -> None:
        """Order an issued quote, wanted two weeks later."""
        details = order_operations.OrderDetails(
            purchase_number=purchase_number,
            wanted_on=self.cast.day(at) + timedelta(days=14),
            delivery_address=address,
            contact="袁工",
            note="",
            form_key=f"demo-{purchase_number}",
        )
        session, today = self.cast.session, self.cast.day(at)
        order_operations.place_order(session, self.actor, quote, self.terms(), details, now=at, today=today)

    def send(self, configuration: Configuration, distributor: str, *, at: datetime) -> None:
        """Send a configuration to a distributor of the own organisation."""
        known = distributors(self.cast.session, configuration.organisation_id)
        to = next(one.public_id for one in known if one.name == distributor)
        sending.send(self.cast.session, self.actor, configuration, to, now=at)

    def revise(self, quote: Quote, *, at: datetime) -> Quote:
        """Begin the next revision and bring it to what the configuration says by now."""
        session, today = self.cast.session, self.cast.day(at)
        revised = deals.revise_quote(session, self.actor, quote, now=at)
        deals.refresh_quote(session, self.actor, revised, self.terms(), version=revised.version, now=at, today=today)
        return revised


def tell_all(cast: Cast) -> None:
    """Play all stories, each on behalf of the person it is about."""
    for key, story in (("su", _yunling), ("lin", _haixing), ("amina", _northline), ("yuan", _qingxi)):
        with as_actor(cast.session, cast.actors[key]):
            story(Storyteller(cast, cast.actors[key]))


def _groups(*groups: Choices, days: int) -> Choices:
    """Return the choices of a site with these groups of cameras."""
    members = {f"camera_group[{at}].{key}": value for at, group in enumerate(groups, 1) for key, value in group.items()}
    return {"camera_group": len(groups), **members, "days": days}


def _yunling(su: Storyteller) -> None:
    """苏晓禾: the thread of the demo, from twelve cameras in revision 1 to sixteen of 4 MP in revision 2, ordered.

    Her warehouse waits for a special price of 15 per cent off.
    """
    cast = su.cast
    hospital, logistics = cast.customers["yunling", "qingxi"], cast.customers["yunling", "songhe"]
    su.letterhead({"phone": "+86 871 5550 0018", "bank": "示范银行昆明分行 0000 0000 0000"}, at=cast.at(60))
    block = su.configure(
        "青溪医院 B 座", _groups({"cameras": 12, "location": "indoor"}, days=30), customer=hospital, at=cast.at(20)
    )
    first = su.draft(block, at=cast.at(19), note="含一年上门维护。")
    su.issue(first, at=cast.at(18))
    su.choose(block, {"camera_group[1].cameras": 16, "camera_group[1].resolution": "4mp"}, at=cast.at(6))
    second = su.revise(first, at=cast.at(6, 1))
    su.issue(second, at=cast.at(5))
    su.offer(second, markup_bps=1800, at=cast.at(5, 1))
    su.order(second, purchase_number="QX-2026-0415", address="昆明市示范路 66 号 B 座弱电间", at=cast.at(3))
    halls = _groups({"cameras": 20, "location": "indoor"}, {"cameras": 12, "location": "outdoor"}, days=30)
    warehouse = su.configure("松禾物流 昆明仓", halls, customer=logistics, at=cast.at(2))
    wanted = "客户要求与上一期同价；另有一家品牌报价低约 15%。"
    su.special(su.draft(warehouse, at=cast.at(1)), percent=15, reason=wanted, at=cast.at(0, -4))
    shop = _groups({"cameras": 8, "location": "indoor"}, days=15)
    su.configure("门店样板", shop, customer=None, at=cast.at(0, -3))


def _haixing(lin: Storyteller) -> None:
    """林知夏: a warehouse at Songhe, issued, and one that waits, with a special price that held at once."""
    cast = lin.cast
    customer = cast.customers["haixing", "songhe"]
    outside = _groups({"cameras": 24, "location": "outdoor"}, days=30)
    yard = lin.configure("松禾物流 2 号库", outside, customer=customer, at=cast.at(12))
    lin.issue(lin.draft(yard, at=cast.at(11)), at=cast.at(10))
    inside = _groups({"cameras": 8, "location": "indoor"}, days=15)
    office = lin.configure("松禾物流 办公楼", inside, customer=customer, at=cast.at(3))
    lin.special(lin.draft(office, at=cast.at(3, 1)), percent=8, at=cast.at(2))


def _northline(amina: Storyteller) -> None:
    """Amina Odhiro: a school in dollars with an offer under her own name, and its sports ground still open."""
    cast = amina.cast
    school = cast.customers["northline", "maple"]
    amina.letterhead({"phone": "+254 20 555 0104", "bank": "Sample Bank Nairobi, 0000 0000"}, at=cast.at(60))
    rooms = _groups({"cameras": 16, "location": "indoor"}, days=30)
    gate = amina.configure("Maple Ridge School, main building", rooms, customer=school, at=cast.at(9))
    quote = amina.draft(gate, at=cast.at(8), note="Installation in the April holidays.")
    amina.issue(quote, at=cast.at(7))
    amina.offer(quote, markup_bps=2000, at=cast.at(7, 1))
    field = _groups({"cameras": 6, "location": "outdoor"}, days=15)
    ground = amina.configure("Maple Ridge School, sports ground", field, customer=school, at=cast.at(1))
    amina.draft(ground, at=cast.at(1, 1))


def _qingxi(yuan: Storyteller) -> None:
    """袁工: the hospital tries a configuration of its own and sends it to its distributor."""
    choices = _groups({"cameras": 10, "location": "indoor"}, days=30)
    hall = yuan.configure("门诊楼大厅", choices, customer=None, at=yuan.cast.at(4))
    yuan.send(hall, "云岭安防", at=yuan.cast.at(4, 1))

"""Service in the demo world: warranties of what was delivered, a return on its way, and a visit of 雷小川."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.accounts.models import Person
from portal.catalog.models import InstalledItem
from portal.db import as_actor
from portal.policy import SYSTEM
from portal.seed.stories import Cast
from portal.support.service import returns, visits
from portal.support.service.lifecycle import ReturnAction
from portal.support.service.places import Place
from portal.support.service.returns import Said
from portal.support.service.visits import Plan
from portal.support.service.warranty import set_warranty
from portal.support.tickets.models import Ticket

AGENT, ENGINEER, CUSTOMER = "qiao", "lei", "yuan"
YEARS: Final = timedelta(days=3 * 365)
HOSPITAL: Final = Place(25_042_000, 102_712_000)
LENGTH: Final = timedelta(hours=2)


def tell_all(cast: Cast) -> None:
    """Cover the numbered equipment, begin a return, and send the engineer."""
    _cover(cast)
    _return(cast)
    _visit(cast)


def _cover(cast: Cast) -> None:
    session, agent, at = cast.session, cast.actors[AGENT], cast.at(20)
    with as_actor(session, SYSTEM):
        numbered = select(InstalledItem.public_id).where(
            InstalledItem.serial.is_not(None), InstalledItem.state == "installed"
        )
        items = session.scalars(numbered.order_by(InstalledItem.id)).all()
    begun = cast.day(at)
    with as_actor(session, agent):
        for item in items:
            dates = {"starts_on": begun, "ends_on": begun + YEARS}
            set_warranty(session, agent, item, **dates, contract="plus", version=0, now=at)


def _ticket(cast: Cast, key: str) -> Ticket:
    with as_actor(cast.session, SYSTEM):
        return cast.session.scalars(select(Ticket).where(Ticket.form_key == key)).one()


def _return(cast: Cast) -> None:
    """袁工 asks for a return of the camera that mists up; the agent authorises it."""
    session, ticket, at = cast.session, _ticket(cast, "demo-blurred"), cast.at(2)
    if not ticket.serial:
        return  # nothing was delivered
    yuan, qiao = cast.actors[CUSTOMER], cast.actors[AGENT]
    with as_actor(session, yuan):
        words = "球罩内侧又起雾，密封圈已老化，申请返修。"
        row = returns.ask(session, yuan, ticket, words, form_key="demo-return", now=at, today=cast.day(at))
    later = at + timedelta(hours=2)
    with as_actor(session, qiao):
        said = Said(answer="同意返修，请附上球罩和密封圈。")
        day = cast.day(later)
        returns.advance(session, qiao, row, ReturnAction.AUTHORISE, said, version=row.version, now=later, today=day)


def _visit(cast: Cast) -> None:
    """乔一诺 sends 雷小川 to the hospital: today, or on the next working day."""
    session, qiao, ticket = cast.session, cast.actors[AGENT], _ticket(cast, "demo-night")
    at = cast.at(1) + timedelta(hours=1)
    with as_actor(session, SYSTEM):
        engineer = session.get_one(Person, cast.actors[ENGINEER].person_id).public_id
    with as_actor(session, qiao):
        hours = visits.hours_of(session, ticket, now=at)
        today = datetime.combine(cast.day(cast.now), time(0), ZoneInfo(cast.zone)).astimezone(UTC)
        begins = hours.opens_at(max(today, at))
        begins = begins if begins > at else hours.opens_at(today + timedelta(days=1))
        task = "核对 PoE 交换机供电预算，更换为 16 口 PoE+ 交换机，夜间观察四路摄像机。"
        wanted = Plan(engineer, (begins, begins + LENGTH), task, HOSPITAL)
        visits.plan(session, qiao, ticket, wanted, form_key="demo-visit", now=at, today=cast.day(at))

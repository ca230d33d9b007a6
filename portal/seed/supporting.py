"""The desk of the demo world: queues, macros, serial numbers of what was delivered, and tickets in several states."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.catalog.models import InstalledItem, Product
from portal.db import as_actor
from portal.parties.models import Party
from portal.policy import SYSTEM
from portal.seed.helping import tell_half_a_year
from portal.seed.stories import Cast
from portal.support.tickets import desk, rating, working
from portal.support.tickets.models import Ticket
from portal.support.tickets.opening import Opening, open_ticket
from portal.support.tickets.replying import Said, note, reply

AGENT, LEAD = "qiao", "jiang"
SERIAL: Final = "LQ26C{:05d}"
MACROS: Final = (
    desk.MacroWords(
        "Ask for photos",
        "请发照片",
        "Dear {name}, please send a photo of the plate and of the lamps of the device. Thank you. {agent}",
        "{name}您好，请发一张铭牌和设备指示灯的照片。谢谢。{agent}",
        "ask",
    ),
    desk.MacroWords(
        "Restart and watch",
        "重启并观察",
        "Dear {name}, please restart the device once and tell us tomorrow whether it happens again. {agent}",
        "{name}您好，请先重启设备一次，明天告诉我们是否再次出现。{agent}",
        "ask",
    ),
    desk.MacroWords(
        "Solved",
        "已解决",
        "Glad that it works again. If not, simply answer here. {agent}",
        "恢复正常就好；如仍有问题，直接在这里回复即可。{agent}",
        "solve",
    ),
)


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody says something, so many hours after the ticket was opened."""

    who: str
    hours: float
    text: str
    then: str = "answer"


def tell_all(cast: Cast) -> None:
    """Set the desk up, number what stands at the hospital, and tell the tickets."""
    _desk(cast)
    tell_half_a_year(cast)
    serials = _number(cast)
    _hospital(cast, serials)
    _partners(cast)


def _desk(cast: Cast) -> None:
    session, lead, at = cast.session, cast.actors[LEAD], cast.at(80)
    with as_actor(session, lead):
        qiao = _public_id(session, cast.actors[AGENT].person_id)
        jiang = _public_id(session, lead.person_id)
        cameras = ("cameras", "recorders", "switches")
        for words in (
            desk.QueueWords("Video surveillance", "视频监控", lines=cameras, members=(qiao,), position=1),
            desk.QueueWords("Complaints", "投诉", kinds=("complaint",), members=(jiang,), assigns=True, position=2),
            desk.QueueWords("English", "英文工单", skills=("en",), members=(qiao, jiang), position=3),
            desk.QueueWords("Everything else", "其他", members=(qiao, jiang), position=9),
        ):
            desk.keep_queue(session, lead, None, words, version=0, now=at)
        for macro in MACROS:
            desk.keep_macro(session, lead, None, macro, version=0, now=at)


def _public_id(session: Session, person_id: int | None) -> str:
    with as_actor(session, SYSTEM):
        return session.scalars(select(Person.public_id).where(Person.id == person_id)).one()


def _number(cast: Cast) -> Sequence[str]:
    """Give the first cameras that were delivered to the hospital their serial numbers; return their public ids."""
    with as_actor(cast.session, SYSTEM):
        cameras = select(InstalledItem).join(Product, Product.id == InstalledItem.product_id)
        rows = cast.session.scalars(cameras.where(Product.kind == "cameras").order_by(InstalledItem.id).limit(8)).all()
        for place, row in enumerate(rows, 1):
            row.serial, row.state = SERIAL.format(place), "installed"
    return [row.public_id for row in rows]


def _hospital(cast: Cast, items: Sequence[str]) -> None:
    """袁工: four cameras drop at night; an older fault is solved and waits for a rating, an old one is closed."""
    night = Opening(
        form_key="demo-night",
        subject="四路摄像机夜间掉线",
        body="B 座 3 层有四路摄像机，每天晚上红外一开就掉线，早上自己恢复。白天都正常。",
        item=items[0] if items else "",
        fault="camera_drops_at_night",
        impact="part",
    )
    ticket = _open(cast, "yuan", night, cast.at(1, -2))
    _talk(
        cast,
        ticket,
        Line("qiao", 0.4, "袁工您好，这四路接在哪一台交换机上？方便发一张交换机指示灯的照片吗？", "ask"),
        Line("yuan", 2, "都接在弱电间的那台 8 口 PoE 交换机上，晚上 PWR 灯会闪。"),
    )
    _note(cast, ticket, "像是 PoE 供电预算不足：八路红外同时打开时超过交换机总功率。见知识库。", hours=2.5)
    blurred = Opening(
        form_key="demo-blurred",
        subject="大厅一路画面模糊",
        body="清洁后画面发白、看不清。",
        impact="part",
        item=items[4] if len(items) > 4 else "",
    )
    done = _open(cast, "yuan", blurred, cast.at(6))
    cure = "球罩内侧有清洁剂残留：用无尘布擦净球罩内外，重新锁紧防潮圈后恢复。"
    _talk(cast, done, Line("qiao", 1, cure, "solve"))
    question = Opening(
        form_key="demo-days",
        kind="question",
        impact="question",
        subject="录像能保存多久？",
        body="现在录像保存 30 天，能改成 60 天吗？",
    )
    old = _open(cast, "yuan", question, cast.at(30))
    _talk(cast, old, Line("qiao", 3, "把两块硬盘换成 8 TB 即可保存 60 天，配置单已更新。", "solve"))
    at = cast.at(29)
    with as_actor(cast.session, cast.actors["yuan"]):
        rating.rate(cast.session, cast.actors["yuan"], old, 5, "回复很快，谢谢！", now=at)
        working.close(cast.session, cast.actors["yuan"], old, now=at)
    complaint = Opening(
        form_key="demo-complaint",
        kind="complaint",
        impact="question",
        subject="到货包装破损",
        body="最近一箱外包装破损，希望加强包装。",
    )
    _open(cast, "yuan", complaint, cast.at(0, -3))


def _partners(cast: Cast) -> None:
    """林知夏 and Amina Odhiro file for customers who have no account."""
    gate = Opening(
        form_key="demo-gate",
        subject="2 号库大门录像机报警",
        body="录像机一直蜂鸣，屏幕显示 E31。",
        customer=_party(cast, "haixing", "songhe"),
        product_line="recorders",
        fault="recorder_disk",
        error_code="E31",
        impact="all",
    )
    ticket = _open(cast, "lin", gate, cast.at(2))
    _talk(cast, ticket, Line("qiao", 0.2, "E31 是硬盘告警。请看硬盘管理页里是哪一块变红，发我截图。", "ask"))
    school = Opening(
        form_key="demo-school",
        kind="question",
        impact="question",
        locale="en",
        subject="Which cable for the sports ground?",
        body="The way to the pole is 140 m. Is PoE possible?",
        customer=_party(cast, "northline", "maple"),
    )
    _open(cast, "amina", school, cast.at(0, -1))


def _party(cast: Cast, partner: str, key: str) -> str:
    with as_actor(cast.session, SYSTEM):
        return cast.session.get_one(Party, cast.customers[partner, key]).public_id


def _open(cast: Cast, who: str, said: Opening, at: datetime) -> Ticket:
    actor = cast.actors[who]
    with as_actor(cast.session, actor):
        return open_ticket(cast.session, actor, said, now=at, today=cast.day(at))


def _talk(cast: Cast, ticket: Ticket, *lines: Line) -> None:
    for place, line in enumerate(lines):
        actor = cast.actors[line.who]
        with as_actor(cast.session, actor):
            at = ticket.created_at + timedelta(hours=line.hours)
            reply(cast.session, actor, ticket, Said(line.text, f"demo-{place}", line.then), now=at, today=cast.day(at))


def _note(cast: Cast, ticket: Ticket, text: str, *, hours: float) -> None:
    actor = cast.actors[AGENT]
    with as_actor(cast.session, actor):
        note(cast.session, actor, ticket, text, "demo-note", now=ticket.created_at + timedelta(hours=hours))

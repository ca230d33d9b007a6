"""Who lives in the demo world: organisations, people, customers. All invented; mail addresses lead nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.policy import OrganisationKind, Role

PASSWORD: Final = "lanqiao demo 2026 only"  # noqa: S105 - printed on purpose, and good for nothing else


@dataclass(frozen=True, slots=True)
class Firm:
    """An organisation that signs in."""

    key: str
    name: str
    name_en: str
    kind: OrganisationKind
    address: str
    tier: str = ""
    currency: str = "CNY"
    tax_bps: int = 1300
    locale: str = "zh"
    time_zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person with an account; language and time zone are those of the firm."""

    key: str
    name: str
    email: str
    roles: tuple[Role, ...]

    @property
    def firm(self) -> str:
        """Return the key of the firm: the part of the mail address that names it."""
        return self.email.partition("@")[2].partition(".")[0]


@dataclass(frozen=True, slots=True)
class Known:
    """A customer that partners know: who, and whom they call there."""

    key: str
    name: str
    name_en: str
    address: str
    contacts: Mapping[str, tuple[str, str]]  # partner to contact person and phone number


FIRMS: Final = (
    Firm("lanqiao", "澜桥视讯", "Lanqiao Vision", OrganisationKind.SUPPLIER, "杭州市滨江区示范路 1 号"),
    Firm("yunling", "云岭安防", "Yunling Security", OrganisationKind.PARTNER, "昆明市示范路 18 号", tier="gold"),
    Firm("haixing", "海杏弱电", "Haixing Systems", OrganisationKind.PARTNER, "青岛市示范路 27 号", tier="silver"),
    Firm(
        "northline",
        "Northline Secure",
        "",
        OrganisationKind.PARTNER,
        "4 Sample Road, Nairobi",
        tier="silver",
        currency="USD",
        tax_bps=1600,
        locale="en",
        time_zone="Africa/Nairobi",
    ),
    Firm("qingxi", "青溪医院", "Qingxi Hospital", OrganisationKind.CUSTOMER, "昆明市示范路 66 号"),
)

PEOPLE: Final = (
    Somebody("su", "苏晓禾", "su.xiaohe@yunling.example", (Role.SALES,)),
    Somebody("he", "和志远", "he.zhiyuan@yunling.example", (Role.ENGINEER,)),
    Somebody("lin", "林知夏", "lin.zhixia@haixing.example", (Role.OWNER, Role.SALES)),
    Somebody("amina", "Amina Odhiro", "amina.odhiro@northline.example", (Role.OWNER, Role.SALES)),
    Somebody("yuan", "袁工", "yuan@qingxi.example", (Role.CUSTOMER,)),
    Somebody("shen", "沈若岚", "shen.ruolan@lanqiao.example", (Role.CHANNEL_MANAGER,)),
    Somebody("gu", "顾南亭", "gu.nanting@lanqiao.example", (Role.APPROVER,)),
    Somebody("jiang", "江望舒", "jiang.wangshu@lanqiao.example", (Role.SUPPORT_LEAD,)),
    Somebody("qiao", "乔一诺", "qiao.yinuo@lanqiao.example", (Role.SUPPORT_AGENT,)),
    Somebody("lei", "雷小川", "lei.xiaochuan@lanqiao.example", (Role.FIELD_ENGINEER,)),
    Somebody("fang", "方锦", "fang.jin@lanqiao.example", (Role.FINANCE,)),
    Somebody("song", "宋映雪", "song.yingxue@lanqiao.example", (Role.DATA_STEWARD,)),
    Somebody("ye", "叶知微", "ye.zhiwei@lanqiao.example", (Role.PRODUCT_MANAGER,)),
    Somebody("admin", "系统管理员", "administrator@lanqiao.example", (Role.ADMINISTRATOR,)),
)

CUSTOMERS: Final = (
    Known(
        "songhe",
        "松禾物流",
        "Songhe Logistics",
        "青岛市示范路 105 号",
        {"haixing": ("仓储部 柏主管", "+86 532 5550 0105"), "yunling": ("行政部 韦经理", "+86 871 5550 0151")},
    ),
    Known(
        "maple",
        "枫岭学校",
        "Maple Ridge School",
        "12 Sample Avenue, Nairobi",
        {"northline": ("Facilities office", "+254 20 555 0112")},
    ),
    Known(
        "egret",
        "白鹭书店",
        "Egret Bookshop",
        "昆明市示范路 188 号",
        {"yunling": ("店长 祁女士", "+86 871 5550 0188")},
    ),
    Known(
        "baobab",
        "猴面包树诊所",
        "Baobab Clinic",
        "31 Sample Street, Nairobi",
        {"northline": ("Reception", "+254 20 555 0177")},
    ),
)
QINGXI_CONTACTS: Final = {"yunling": ("设备科 袁工", "yuan@qingxi.example")}

"""A name taken apart: regions, core, legal form, branch, and the forms in which it is searched and compared. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from portal.parties.identity import english
from portal.parties.identity.legal_forms import CHINESE_BRANCHES, CHINESE_FORMS
from portal.parties.identity.letters import fold, has_ideographs, is_ideograph
from portal.parties.identity.regions import AREAS, KNOWN, leading, narrowest

KEY_LENGTH: Final = 200
_BRACKETS: Final = re.compile(r"[(\[{<【〔《「『]([^()\[\]{}<>【】〔〕《》「」『』]*)[)\]}>】〕》」』]")
_DIGITS: Final = {sign: number for number, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
_NUMERAL: Final = "[零一二三四五六七八九十百两0-9]+"
_ORDINAL: Final = re.compile(f"第({_NUMERAL})")
_COUNTED: Final = re.compile(
    f"({_NUMERAL})(?=(?:中|小|医院|院|厂|局|队|分公司|分厂|期|号|公司|处|所|高|职|初|幼|附院|建|冶|航|汽|站|中心|店|分店|支行)(?!国|华|山|石|心|海))"
)
_SHORT_SCHOOL: Final = re.compile(r"(?<![0-9])([0-9]+)(中|小|高)$")
_SHORT_HOSPITAL: Final = re.compile(r"(?<![0-9第])([0-9]+)(?:医院|院)$")
_UNIVERSITIES: Final = {
    "师": "师范",
    "医": "医科",
    "理工": "理工",
    "农": "农业",
    "工": "工业",
    "交": "交通",
    "财": "财经",
    "科": "科技",
}
_SHORT_UNIVERSITY: Final = re.compile("(?<=..)(师|医|理工|农|工|交|财|科)大$")
_SCHOOLS: Final = {"中": "中学", "小": "小学", "高": "高中"}
_DISTRICT: Final = re.compile(r"^([^第\W\d_]{1,3}?)(自治县|区|县|市|镇|乡|街道)(?=..)")
_NO_DISTRICT: Final = frozenset("社小校园城地景新开库厂市州郊发税超都门夜菜股")
_WITH_BRANCH: Final = re.compile(f"^(.{{2,}}?)({'|'.join(CHINESE_FORMS)})(.*(?:{'|'.join(CHINESE_BRANCHES)}))$")
_BARE_BRANCH: Final = re.compile("^(.{2,}?)(分公司|子公司|办事处|代表处|营业部|分厂)$")
_SHORTEST_CORE: Final = 2
_USUAL_FORM: Final = "有限公司"


@dataclass(frozen=True, slots=True)
class Name:
    """A name in its parts; `key` is what two spellings of one name share."""

    folded: str
    core: str  # Chinese without spaces, English in words
    regions: tuple[str, ...]
    branch: str
    letters: str  # all but the legal form in one row, as somebody types it
    chinese: bool

    @property
    def region(self) -> str:
        """Return the region that says most."""
        return narrowest(self.regions)

    @property
    def key(self) -> str:
        """Return the exact identity of the whole name; a place that only this name knows is part of its core."""
        own = "".join(region for region in self.regions if region not in KNOWN)
        core = own + "".join(self.core.split())
        region = narrowest(tuple(region for region in self.regions if region in KNOWN))
        return f"{core}@{region}{'+' if self.branch else ''}{self.branch}"[:KEY_LENGTH]


@lru_cache(maxsize=8192)
def parse(text: str, partial: bool = False) -> Name:
    """Take a name apart; `partial` when somebody may still be typing it."""
    folded = fold(text)
    if has_ideographs(folded):
        return _chinese(folded, partial)
    core, regions, branch, typed = english.parts(_BRACKETS.sub(r" \1 ", folded))
    return Name(folded, core, regions, branch, typed[:KEY_LENGTH], chinese=False)


def _chinese(folded: str, partial: bool) -> Name:
    regions: list[str] = []
    bare = _out_of_brackets(folded, regions)
    head, branch = _head_and_branch(bare)
    head = _without_form(head, partial)
    found, core = _regions_of(head)
    core = _spelled_out(_numbers(core), partial)
    places = tuple(dict.fromkeys((*found, *regions)))
    branch = _numbers(branch)
    return Name(folded, core, places, branch, f"{''.join(places)}{core}{branch}"[:KEY_LENGTH], chinese=True)


def _out_of_brackets(folded: str, regions: list[str]) -> str:
    """Return the text without brackets and signs; regions in brackets go to `regions`, forms vanish."""

    def inside(match: re.Match[str]) -> str:
        content = _signs(match.group(1))
        region, rest = leading(f"{content}市市") if content else ("", "")
        if region and rest in {"市", "市市"}:
            regions.append(region)
            return ""
        return "" if content in CHINESE_FORMS else content

    return _signs(_BRACKETS.sub(inside, folded))


def _signs(text: str) -> str:
    """Return letters, digits and Chinese signs; a space stays only between two Latin words."""
    kept = "".join(sign if sign.isalnum() else " " for sign in text).split()
    parts: list[str] = []
    for part in kept:
        if parts and not is_ideograph(parts[-1][-1]) and not is_ideograph(part[0]):
            parts.append(" ")
        parts.append(part)
    return "".join(parts)


def _head_and_branch(text: str) -> tuple[str, str]:
    """Split the branch off: `清溪科技有限公司宁波分公司` is `清溪科技` and `宁波分公司`."""
    match = _WITH_BRANCH.match(text)
    if match:
        return match.group(1), match.group(3)
    match = _BARE_BRANCH.match(text)
    if not match:
        return text, ""
    head, kind = match.groups()
    for start in range(len(head) - 2, 1, -1):
        region, rest = leading(head[start:] + "市市")
        region, rest = (head[start:], "市") if head[start:] in AREAS else (region, rest)
        if region and rest in {"市", "市市"}:
            return head[:start], f"{region}{kind}"
    return head, kind


def _without_form(text: str, partial: bool) -> str:
    """Take legal forms off the end, of a text still being typed also their beginnings."""
    if not text.endswith(_USUAL_FORM):
        for length in (4, 3):
            if len(text) - length >= 4 and OSA.distance(text[-length:], _USUAL_FORM) == 1 and text[-1] in _USUAL_FORM:
                return text[:-length]  # 有线公司, 有限工司: a slip in what everybody's name ends in
    for form in CHINESE_FORMS:
        if text.endswith(form) and len(text) - len(form) >= _SHORTEST_CORE:
            return _without_form(text[: -len(form)], False)
    if partial:
        for form in CHINESE_FORMS:
            for length in range(len(form) - 1, 1, -1):
                if text.endswith(form[:length]) and len(text) - length >= _SHORTEST_CORE:
                    return text[:-length]
    return text


def _regions_of(text: str) -> tuple[list[str], str]:
    """Take regions off the front: country, province, city, district."""
    found: list[str] = []
    while len(found) < 4:
        region, rest = leading(text)
        if not region or len(rest) < _SHORTEST_CORE:
            break
        found.append(region)
        text = rest
    match = _DISTRICT.match(text)
    if match and match.group(1)[-1] not in _NO_DISTRICT and (found or match.group(2) not in {"镇", "乡", "街道"}):
        name = match.group(1)
        found.append(match.group() if name in KNOWN else name)
        text = text[match.end() :]
    return found, _without_region_behind(text, found)


def _without_region_behind(text: str, found: list[str]) -> str:
    """Take a region off the end, where some write it: `清溪电子 苏州`."""
    for length in (3, 2):
        if len(text) - length > _SHORTEST_CORE and text[-length:] in KNOWN:
            found.append(text[-length:])
            return text[:-length]
    return text


def _numbers(text: str) -> str:
    """Write ordinal numbers in digits."""
    text = _ORDINAL.sub(lambda match: f"第{_number(match.group(1))}", text)
    return _COUNTED.sub(lambda match: str(_number(match.group(1))), text)


def _number(numeral: str) -> str:
    """Return a Chinese or Arabic numeral in digits: `二十三` is 23."""
    if numeral.isascii():
        return str(int(numeral))
    if "十" not in numeral and "百" not in numeral:
        return str(int("".join(sign if sign.isascii() else str(_DIGITS[sign]) for sign in numeral)))
    total, digit = 0, 0
    for sign in numeral:
        if sign in "十百":
            total += max(1, digit) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = int(sign) if sign.isascii() else _DIGITS[sign]
    return str(total + digit)


def _spelled_out(core: str, partial: bool) -> str:
    """Write short names of schools and hospitals in full: `1中` is `第1中学`."""
    core = _SHORT_HOSPITAL.sub(r"第\1医院", core)
    if core.endswith(("中学校", "小学校")):
        core = core[:-1]
    if not partial:
        core = _SHORT_UNIVERSITY.sub(lambda match: f"{_UNIVERSITIES[match.group(1)]}大学", core)
    if partial:
        return core
    return _SHORT_SCHOOL.sub(lambda match: f"第{match.group(1)}{_SCHOOLS[match.group(2)]}", core)

"""What a row of an imported list must say: columns by their titles in both languages, and every cell checked."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from portal.errors import Invalid
from portal.parties.models import says_something
from portal.parties.noting import LONGEST as LONGEST_NOTES
from portal.parties.noting import value_key
from portal.parties.similar import NAMELESS
from portal.parties.tables import FORMULA, ROUNDED
from portal.parties.words import TABLES, code_of
from portal.words import N_

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {  # the first two titles stand in the template, in either language
    "name": ("Name", "客户名称", "名称", "客户", "公司名称", "单位名称", "customer", "company", "customer name"),
    "name_en": ("Name in the other script", "英文名称", "其他语言名称", "英文名", "english name", "name_en"),
    "credit_code": ("Unified social credit code", "统一社会信用代码", "信用代码", "credit code", "uscc"),
    "tax_number": ("Tax number", "税号", "纳税人识别号", "vat number", "tax id"),
    "phone": ("Phone", "电话", "联系电话", "公司电话", "telephone", "tel"),
    "email": ("Mail address", "邮箱", "电子邮件", "email", "e-mail", "mail"),
    "address": ("Address", "地址", "公司地址", "注册地址"),
    "industry": ("Industry", "行业", "所属行业"),
    "region": ("Region", "地区", "省份", "province"),
    "size": ("Size", "规模", "人员规模", "employees"),
    "alias": ("Another name", "其他名称", "简称", "别名", "曾用名", "short name", "alias"),
    "contact": ("Contact person", "联系人", "contact"),
    "reach": ("Phone or mail address of the contact", "联系人电话或邮箱", "联系人电话", "联系人手机", "contact phone"),
}
LONGEST: Final = {
    "name": 200, "name_en": 200, "phone": 40, "email": 254, "address": 400, "contact": 200, "reach": 254,
    "industry": 100, "region": 100, "size": 100,
    "credit_code": LONGEST_NOTES["credit_code"], "tax_number": LONGEST_NOTES["tax_number"],
    "alias": LONGEST_NOTES["alias"],
}  # fmt: skip
_PHONE: Final = re.compile(r"[+0-9(][0-9 ()/.\-]{3,38}")
_MAIL: Final = re.compile(r"[!#-'*+\-/-9=?A-Z^-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HIDDEN: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffd")
NO_NAME: Final = N_("The list needs a column “Name”; the first row holds the titles.")
TWICE: Final = N_("Two columns say the same: “%(title)s”.")


@dataclass
class Checked:
    """One row as it would be taken over, and what is wrong with it."""

    line: int
    cells: dict[str, str] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def wrong(self, column: str, message: str, **params: Any) -> None:
        """Note that a cell cannot be taken over; the sentence is told in the reader's language."""
        self.problems.append({"column": column, "message": message, "params": params})


def recognise(titles: tuple[str, ...]) -> tuple[list[str | None], list[str]]:
    """Return the column of each title, None for one nobody knows, and the titles nobody knows."""
    known = {_folded(title): key for key, names in COLUMNS.items() for title in (key, *names)}
    found = [known.get(_folded(title)) for title in titles]
    for place, key in enumerate(found):
        if key is not None and key in found[:place]:
            raise Invalid(TWICE, field="file", title=titles[place][:60])
    if "name" not in found:
        raise Invalid(NO_NAME, field="file")
    return found, [title[:60] for title, key in zip(titles, found, strict=True) if title and key is None]


def _folded(title: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", title).casefold().replace("*", " ").replace(":", " ").split())


def check_row(line: int, columns: list[str | None], texts: tuple[str, ...]) -> Checked:
    """Return a row with its cells by column; each cell is checked, and all that is wrong is said."""
    row = Checked(line)
    for column, text in zip(columns, texts, strict=False):
        if column is not None and text:
            row.cells[column] = "" if "\0" in text else text
            _check_cell(row, column, text)
    if not row.cells.get("name") and not any(problem["column"] == "name" for problem in row.problems):
        row.wrong("name", N_("Please fill this in."))
    if row.cells.get("reach") and not row.cells.get("contact"):
        row.wrong("contact", N_("Name the contact whose phone or mail address this is."))
    return row


def _check_cell(row: Checked, column: str, text: str) -> None:
    if text == FORMULA or (text.startswith(("+", "-")) and column not in ("phone", "reach")):
        row.wrong(column, N_("This cell would be computed by a spreadsheet; put its text there."))
    elif text == ROUNDED:
        row.wrong(column, N_("The spreadsheet rounded this number; make the column text and enter it again."))
    elif len(text) > LONGEST[column]:
        row.wrong(column, N_("At most %(max)d characters."), max=LONGEST[column])
    elif (place := _hidden(text)) is not None:
        row.wrong(column, N_("Character %(position)s cannot be shown; remove it."), position=place)
    else:
        _check_meaning(row, column, text)


def _hidden(text: str) -> int | None:
    for place, sign in enumerate(text, 1):
        if unicodedata.category(sign) in ("Cc", "Cs") or sign in _HIDDEN:
            return place
    return None


def _check_meaning(row: Checked, column: str, text: str) -> None:
    if column == "name" and not says_something(text):
        row.wrong(column, NAMELESS)
    elif column in ("phone", "reach") and not (column == "reach" and "@" in text) and not _PHONE.fullmatch(text):
        row.wrong(column, N_("Give a phone number like +86 571 8888 0000."))
    elif (column == "email" or (column == "reach" and "@" in text)) and not _MAIL.fullmatch(text):
        row.wrong(column, N_("This is not a mail address, for example name@company.com."))
    elif column in TABLES:
        code = code_of(column, text)
        if code is None:
            row.wrong(column, N_("“%(text)s” is not in the list of this field."), text=text[:60])
        else:
            row.cells[column] = code
    elif column in ("credit_code", "tax_number"):
        try:
            value_key(column, text)
        except Invalid as error:
            row.wrong(column, error.message, **error.params)

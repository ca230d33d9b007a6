"""Somebody who has never seen the portal: knows only what the screen says, and is counted and timed.

He finds everything by what people read or hear: roles, labels, names of buttons and links in the language of the
page; never by ids, classes or addresses. Every tap, every field filled and every option chosen is one interaction. He
reads each new screen for three seconds and thinks two seconds about each field; that time is added to the clock, and
really spent with NEWCOMER_WAITS=1.
"""

import io
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from portal.formats import translations

READING, THINKING = 3.0, 2.0  # seconds for a new screen, and for a field
WAITS = bool(os.environ.get("NEWCOMER_WAITS"))
MOST_TABS = 250
PATIENCE = 60  # seconds for a PDF
RULE_WORDS: Final = {
    "Video surveillance site": "视频监控站点",
    "School": "学校",
    "Own site": "自定义站点",
    "Indoor cameras": "室内摄像机",
    "Outdoor cameras": "室外摄像机",
    "Camera group 1": "摄像机组1",
    "Camera group 2": "摄像机组2",
    "Recording": "录像",
    "Resolution": "分辨率",
    "5 MP": "500万",
    "Used at night": "夜间使用",
    "Within public reach": "公众可触及",
    "Yes": "是",
    "Days kept": "保存天数",
    "Protection against disk failure": "磁盘冗余",
    "RAID 5": "RAID 5",
}
VISIBLE_FOCUS = """() => {
  const here = document.activeElement, style = getComputedStyle(here), box = here.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
  return here.matches(":focus-visible") && box.width > 0 && box.height > 0 && ring;
}"""
Role = Literal["button", "link"]


def called(name: str, *, exact: bool = True) -> re.Pattern[str]:
    """Return a pattern for the name of something on the screen; spaces and line breaks do not count."""
    letters = r"\s*".join(map(re.escape, re.sub(r"\s", "", name)))
    return re.compile(rf"^\s*{letters}\s*$" if exact else rf"^\s*{letters}")


@dataclass
class Newcomer:
    """One person at one screen.

    `keyboard` means Tab, typing, Enter and arrow keys only; without `scripts` pages do not renew themselves.
    """

    page: Page
    language: str
    keyboard: bool = False
    scripts: bool = True
    interactions: int = 0
    added: float = 0.0
    began: float = field(default_factory=time.monotonic)
    seen: str = ""

    def __post_init__(self) -> None:
        self._read()

    @property
    def minutes(self) -> float:
        """Return how long it took so far, with the time for reading and thinking."""
        return (time.monotonic() - self.began + (0.0 if WAITS else self.added)) / 60

    def word(self, english: str) -> str:
        """Return what this person would look for, in the language of the page."""
        if self.language == "en":
            return english
        return RULE_WORDS.get(english) or translations("zh").gettext(english)

    def tap(self, role: Role, name: str, *, exact: bool = True, within: Locator | None = None) -> None:
        """Tap a button or a link by its name."""
        self.press(self.find(role, name, exact=exact, within=within))

    def find(self, role: Role, name: str, *, exact: bool = True, within: Locator | None = None) -> Locator:
        """Return the visible button or link of that name; not exact means that its name begins so."""
        return (within or self.page).get_by_role(role, name=called(self.word(name), exact=exact)).first

    def press(self, target: Locator) -> None:
        """Tap something, by finger or by keyboard, and read what comes."""
        if self.keyboard:
            self._walk_to(target)
            self.page.keyboard.press("Enter")
        else:
            target.click()
        self._count()

    def fill(self, label: str, text: str) -> None:
        """Fill a field by its label."""
        self._think()
        target = self.page.get_by_label(called(self.word(label), exact=False)).first
        if self.keyboard:
            self._walk_to(target)
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
        else:
            target.fill(text)
        self._count()

    def fill_day(self, label: str, year: int) -> None:
        """Fill a field for a day with the twelfth of December: by keyboard day and month may come in either order."""
        self._think()
        target = self.page.get_by_label(called(self.word(label), exact=False)).first
        if self.keyboard:
            self._walk_to(target)
            self.page.keyboard.type(f"1212{year}")
        else:
            target.fill(f"{year}-12-12")
        self._count()

    def choose(self, label: str, number: int = 1) -> str:
        """Choose an option of a list by its place, as somebody does to whom all are the same; return its name."""
        self._think()
        target = self.page.get_by_role("combobox", name=self.word(label), exact=True).first
        name = target.get_by_role("option").nth(number).inner_text()
        if self.keyboard:
            self._walk_to(target)
            for _ in range(number):
                self.page.keyboard.press("ArrowDown")
        else:
            target.select_option(index=number)
        self._count()
        return name

    def answer(self, question: str, value: str) -> None:
        """Tap a value of a question, and see that it is the choice now."""
        options = self.page.get_by_role("group", name=self.word(question), exact=True)
        wanted = called(self.word(value), exact=False)
        self.press(options.get_by_role("button", name=wanted).first)
        expect(options.get_by_role("button", name=wanted, pressed=True)).to_be_visible()

    def answer_number(self, question: str, number: int) -> None:
        """Type a number into a question and set it."""
        self.fill(question, str(number))
        for_it = f": {self.word(question)}"
        self.tap("button", self.word("Set") + for_it)
        expect(self.find("button", self.word("Leave open") + for_it)).to_be_visible()

    def sees(self, role: Role, name: str) -> bool:
        """Tell whether a button or link of that name is on the screen."""
        return self.find(role, name, exact=False).is_visible()

    def download(self, name: str) -> str:
        """Wait for a PDF, looking again where the page does not by itself, download it and return its text."""
        link, deadline = self.find("link", name), time.monotonic() + PATIENCE
        while not self.scripts and not link.is_visible() and time.monotonic() < deadline:
            self.tap("link", "Look again")
        link.wait_for(timeout=PATIENCE * 1000)
        with self.page.expect_download() as caught:
            self.press(link)
        content = Path(caught.value.path()).read_bytes()
        return "\n".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(content)).pages)

    def _walk_to(self, target: Locator) -> None:
        """Tab until the target has the focus; at it, the focus can be seen."""
        expect(target).to_be_visible()
        handle = target.element_handle()
        for _ in range(MOST_TABS):
            if handle.evaluate("element => element === document.activeElement"):
                assert self.page.evaluate(VISIBLE_FOCUS), f"the focus is not to be seen at {target}"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{MOST_TABS} tabs do not reach {target}")

    def _count(self) -> None:
        self.interactions += 1
        self.page.wait_for_load_state()
        self._read()

    def _read(self) -> None:
        """Read the screen when it is another one than before."""
        if self.page.url != self.seen:
            self.seen = self.page.url
            self._spend(READING)

    def _think(self) -> None:
        self._spend(THINKING)

    def _spend(self, seconds: float) -> None:
        self.added += seconds
        if WAITS:
            self.page.wait_for_timeout(seconds * 1000)

"""Registrations on a phone in both languages: each interaction is counted and printed."""

import re
import sys
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, Page, expect

from portal.formats import translations
from tests.browser.conftest import Open, act_as, read_in, settle
from tests.browser.newcomer import called
from tests.browser.test_accessibility import violations

SELLERS = {"en": ("Amina Odhiro", "+254 20 555 0177"), "zh": ("苏晓禾", "0871 5550 0188")}  # and a customer's phone
APPROVER, SECOND = "顾南亭", "林知夏"
MOST = {
    "register": 5, "approve": 2, "refuse": 3, "nudge": 1, "answer": 2, "extend": 4, "undo": 1, "transfer": 6,
    "take back": 1,
}  # fmt: skip
MANAGER = "沈若岚"


@dataclass
class Hand:
    """One person at one phone: what he taps and types is counted."""

    page: Page
    language: str
    taps: int = 0
    done: dict[str, int] = field(default_factory=dict)

    def word(self, english: str) -> str:
        """Return what stands on the screen."""
        return english if self.language == "en" else translations("zh").gettext(english)

    def tap(self, role: str, name: str, *, within: Locator | None = None) -> None:
        """Tap something by its name."""
        (within or self.page).get_by_role(role, name=called(self.word(name), exact=False)).first.click()  # type: ignore[arg-type]
        self.taps += 1

    def choose(self, legend: str, at: int) -> None:
        """Tap one of the chips under a legend."""
        group = self.page.get_by_role("group", name=called(self.word(legend), exact=False)).first
        group.get_by_role("radio").nth(at).check()
        self.taps += 1

    def type(self, label: str, text: str) -> None:
        """Type into a field."""
        self.page.get_by_label(called(self.word(label), exact=False)).first.press_sequentially(text)
        self.taps += 1

    def finished(self, what: str) -> None:
        """Note how many interactions something took, and begin to count anew."""
        self.done[what], self.taps = self.taps, 0
        assert self.done[what] <= MOST[what], (what, self.done)

    def sees(self, text: str) -> None:
        """Wait until a text stands on the page."""
        expect(self.page.get_by_text(re.compile(re.escape(self.word(text).partition("%(")[0]))).first).to_be_visible()


def sit_down(open_page: Open, who: str, language: str, *, scripts: bool = True) -> Hand:
    """Let somebody sign in on a phone and read in a language."""
    page = open_page("phone", language, scripts=scripts)
    act_as(page, who)
    read_in(page, language)
    return Hand(page, language)


def register(seller: Hand, phone: str, line: int) -> str:
    """Register from a phone that was set up beforehand; return the address of the registration."""
    seller.type("Phone or name of the customer", phone)
    seller.page.locator(".found button").first.click()
    seller.taps += 1
    expect(seller.page.locator("#verdict")).to_have_class(re.compile("free|own|deciding"))
    expect(seller.page.locator("#value_band input:checked")).not_to_have_value("")  # a rule needs it: chosen as usual
    seller.choose("Product line", line)
    seller.choose("Closing month", 1)
    seller.tap("button", "Submit")
    seller.page.wait_for_url(re.compile(r"/registrations/[0-9a-z]{16}$"))
    expect(seller.page.locator("#state")).to_contain_text(seller.word("In review"))
    seller.finished("register")
    return seller.page.url


def card_of(decider: Hand, number: str) -> Locator:
    """Return the card of a request on the home page."""
    decider.page.goto("/")
    card = decider.page.locator("article.approval-card", has_text=number)
    expect(card).to_be_visible()
    return card


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_project_from_one_field_to_protection(
    open_page: Open, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, phone = SELLERS[language]
    seller = sit_down(open_page, name, language)
    address = register(seller, phone, 0)
    customer, number = (seller.page.locator(part).first.inner_text() for part in ("h1", ".page-head .lead"))
    seller.tap("button", "Nudge")
    expect(seller.page.locator(".nudged")).to_be_visible()
    seller.finished("nudge")

    approver = sit_down(open_page, APPROVER, language)
    card_of(approver, number).get_by_role("link").first.click()
    approver.page.locator("details.return summary").click()
    approver.page.locator("details.return textarea").fill("Who pays?")
    approver.page.locator("details.return button[type=submit]").click()
    seller.page.goto(address)
    expect(seller.page.locator("#question")).to_have_text("Who pays?")
    seller.type("Your answer", "The city.")
    seller.tap("button", "Answer")
    expect(seller.page.locator("#state")).to_contain_text(seller.word("In review"))
    seller.finished("answer")

    approver.taps = 0
    card = card_of(approver, number)
    approver.tap("button", "Approve", within=_opened(approver, card))
    settle(approver.page)
    approver.finished("approve")
    seller.page.goto(address)
    expect(seller.page.locator("#days-left")).to_contain_text("90")
    seller.page.locator("#state summary").first.click()
    seller.taps += 1
    seller.choose("What happened", 0)
    seller.type("What was agreed", "Met the buyer")
    seller.tap("button", "Extend")
    expect(seller.page.locator("#days-left")).to_contain_text("120")
    seller.finished("extend")

    second = sit_down(open_page, SECOND, language)
    second.page.goto("/registrations/new")
    second.type("Phone or name of the customer", customer)
    second.tap("button", "Look")
    expect(second.page.locator("#verdict")).to_have_class(re.compile("claimed"))
    expect(second.page.locator("main")).not_to_contain_text(name)
    with capsys.disabled():
        sys.stdout.write(f"\ninteractions, {language}: {seller.done | approver.done}\n")


def _opened(decider: Hand, card: Locator) -> Locator:
    """Open the card for a decision."""
    card.locator("details.decide-fold > summary").click()
    decider.taps += 1
    return card


@pytest.mark.parametrize("language", ["en", "zh"])
def test_withdrawn_undone_and_refused(open_page: Open, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, phone = SELLERS[language]
    seller = sit_down(open_page, name, language)
    address = register(seller, phone, 2)
    number = seller.page.locator(".page-head .lead").inner_text()
    seller.tap("button", "Withdraw")
    seller.sees("Closed: %(reason)s")
    seller.taps = 0
    seller.tap("button", "Undo the withdrawal")
    expect(seller.page.locator("#state")).to_contain_text(seller.word("In review"))
    seller.finished("undo")
    approver = sit_down(open_page, APPROVER, language)
    card = _opened(approver, card_of(approver, number))
    card.locator("details.refuse summary").click()
    approver.taps += 1
    approver.tap("button", "Too early", within=card)
    settle(approver.page)
    approver.finished("refuse")
    seller.page.goto(address)
    seller.sees("Closed: %(reason)s")
    with capsys.disabled():
        sys.stdout.write(f"\ninteractions, {language}: {seller.done | approver.done}\n")


def test_without_scripts_a_customer_is_looked_up_and_registered(open_page: Open) -> None:
    seller = sit_down(open_page, SELLERS["en"][0], "en", scripts=False)
    seller.type("Phone or name of the customer", SELLERS["en"][1])
    seller.tap("button", "Look")
    seller.choose("Product line", 3)
    seller.choose("Closing month", 0)
    seller.tap("button", "Submit")
    seller.page.wait_for_url(re.compile(r"/registrations/[0-9a-z]{16}$"))
    expect(seller.page.locator("#state")).to_contain_text("In review")
    seller.finished("register")


@pytest.mark.parametrize(("language", "colours"), [("en", "light"), ("zh", "dark")])
def test_axe_finds_nothing(open_page: Open, language: str, colours: str) -> None:
    found: list[str] = []
    for who, pages in {
        "苏晓禾": ["/", "/registrations", "/registrations/new", "/registrations/pool", "/registrations?q=zzz"],
        "沈若岚": ["/", "/registrations"],
    }.items():
        page = open_page("phone", language, colours)
        act_as(page, who)
        for path in pages:
            page.goto(path)
            found += violations(page)
        for standing in ("protected", "your_turn", "review", "closed"):
            page.goto(f"/registrations?standing={standing}")
            link = page.locator("td a")
            if not link.count():
                continue
            link.first.click()
            settle(page)
            for fold in page.locator("#state summary:visible, #house summary:visible").all():
                fold.click()
            found += violations(page)
            edit = page.locator("#state a[href$='/edit']")
            if edit.count():
                edit.click()
                found += violations(page)
        if who == "苏晓禾":
            page.goto("/registrations/new")
            page.locator("#q").fill("Egret Bookshop")
            page.locator(".ask button").click()
            expect(page.locator("#verdict")).to_be_visible()
            page.locator("#card summary").click()
            found += violations(page)
    assert not found, "\n".join(sorted(set(found)))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_customer_changes_hands_and_comes_back(open_page: Open, language: str) -> None:
    manager = sit_down(open_page, MANAGER, language)
    manager.page.goto("/customers")
    manager.page.locator("main tr", has_text="青溪医院").get_by_role("link").first.click()
    settle(manager.page)
    address = manager.page.url
    manager.page.locator('a[href*="/transfers/new"]').first.click()
    house = manager.page.get_by_label(manager.word("Organisation"), exact=True)
    house.select_option(label={"en": "Haixing Systems", "zh": "海杏弱电"}[language])
    manager.tap("button", "Show people")
    manager.page.get_by_label(manager.word("Person"), exact=True).select_option(label=SECOND)
    manager.tap("button", "Show what would move")
    expect(manager.page.locator("#preview li").first).to_be_visible()
    assert violations(manager.page) == []
    manager.tap("button", "Hand over", within=manager.page.locator("#preview"))
    manager.page.wait_for_url(re.compile(r"/transfers/[0-9a-z]{16}$"))
    manager.taps += 3  # the link and two choices
    manager.finished("transfer")
    receiver = sit_down(open_page, SECOND, language)
    receiver.page.goto(address)
    expect(receiver.page.locator(".page-head")).to_contain_text("青溪医院")
    receiver.sees("Who held this customer")
    manager.page.on("dialog", lambda dialog: dialog.accept())
    manager.tap("button", "Take back")
    expect(manager.page.get_by_text(manager.word("Taken back")).first).to_be_visible()
    manager.finished("take back")
    assert receiver.page.goto(address).status == 404  # type: ignore[union-attr]

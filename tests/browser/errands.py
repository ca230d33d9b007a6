"""What people do who sell a site of 24 cameras in two groups, told in the words of the screen."""

import re
from datetime import date

from playwright.sync_api import expect

from tests.browser.newcomer import Newcomer, called

PEOPLE = {"en": "Amina Odhiro", "zh": "林知夏"}
PAPER = {"en": "PDF English", "zh": "PDF 简体中文"}
HOUSE_WORDS = ("Partner price", "You buy for", "Margin at list price", "伙伴价", "您的进价", "毛利")
AMOUNT = re.compile(r"\d[\d,]*\.\d\d")
CAMERA_LINE = re.compile(r"(?:Camera group|摄像机组)\s*\d\s+(?:demonstration|演示)\s+(\d+)\s")


def begin(new: Newcomer, template: str) -> None:
    """From the sign-in page to the first proposal."""
    new.tap("button", f"{new.word('Act as')} {PEOPLE[new.language]}")
    new.tap("link", "New configuration")
    new.tap("link", template, exact=False)
    new.fill("Indoor cameras", "16")
    new.fill("Outdoor cameras", "8")
    new.tap("button", "Show the proposal")


def from_a_template(new: Newcomer) -> None:
    """Take what the portal proposes."""
    begin(new, "School")


def an_own_site(new: Newcomer) -> None:
    """Answer six questions oneself, in both groups and for the whole site."""
    begin(new, "Own site")
    new.tap("link", f"{new.word('Change it')}: {new.word('Camera group 1')}")
    new.answer("Resolution", "5 MP")
    new.answer("Used at night", "Yes")
    new.tap("link", "Camera group 2", exact=False)
    expect(new.page.get_by_role("heading", name=called(new.word("Camera group 2")))).to_be_visible()
    new.answer("Resolution", "5 MP")
    new.answer("Within public reach", "Yes")
    new.tap("link", "Recording", exact=False)
    new.answer_number("Days kept", 45)
    new.answer("Protection against disk failure", "RAID 5")


def quote(new: Newcomer) -> str:
    """Make a quote and issue it; return whose it is."""
    new.tap("button", "Make a quote")
    customer = new.choose("Customer")
    new.tap("button", "Issue the quote")
    return customer


def resell(new: Newcomer, customer: str, markup: str = "") -> None:
    """Make one's own offer of the issued quote, download it and read it."""
    new.tap("button", "Resale quotation")
    if markup:
        new.fill("Markup in percent", markup)
    expect(new.find("button", "Issue and make the PDF")).to_be_visible()
    bought = purchase_prices(new)
    new.tap("button", "Issue and make the PDF")
    check_paper(new, new.download(PAPER[new.language]), customer, bought)


def purchase_prices(new: Newcomer) -> set[str]:
    """Return the amounts that only this screen may show: what is paid for the lines and for all, and not asked for."""
    rows = [row.get_by_role("cell").all_inner_texts() for row in new.page.get_by_role("row").all()]
    priced = [cells for cells in rows if len(cells) == 7]
    sums = re.findall(
        rf"{new.word('You buy for')}\s+\D{{1,3}}({AMOUNT.pattern})", new.page.get_by_role("main").inner_text()
    )
    assert len(priced) > 5
    assert len(sums) == 1
    return {cells[2] for cells in priced} - {cells[column] for cells in priced for column in (3, 5, 6)} | set(sums)


def check_paper(new: Newcomer, text: str, customer: str, bought: set[str]) -> None:
    """The customer, 24 cameras in two lines, the total; nothing of the house."""
    assert any(name in text for name in customer.split(" · "))
    assert sorted(map(int, CAMERA_LINE.findall(text))) == [8, 16]
    assert new.word("Total with tax") in text
    assert not bought & set(AMOUNT.findall(text))
    assert not [word for word in HOUSE_WORDS if word in text]


def order(new: Newcomer) -> None:
    """From the offer back to the quote, order there, and download the confirmation."""
    back, quoted = (
        new.page.get_by_role("link", name=re.compile(rf"{letter}-\d{{4}}-\d{{6}}")).first for letter in ("RS", "Q")
    )
    if not quoted.is_visible():
        new.press(back)  # from the page of the documents, to which one without JavaScript was led
    new.press(quoted)
    new.tap("link", "Place the order")
    new.fill("Your purchase order number", "PO 4711")
    new.fill_day("Wanted on", date.today().year + 1)
    new.tap("button", "Place the order")
    expect(new.page.get_by_role("heading", name=re.compile(r"^O-\d{4}-\d{6}$"))).to_be_visible()
    assert "PO 4711" in new.download(PAPER[new.language])

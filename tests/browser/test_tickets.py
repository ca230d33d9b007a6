"""A ticket with two photos on a phone; what follows it, in both languages, is in test_support."""

import re
from io import BytesIO

from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_accessibility import violations
from tests.browser.test_faults import FAULT, LINE, WITH_A_FAULT
from tests.browser.test_registrations import Hand, sit_down


def photo(name: str, colour: str) -> dict[str, object]:
    content = BytesIO()
    Image.new("RGB", (640, 480), colour).save(content, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": content.getvalue()}


def send_with_photos(hand: Hand, language: str, *, scripts: bool = True) -> None:
    """Choose product and fault, go on to the ticket, add two photos at once, send; axe itself needs scripts."""
    page = hand.page
    page.goto("/faults")
    for name in (LINE[language], FAULT[language]):
        page.get_by_role("link", name=name, exact=True).click()
        hand.taps += 1
    page.locator('.matches a[href^="/tickets/new"]').last.click()
    hand.taps += 1
    page.wait_for_url(re.compile("/tickets/new"))
    assert not scripts or violations(page) == []
    page.locator("#files").set_input_files([photo("night.jpg", "navy"), photo("switch.jpg", "gray")])
    hand.taps += 1
    page.locator("form.ticket-new button[type=submit]").click()
    hand.taps += 1
    page.wait_for_url(re.compile(r"/tickets/[0-9a-z]{16}$"))


def test_without_javascript(open_page: Open) -> None:
    hand = sit_down(open_page, WITH_A_FAULT["en"], "en", scripts=False)
    send_with_photos(hand, "en", scripts=False)
    expect(hand.page.locator("#conversation img")).to_have_count(2)

"""A ticket with two photos on a phone, in both languages, its rating and its reopening; every tap is counted."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_accessibility import violations
from tests.browser.test_faults import FAULT, LINE, WITH_A_FAULT
from tests.browser.test_registrations import Hand, sit_down

AGENT = "乔一诺"
MOST_TAPS = {"ticket with two photos": 5, "rate": 1, "reopen": 1}


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


def solve(agent: Hand, address: str) -> None:
    """Take a ticket and say what helped."""
    page = agent.page
    page.goto(address)
    page.locator('#work form[action$="/assign"] button').first.click()
    expect(page.locator("#work .facts")).to_contain_text(AGENT)
    form = page.locator('#work form[action$="/solve"]')
    page.locator("#work details", has=page.locator('form[action$="/solve"]')).locator("summary").click()
    form.locator("textarea").fill("PoE 供电预算不足：换用更大功率的交换机。")
    form.locator("button").click()
    expect(page.locator("#solved")).to_contain_text("PoE")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_ticket_with_photos_is_solved_rated_and_opened_again(
    open_page: Open, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hand = sit_down(open_page, WITH_A_FAULT[language], language)
    page, done = hand.page, {}
    send_with_photos(hand, language)
    done["ticket with two photos"], hand.taps = hand.taps, 0
    expect(page.locator("#conversation img")).to_have_count(2)
    assert violations(page) == []
    address = page.url
    agent = sit_down(open_page, AGENT, "zh")
    solve(agent, address)
    assert violations(agent.page) == []
    page.goto(address)
    assert violations(page) == []
    page.locator("#rate button").nth(4).click()
    done["rate"] = 1
    expect(page.locator("#rate")).to_contain_text("5")
    expect(page.locator("#rate form")).to_have_count(0)
    page.locator("#solved button").click()
    done["reopen"] = 1
    expect(page.locator("#solved")).to_have_count(0)
    assert all(done[what] <= most for what, most in MOST_TAPS.items()), done
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with capsys.disabled():
        print(f"\n{language}: " + ", ".join(f"{what} {taps}" for what, taps in done.items()))  # noqa: T201


def test_without_javascript(open_page: Open) -> None:
    hand = sit_down(open_page, WITH_A_FAULT["en"], "en", scripts=False)
    send_with_photos(hand, "en", scripts=False)
    expect(hand.page.locator("#conversation img")).to_have_count(2)


@pytest.mark.parametrize(("who", "size", "colours"), [(AGENT, "tablet", "dark"), ("江望舒", "upright", "light")])
def test_the_desk_is_for_everybody(open_page: Open, who: str, size: str, colours: str) -> None:
    page = open_page(size, "zh", colours)
    page.locator("form", has_text=who).get_by_role("button").first.click()
    page.wait_for_load_state()
    paths = ["/tickets?view=open", "/tickets/new", "/equipment"] + (
        ["/desk", "/desk/queues/new"] if who != AGENT else []
    )
    for path in paths:
        page.goto(path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path

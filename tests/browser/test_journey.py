"""The whole journey: sign in, configure, refuse a greyed value, quote, read both PDFs, revise."""

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import Open, act_as

SIZES = ("tablet", "upright", "phone")
WORDS = {
    "en": {"issued": "Issued", "superseded": "Superseded", "pdf": ("Quote", "Subtotal", "Page 1 of")},
    "zh": {"issued": "已签发", "superseded": "已被取代", "pdf": ("报价单", "小计", "第 1 页")},
}


def choose(page: Page, key: str, value: str) -> None:
    """Tap a value of a question and wait until the panel shows it as chosen."""
    button = page.locator(f'#question-{key} button[name="value"][value="{value}"]')
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def put(page: Page, key: str, value: str) -> None:
    """Type a number into a question."""
    page.locator(f"#value-{key}").fill(value)
    with page.expect_response(lambda answer: answer.url.endswith("/choices") and answer.ok):
        page.locator(f"#set-{key}").click()
    expect(page.locator(f"#open-{key}")).to_be_visible()
    expect(page.locator(f"#value-{key}")).to_have_value(value)


def start(page: Page, name: str, cameras: str = "16") -> None:
    """Answer the first screen."""
    page.goto("/configurations/new")
    page.locator("#name").fill(name)
    page.locator("#customer").select_option(index=1)
    page.locator("#cameras").fill(cameras)
    page.locator("#days").fill("30")
    page.locator("form button[type=submit].btn-primary").last.click()
    expect(page.locator("#running-price")).to_be_visible()


def issue(page: Page) -> None:
    """Issue the draft on the page and wait until both PDFs are there."""
    page.locator("button#issue").click()
    expect(page.locator("#documents a.btn")).to_have_count(2, timeout=60_000)


def read_pdf(page: Page, language: str) -> str:
    """Download a PDF as a person would and return its text."""
    link = page.locator(f'#documents a[href$="/{language}.pdf"]')
    with page.expect_download() as caught:
        link.click()
    content = Path(caught.value.path()).read_bytes()
    return "\n".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", SIZES)
def test_from_sign_in_to_a_revised_quote(open_page: Open, size: str, language: str, colours: str) -> None:
    page = open_page(size, language, colours)
    act_as(page, "苏晓禾")
    if page.locator("html").get_attribute("lang") != ("zh-Hans" if language == "zh" else "en"):
        page.locator("details.person summary").click()
        page.locator(f'button[name="locale"][value="{language}"]').first.click()
        page.wait_for_load_state()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans" if language == "zh" else "en")
    if colours == "dark":
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    start(page, f"枫岭 {size} {colours} 㛃")
    price = page.locator("#running-price").inner_text()
    choose(page, "resolution", "4mp")
    choose(page, "raid", "raid5")
    put(page, "recorders", "1")
    choose(page, "power", "recorder")
    expect(page.locator("#saved")).to_be_visible()
    assert page.locator("#running-price").inner_text() != price

    greyed = page.locator('#question-recorder button[value="DS-7716NXI-I4/16P/S"]')
    expect(greyed).to_have_class(re.compile("greyed"))
    greyed.click()
    expect(page.locator("#refusal")).to_be_visible()
    expect(page.locator("#refusal .reason")).to_have_count(2)
    expect(greyed).to_have_attribute("aria-pressed", "false")
    page.locator("#undo").click()
    expect(page.locator("#open-power")).to_have_count(0)
    page.locator("#redo").click()
    expect(page.locator("#open-power")).to_be_visible()

    page.locator("#bill form button.btn-primary").click()
    page.wait_for_url(re.compile("/quotes/"))
    issue(page)
    expect(page.locator("h1")).to_contain_text("Q-")
    number = page.locator("h1").inner_text().split()[0]
    for wanted in ("en", "zh"):
        text = read_pdf(page, wanted)
        assert number in text
        assert all(word in text for word in WORDS[wanted]["pdf"]), text[:500]
        assert "㛃" in text
        assert "枫岭" in text

    page.locator("button#revise").click()
    page.wait_for_url(lambda url: url.endswith(tuple("0123456789abcdefghjkmnpqrstvwxyz")))
    expect(page.locator("h1")).to_contain_text("R2")
    draft = page.url
    page.locator('.related a[href*="/configurations/"]').click()
    put(page, "cameras", "12")
    page.goto(draft)
    page.locator("button#refresh").click()
    expect(page.locator("#changes")).to_be_visible()
    issue(page)
    expect(page.locator("h1")).to_contain_text(f"{number} R2")
    page.locator('.related a[href*="/quotes/"]').first.click()
    expect(page.locator(".page-head .chip")).to_have_text(WORDS[language]["superseded"])
    assert page.locator("button#issue, button#revise").count() == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_without_javascript(open_page: Open, language: str) -> None:
    page = open_page("tablet", language, scripts=False)
    act_as(page, "林知夏")
    start(page, "无脚本")
    page.locator('#question-raid button[value="raid5"]').click()
    expect(page.locator('#question-raid button[value="raid5"]')).to_have_attribute("aria-pressed", "true")
    page.locator('#question-power button[value="recorder"]').click()
    page.locator('#question-recorder button[value="DS-7716NXI-I4/16P/S"]').click()
    expect(page.locator("#refusal")).to_be_visible()
    page.locator("#instead").click()
    expect(page.locator('#question-recorder button[value="DS-7716NXI-I4/16P/S"]')).to_have_attribute(
        "aria-pressed", "true"
    )
    page.locator("#bill form button.btn-primary").click()
    page.locator("button#issue").click()
    for _ in range(120):
        if page.locator("#documents a.btn").count() == 2:
            break
        page.locator("#documents .no-script a, #documents").first.click()
        page.reload()
    expect(page.locator('#documents a[href$=".pdf"]')).to_have_count(2)


def test_two_tabs_on_one_draft(open_page: Open) -> None:
    page = open_page()
    act_as(page, "苏晓禾")
    start(page, "Two tabs")
    other = page.context.new_page()
    other.goto(page.url)
    put(other, "days", "45")
    page.locator("#value-cameras").fill("9")
    page.locator("#set-cameras").click()
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator("#value-days")).to_have_value("45")
    page.locator("#again").click()
    expect(page.locator("#value-cameras")).to_have_value("9")
    expect(page.locator("#value-days")).to_have_value("45")


def test_quick_fingers_lose_no_tap(open_page: Open) -> None:
    page = open_page()
    act_as(page, "苏晓禾")
    start(page, "Quick")
    wanted = {"resolution": "4mp", "codec": "h265", "raid": "raid5", "fps": "15", "scene": "busy"}
    page.evaluate(
        """wanted => Object.entries(wanted).forEach(([key, value]) =>
        document.querySelector(`#question-${key} button[value="${value}"]`).click())""",
        wanted,
    )
    for key, value in wanted.items():
        expect(page.locator(f'#question-{key} button[value="{value}"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#stale")).to_have_count(0)


def test_a_number_is_saved_when_its_field_is_left(open_page: Open) -> None:
    page = open_page("phone")
    act_as(page, "苏晓禾")
    start(page, "Left field")
    page.locator("#value-days").fill("45")
    with page.expect_response(lambda answer: answer.url.endswith("/choices") and answer.ok):
        page.locator("#value-days").blur()
    page.reload()
    expect(page.locator("#value-days")).to_have_value("45")


def test_bad_numbers_stay_in_their_field(open_page: Open) -> None:
    page = open_page("phone", "zh")
    act_as(page, "苏晓禾")
    start(page, "坏输入")
    for typed in ("abc", "0", "-1", "1000000000", "😀"):
        page.locator("#value-days").fill(typed)
        page.locator("#set-days").click()
        expect(page.locator("#error-days")).to_be_visible()
        expect(page.locator("#value-days")).to_have_value(typed)


def test_keyboard_alone(open_page: Open) -> None:
    page = open_page()
    act_as(page, "苏晓禾")
    start(page, "Keyboard")
    page.locator('#question-raid button[value="raid5"]').focus()
    page.keyboard.press("Enter")
    pressed = page.locator('#question-raid button[value="raid5"]')
    expect(pressed).to_have_attribute("aria-pressed", "true")
    expect(pressed).to_be_focused()  # the panel was exchanged, the focus stayed
    page.keyboard.press("Control+k")
    expect(page.locator("[data-search]")).to_be_focused()

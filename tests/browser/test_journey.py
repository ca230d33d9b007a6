"""The whole journey: sign in, configure, refuse a greyed value, quote, read both PDFs, revise."""

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import Open, act_as, read_in

WORDS = {
    "en": {"issued": "Issued", "superseded": "Superseded", "pdf": ("Quote", "Subtotal", "Page 1 of")},
    "zh": {"issued": "已签发", "superseded": "已被取代", "pdf": ("报价单", "小计", "第 1 页")},
}


STEPS = {
    "scene": ("cameras", "location", "resolution", "camera"),
    "picture": ("codec", "fps", "scene", "substream"),
    "connection": ("power", "poe_class", "cable_m"),
    "recording": ("days", "raid", "recorder", "recorders", "disk", "disks", "bandwidth_reserve"),
    "network": ("switch", "poe_reserve"),
}
CAMERAS, RESOLUTION, POWER = ("camera_group-1-" + name for name in ("cameras", "resolution", "power"))


def step(page: Page, key: str) -> None:
    """Go to the step that asks a question, by the strip at the top."""
    wanted = next(step for step, keys in STEPS.items() if key.rpartition("-")[2] in keys)
    if page.locator("#panel").get_attribute("data-place") != wanted:
        page.locator(f"#to-{wanted}").press("Enter")  # a tap misses while an answer still moves the page
        expect(page.locator("#panel")).to_have_attribute("data-place", wanted)
        expect(page.locator(f"#question-{key}")).to_be_visible()


def choose(page: Page, key: str, value: str) -> None:
    """Tap a value of a question and wait until the panel shows it as chosen."""
    step(page, key)
    button = page.locator(f'#question-{key} button[name="value"][value="{value}"]')
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def unfold(page: Page, key: str) -> None:
    """Open what is folded of a question: further values, and those that are not possible now."""
    for fold in page.locator(f"#question-{key} details.fold:not([open]) > summary").all():
        fold.click()


def put(page: Page, key: str, value: str) -> None:
    """Type a number into a question."""
    step(page, key)
    page.locator(f"#value-{key}").fill(value)
    with page.expect_response(lambda answer: answer.url.endswith("/choices") and answer.ok):
        page.locator(f"#set-{key}").click()
    expect(page.locator(f"#open-{key}")).to_be_visible()
    expect(page.locator(f"#value-{key}")).to_have_value(value)


def start(page: Page, name: str, *, full: bool = False) -> None:
    """Answer the first screen, and say on the overview whose site it is; `full` shows all questions."""
    page.goto("/configurations/new?template=own")
    page.locator("#name").fill(name)
    page.locator("form.answers button.btn-primary").click()
    expect(page.locator("#overview")).to_be_visible()
    page.locator("#customer").select_option(index=1)
    page.locator("#details button[type=submit]").click()
    expect(page.locator(".alert-success")).to_be_visible()
    if full:
        page.locator("nav.views a").last.click()
        expect(page.locator("nav.views a").last).to_have_attribute("aria-current", "true")


def sized(page: Page) -> None:
    """Sixteen cameras, thirty days."""
    put(page, CAMERAS, "16")
    put(page, "days", "30")


def price(page: Page) -> str:
    """The running price, also where the bill is a closed sheet."""
    return (page.locator("#running-price").text_content() or "").strip()


def make_quote(page: Page) -> None:
    """Make a quote of the proposal; on a narrow screen the bill is opened first."""
    if page.locator("#price-bar").is_visible():
        page.locator("#price-bar").click()
    page.locator("#bill form[action*='/quotes/from/'] button").click()
    page.wait_for_url(re.compile("/quotes/"))


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


@pytest.mark.parametrize(("size", "language", "colours"), [("tablet", "en", "light"), ("phone", "zh", "dark")])
def test_from_sign_in_to_a_revised_quote(open_page: Open, size: str, language: str, colours: str) -> None:
    page = open_page(size, language, colours)
    act_as(page, "苏晓禾")
    read_in(page, language)
    if colours == "dark":
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    start(page, f"枫岭 {size} {colours} 㛃")
    sized(page)
    before = price(page)
    choose(page, RESOLUTION, "4mp")
    choose(page, "raid", "raid5")
    choose(page, POWER, "recorder")
    expect(page.locator("#saved")).to_be_attached()
    assert price(page) != before

    step(page, "recorder")
    greyed = page.locator('#question-recorder button[value="DS-7716NXI-I4/16P/S"]')
    expect(greyed).to_have_class(re.compile("greyed|missing"))
    unfold(page, "recorder")
    greyed.click()
    expect(page.locator("#refusal")).to_be_visible()
    expect(greyed).to_have_attribute("aria-pressed", "false")
    step(page, POWER)
    page.locator("#undo").click()
    expect(page.locator(f"#open-{POWER}")).to_have_count(0)
    page.locator("#redo").click()
    expect(page.locator(f"#open-{POWER}")).to_be_visible()

    make_quote(page)
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
    put(page, CAMERAS, "12")
    page.goto(draft)
    page.locator("button#refresh").click()
    expect(page.locator("#changes")).to_be_visible()
    issue(page)
    expect(page.locator("h1")).to_contain_text(f"{number} R2")
    page.locator('.related a[href*="/quotes/"]').first.click()
    expect(page.locator(".page-head .chip")).to_have_text(WORDS[language]["superseded"])
    assert page.locator("button#issue, button#revise").count() == 0


def test_the_same_without_javascript(open_page: Open) -> None:
    page = open_page("tablet", "en", scripts=False)
    act_as(page, "林知夏")
    start(page, "无脚本")
    with page.expect_navigation():
        page.locator("#to-scene").press("Enter")
    page.locator("#value-camera_group-1-cameras").fill("16")
    with page.expect_navigation():  # what comes next must not be asked of the page before
        page.locator("#set-camera_group-1-cameras").click()
    expect(page.locator("#open-camera_group-1-cameras")).to_be_visible()
    with page.expect_navigation():
        page.locator("#to-recording").press("Enter")
    page.locator('#question-raid button[value="raid5"]').click()
    expect(page.locator('#question-raid button[value="raid5"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#delta")).to_be_visible()
    page.locator("#before").click()
    page.locator(f'#question-{POWER} button[value="recorder"]').click()
    page.locator("#after").click()
    unfold(page, "recorder")
    page.locator('#question-recorder button[value="DS-7716NXI-I4/16P/S"]').click()
    expect(page.locator("#refusal")).to_be_visible()
    page.locator("#instead").click()
    expect(page.locator('#question-recorder button[value="DS-7716NXI-I4/16P/S"]')).to_have_attribute(
        "aria-pressed", "true"
    )
    page.locator("#bill form[action*='/quotes/from/'] button").click()
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
    sized(page)
    step(page, CAMERAS)
    other = page.context.new_page()
    other.goto(page.url)
    put(other, "days", "45")
    page.locator("#value-camera_group-1-cameras").fill("9")
    page.locator("#set-camera_group-1-cameras").click()
    expect(page.locator("#stale")).to_contain_text("45")
    page.locator("#again").click()
    expect(page.locator("#value-camera_group-1-cameras")).to_have_value("9")
    step(page, "days")
    expect(page.locator("#value-days")).to_have_value("45")


def test_quick_fingers_lose_no_tap(open_page: Open) -> None:
    page = open_page()
    act_as(page, "苏晓禾")
    start(page, "Quick", full=True)
    step(page, "camera_group-1-codec")
    values = {"codec": "smart", "fps": "15", "scene": "busy", "substream": "0"}
    wanted = {f"camera_group-1-{key}": value for key, value in values.items()}
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
    step(page, "days")
    page.locator("#value-days").fill("45")
    with page.expect_response(lambda answer: answer.url.endswith("/choices") and answer.ok):
        page.locator("#value-days").blur()
    page.reload()
    expect(page.locator("#value-days")).to_have_value("45")


def test_bad_numbers_stay_in_their_field(open_page: Open) -> None:
    page = open_page("phone", "zh")
    act_as(page, "苏晓禾")
    start(page, "坏输入")
    step(page, "days")
    for typed in ("abc", "0", "-1", "1000000000", "😀"):
        page.locator("#value-days").fill(typed)
        page.locator("#set-days").click()
        expect(page.locator("#error-days")).to_be_visible()
        expect(page.locator("#value-days")).to_have_value(typed)


def test_keyboard_alone(open_page: Open) -> None:
    page = open_page()
    act_as(page, "苏晓禾")
    start(page, "Keyboard")
    page.locator("#to-recording").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#block-title")).to_be_focused()  # another step is read from its heading
    page.locator('#question-raid button[value="raid5"]').focus()
    page.keyboard.press("Enter")
    pressed = page.locator('#question-raid button[value="raid5"]')
    expect(pressed).to_have_attribute("aria-pressed", "true")
    expect(pressed).to_be_focused()  # the panel was exchanged, the focus stayed
    page.keyboard.press("Control+k")
    expect(page.locator("[data-search]")).to_be_focused()


def test_steps_are_addresses(open_page: Open) -> None:
    page = open_page()
    act_as(page, "苏晓禾")
    start(page, "Steps")
    overview = page.url
    step(page, "raid")
    assert page.url == f"{overview}?step=recording"
    page.locator("#after").click()
    expect(page.locator("#question-rack")).to_be_visible()
    page.go_back()
    expect(page.locator("#question-raid")).to_be_visible()
    page.go_back()
    expect(page.locator("#overview")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{overview}?step=connection")
    expect(other.locator(f"#question-{POWER}")).to_be_visible()
    other.locator("nav.views a").last.click()
    expect(other.locator("nav.views a").last).to_have_attribute("aria-current", "true")
    page.reload()
    expect(page.locator("nav.views a").last).to_have_attribute("aria-current", "true")


def test_the_bill_is_a_sheet_on_a_phone(open_page: Open) -> None:
    page = open_page("phone")
    act_as(page, "苏晓禾")
    start(page, "Sheet")
    step(page, "raid")
    expect(page.locator("#bill")).to_be_hidden()
    page.locator("#price-bar").click()
    expect(page.locator("#bill")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#bill")).to_be_hidden()
    page.locator("#price-bar").click()
    page.locator(".sheet-close").click()
    expect(page.locator("#bill")).to_be_hidden()
    expect(page.locator("#question-raid")).to_be_attached()

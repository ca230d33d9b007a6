"""A fault on a phone, in both languages: solved in three taps without typing a letter; with and without JavaScript."""

import re
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_accessibility import violations
from tests.browser.test_registrations import sit_down

WITH_A_FAULT = {"en": "Amina Odhiro", "zh": "袁工"}
LINE, FAULT = {"en": "Cameras", "zh": "摄像机"}, {"en": "Drops at night", "zh": "夜间掉线"}
ARTICLE = {"en": "PoE budget exceeded", "zh": "供电预算不足"}
MOST_TAPS = 3


def listen(page: Page) -> list[str]:
    """Return what will be typed or tapped on a page from now on, as the browser reports it."""
    seen: list[str] = []
    page.expose_function("noted", lambda kind: seen.append(kind))  # noqa: PLW0108 - it wraps functions only
    page.add_init_script(
        "for (const kind of ['keydown', 'click']) addEventListener(kind, (e) => e.isTrusted && noted(kind), true);"
    )
    return seen


@pytest.mark.parametrize("language", ["en", "zh"])
def test_solved_in_three_taps_without_typing(
    open_page: Open, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hand = sit_down(open_page, WITH_A_FAULT[language], language)
    page = hand.page
    seen = listen(page)
    page.goto("/faults")
    assert violations(page) == []
    page.get_by_role("link", name=LINE[language], exact=True).click()
    page.get_by_role("link", name=FAULT[language], exact=True).click()
    case = page.locator("details.case").first
    expect(case).to_contain_text(ARTICLE[language])
    expect(case.locator(".prose")).to_be_visible()  # it is read without another tap
    assert violations(page) == []
    case.get_by_role("button").click()
    page.wait_for_url(re.compile(r"/faults/solved/[0-9a-z]{16}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(hand.word("Solved"))
    assert seen.count("keydown") == 0
    assert seen.count("click") <= MOST_TAPS, seen
    assert violations(page) == []
    with capsys.disabled():
        pass


def test_the_same_without_javascript(open_page: Open) -> None:
    hand = sit_down(open_page, WITH_A_FAULT["en"], "en", scripts=False)
    page = hand.page
    page.goto("/faults")
    page.get_by_role("link", name=LINE["en"], exact=True).click()
    page.get_by_role("link", name=FAULT["en"], exact=True).click()
    page.locator("details.case").first.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Solved")


def compose(page: Page, field: str, signs: str, word: str) -> None:
    """Write a Chinese word by its sound: what is being composed outlasts the answer, and the field keeps its place."""
    keyboard = page.context.new_cdp_session(page)
    page.locator(field).click()
    top = page.locator(field).evaluate("(e) => Math.round(e.getBoundingClientRect().top)")
    with page.expect_response(lambda answer: signs in answer.url):
        keyboard.send("Input.imeSetComposition", {"text": signs, "selectionStart": 6, "selectionEnd": 6})
    page.wait_for_url(re.compile(f"text={signs}"))
    keyboard.send("Input.insertText", {"text": word})
    expect(page.locator(field)).to_have_value(word)
    expect(page.locator("details.case").first).to_be_visible()
    assert page.locator(field).evaluate("(e) => Math.round(e.getBoundingClientRect().top)") == top


def test_a_photo_of_an_unknown_label_and_words_as_they_are_typed(open_page: Open) -> None:
    hand = sit_down(open_page, WITH_A_FAULT["zh"], "zh")
    page = hand.page
    page.goto("/faults")
    label = BytesIO()
    code = zxingcpp.create_barcode("SN:NOBODY-17", zxingcpp.BarcodeFormat.QRCode).to_image(scale=8)
    Image.fromarray(code).save(label, "PNG")
    photo = {"name": "label.png", "mimeType": "image/png", "buffer": label.getvalue()}
    page.locator("#photo").set_input_files(photo)
    page.wait_for_url(re.compile("serial=NOBODY-17"))
    expect(page.locator(".alert")).to_contain_text("NOBODY-17")
    page.get_by_role("link", name=LINE["zh"], exact=True).click()
    compose(page, "#exact-text", "yejian", "夜间")
    page.locator("#exact-text").press_sequentially("四路掉线 e-cam-21")
    expect(page.locator("details.case").first).to_contain_text(ARTICLE["zh"])
    page.wait_for_url(re.compile("text="))
    expect(page.locator("#exact-error_code")).to_have_value("E-CAM-21")
    talk = page.locator(".talk a").get_attribute("href") or ""
    assert talk.startswith("/tickets/new?")
    assert {"serial=NOBODY-17", "line=cameras", "error_code=E-CAM-21"} <= set(talk.partition("?")[2].split("&"))

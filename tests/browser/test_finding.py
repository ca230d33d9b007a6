"""The search field by keyboard alone, and without scripts: open, type, walk down, land; nothing foreign is listed."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, act_as
from tests.browser.test_accessibility import violations

SELLER, OTHER = "苏晓禾", "林知夏"  # Qingxi Hospital is a customer of the first; the second does not know it
WORD, NAME = "qingxi", "青溪医院"


def look_for(page: Page, words: str) -> None:
    """Open the field by its shortcut and type, once the page's scripts listen."""
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    expect(page.locator("form.search [data-search]")).to_be_focused()
    page.keyboard.type(words)


def test_by_keyboard_alone(open_page: Open) -> None:
    page = open_page()
    act_as(page, SELLER)
    start = page.locator("main .actions a").first
    start.focus()
    look_for(page, WORD)
    found = page.locator("#quick .rows a")
    expect(found.first).to_contain_text(NAME)
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    expect(found.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("form.search [data-search]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")  # from what was found to the field
    expect(found).to_have_count(0)
    expect(page.locator("form.search [data-search]")).to_be_focused()
    page.keyboard.press("Escape")  # from the field to where the shortcut was pressed
    expect(start).to_be_focused()
    look_for(page, WORD)
    expect(found.first).to_contain_text(NAME)
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert re.search(r"/customers/[0-9a-z]{16}$", page.url)
    expect(page.locator(".page-head")).to_contain_text(NAME)


def test_nothing_foreign_is_listed(open_page: Open) -> None:
    page = open_page()
    act_as(page, OTHER)
    look_for(page, WORD)
    expect(page.locator("#quick .empty")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#quick .empty")).to_have_count(0)
    look_for(page, NAME)
    expect(page.locator("#quick #results")).to_be_visible()
    expect(page.locator("#quick")).not_to_contain_text(NAME)
    expect(page.locator("#quick")).not_to_contain_text(re.compile(WORD, re.IGNORECASE))


def test_without_scripts_the_page_of_the_search_does_the_same(open_page: Open) -> None:
    page = open_page("phone", scripts=False)
    act_as(page, SELLER)
    with page.expect_navigation():
        page.locator("a.search-link").click()
    page.locator("main [name=q]").fill(WORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    with page.expect_navigation():
        page.locator("#results .rows a", has_text=NAME).first.click()
    expect(page.locator(".page-head")).to_contain_text(NAME)

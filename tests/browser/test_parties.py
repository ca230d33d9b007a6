"""Customers kept in order: a duplicate merged and taken apart again, a list imported; axe looks at every page of it."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.formats import translations
from tests.browser.conftest import Open, act_as, read_in
from tests.browser.test_accessibility import violations

STEWARD, SELLER = "宋映雪", "苏晓禾"
LIST = "名称,英文名称,电话,地址\n{name},Larch Hall,0871-5550 0{last},示范路 9 号\n,No name,,\n"
LOOKS = pytest.mark.parametrize(("size", "language", "colours"), [("tablet", "zh", "dark"), ("phone", "en", "light")])


def word(language: str, english: str) -> re.Pattern[str]:
    said = english if language == "en" else translations("zh").gettext(english)
    return re.compile(re.escape(said))


def sit_down(open_page: Open, who: str, size: str, language: str, colours: str) -> Page:
    page = open_page(size, language, colours)
    act_as(page, who)
    read_in(page, language)
    return page


@LOOKS
def test_a_duplicate_is_merged_and_taken_apart_again(open_page: Open, size: str, language: str, colours: str) -> None:
    page = sit_down(open_page, STEWARD, size, language, colours)
    found: list[str] = []
    for path in ("/steward", "/steward/files", "/steward/merges"):
        page.goto(path)
        found += violations(page)
    page.goto("/steward/files")
    page.locator("main table a").first.click()
    found += violations(page)
    page.goto("/steward")
    page.locator("main tr", has_text="松禾物流").get_by_role("link").first.click()
    found += violations(page)
    page.get_by_role("button", name=word(language, "Make one of them")).click()
    expect(page.locator(".alert-success")).to_be_visible()
    page.goto("/steward/merges")
    found += violations(page)
    page.once("dialog", lambda question: question.accept())
    page.locator("form[action*='/undo'] button").first.click()
    expect(page.locator("form[action*='/undo']")).to_have_count(0)
    page.goto("/steward")
    expect(page.locator("main tr", has_text="松禾物流").first).to_be_visible()
    assert not found, "\n".join(sorted(set(found)))


@LOOKS
def test_a_list_of_customers_is_looked_at_and_taken_over(
    open_page: Open, size: str, language: str, colours: str
) -> None:
    page = sit_down(open_page, SELLER, size, language, colours)
    name = {"en": "落叶松会堂", "zh": "云杉会堂"}[language]
    page.goto("/customers/import")
    found = violations(page)
    content = LIST.format(name=name, last={"en": "191", "zh": "192"}[language]).encode()
    page.locator("input[type=file]").set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": content})
    page.locator("main form button.btn-primary").click()
    expect(page.locator("#list")).to_be_visible()
    found += violations(page)
    page.locator("form[action$='/take-over'] button").click()
    expect(page.locator("#list .chip-good")).to_be_visible()
    found += violations(page)
    page.goto(f"/customers?q={name}")
    page.locator("main table a").first.click()
    found += violations(page)
    page.get_by_role("link", name=word(language, "Edit")).first.click()
    found += violations(page)
    page.go_back()
    page.get_by_role("link", name=word(language, "Register a project")).click()
    expect(page.locator(".found")).to_contain_text(name)
    assert not found, "\n".join(sorted(set(found)))

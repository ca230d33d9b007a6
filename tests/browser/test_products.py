"""Products in a real browser: filters follow typing, a kind brings its own, chips come off, axe is content."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, act_as
from tests.browser.test_accessibility import CONTRAST, violations

ROW = "table.goods tbody tr"


def count(page: Page) -> int:
    return page.locator(ROW).count()


def test_filters_follow_what_one_types(open_page: Open) -> None:
    page = open_page("tablet", "en")
    act_as(page, "Amina")
    page.goto("/products")
    page.locator("#q").press_sequentially("7716", delay=40)
    expect(page.locator(ROW)).to_have_count(1)
    expect(page.locator("#q")).to_be_focused()
    expect(page).to_have_url(re.compile(r"q=7716"))
    page.locator("#q").fill("")
    expect(page.locator(ROW)).to_have_count(25)
    page.locator("#kind").select_option("switches")
    expect(page.locator("#facet-poe_budget")).to_be_attached()
    expect(page.locator(".filters li")).to_have_count(1)
    page.locator("details.more summary").click()
    page.locator("#facet-poe_ports").fill("24")
    expect(page.locator(".filters li")).to_have_count(3)  # with the one that takes all off
    shown = count(page)
    address = page.url
    page.goto(address)
    assert count(page) == shown
    page.locator(".filters a").nth(1).click()
    expect(page.locator(".filters li")).to_have_count(1)
    page.go_back()
    expect(page.locator(".filters li")).to_have_count(3)


def test_without_scripts_the_form_does_the_same(open_page: Open) -> None:
    page = open_page("phone", "en", scripts=False)
    act_as(page, "Amina")
    page.goto("/products")
    page.locator("#kind").select_option("recorders")
    page.locator("#product-filter button[type=submit]").click()
    page.locator("details.more summary").click()
    page.locator("#facet-channels").fill("32")
    page.locator("#product-filter button[type=submit]").click()
    expect(page.locator(".filters li")).to_have_count(3)
    assert count(page) == 5


def in_both_colours(page: Page) -> list[str]:
    """Return what axe finds on the page; in the dark only colours are other than in the light."""
    page.emulate_media(color_scheme="light")
    page.reload()  # otherwise colours fade into each other while axe looks
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    page.reload()
    return found + violations(page, CONTRAST)


@pytest.mark.parametrize(("size", "language"), [("tablet", "en"), ("upright", "zh"), ("phone", "zh")])
def test_every_state_of_the_pages_is_accessible(open_page: Open, size: str, language: str) -> None:
    page = open_page(size, language)
    act_as(page, "苏晓禾" if language == "zh" else "Amina")
    found: list[str] = []
    for path in (
        "/products?kind=switches&poe_ports=8&price_to=9000&maker=Nobody&sort=price",
        "/products?q=zzz",
        "/products?offer=known",
        "/products?kind=cameras&resolution=8mp",
    ):
        page.goto(path)
        found += in_both_colours(page)
    for sku in ("DS-2CD2143G2-I", "LQ-U3000R", "P3737-PLE", "LQ-SFP-LX"):
        page.goto(f"/products?q={sku}")
        page.locator(f"{ROW} a").first.click()
        expect(page.locator("main h1")).to_be_visible()
        found += in_both_colours(page)
    assert not found, "\n".join(sorted(set(found)))

"""axe finds no WCAG 2.2 AA violation on any page, in both languages, light and dark, on tablet and phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, act_as
from tests.browser.test_journey import start

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PAGES = {
    "苏晓禾": [
        "/", "/configurations", "/configurations/new", "/configurations?archived=1", "/quotes", "/quotes?state=draft",
        "/quotes?q=nobody", "/customers", "/customers/new", "/products", "/inbox", "/search?q=a", "/profile",
        "/people", "/nothing-here",
    ],
    "林知夏": ["/people/invite", "/people"],
    "袁工": ["/", "/configurations"],
    "沈若岚": ["/", "/quotes", "/people"],
    "叶知微": ["/", "/administration/rules", "/administration/rules/video-site/1"],
    "系统管理员": ["/", "/people", "/administration/outbox", "/administration/history"],
}  # fmt: skip


def violations(page: Page) -> list[str]:
    """Return what axe finds on the page, and whether it is wider than the screen."""
    page.evaluate("window.scrollTo(0, 0)")
    found = Axe().run(page, options=RULES).response["violations"]
    lines = [f"{page.url} {v['id']}: {n['html'][:120]} {n['failureSummary'][:200]}" for v in found for n in v["nodes"]]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return lines + ([f"{page.url} is {wide} px too wide"] if wide > 1 else [])


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize(("size", "language"), [("tablet", "zh"), ("phone", "en"), ("upright", "en")])
def test_every_page(open_page: Open, size: str, language: str, colours: str) -> None:
    found: list[str] = []
    for who, paths in PAGES.items():
        page = open_page(size, language, colours)
        found += violations(page)
        act_as(page, who)
        page.evaluate("1")
        for path in paths:
            page.goto(path)
            found += violations(page)
        for first in ("/quotes", "/customers", "/products"):
            page.goto(first)
            link = page.locator("main table a, main .list a").first
            if link.count():
                link.click()
                page.wait_for_load_state()
                found += violations(page)
    assert not found, "\n".join(sorted(set(found)))


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_configurator_in_all_its_states(open_page: Open, colours: str) -> None:
    page = open_page("tablet", "en", colours)
    act_as(page, "苏晓禾")
    start(page, "Accessible")
    found = violations(page)
    page.locator('#question-raid button[value="raid5"]').click()
    page.locator('#question-power button[value="recorder"]').click()
    expect(page.locator("#open-power")).to_be_visible()
    page.locator('#question-recorder button[value="DS-7716NXI-I4/16P/S"]').click()
    expect(page.locator("#refusal")).to_be_visible()
    found += violations(page)
    page.locator("#value-days").fill("abc")
    page.locator("#set-days").click()
    expect(page.locator("#error-days")).to_be_visible()
    found += violations(page)
    page.goto("/configurations/new")
    page.locator("form button[type=submit].btn-primary").last.click()
    expect(page.locator(".errors")).to_be_visible()
    found += violations(page)
    assert not found, "\n".join(sorted(set(found)))

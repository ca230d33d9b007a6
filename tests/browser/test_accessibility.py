"""axe finds no WCAG 2.2 AA violation on any page, in both languages, light and dark, on tablet and phone."""

from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, act_as, settle
from tests.browser.test_journey import POWER, choose, issue, make_quote, sized, start, unfold

ONLY_VIOLATIONS = {"resultTypes": ["violations"]}  # what is well need not be described element by element
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    **ONLY_VIOLATIONS,
}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, **ONLY_VIOLATIONS}
PAGES = {
    "苏晓禾": [
        "/", "/configurations", "/configurations/new", "/configurations/templates", "/configurations/sent", "/quotes",
        "/quotes?q=nobody", "/resale", "/letterhead", "/orders", "/customers", "/customers/new", "/products", "/inbox",
        "/search?q=a", "/profile", "/api/", "/nothing-here",
    ],
    "林知夏": ["/people/invite", "/people", "/tokens"],
    "袁工": ["/", "/configurations"],
    "叶知微": ["/", "/engineering", "/administration/rules", "/administration/rules/surveillance-site/1"],
    "系统管理员": ["/administration/outbox", "/administration/history"],
}  # fmt: skip
LISTS = {"/quotes", "/orders", "/customers", "/products", "/engineering"}  # whose first row is opened as well


def violations(page: Page, rules: dict[str, Any] = RULES) -> list[str]:
    """Return what axe finds on the page, and whether it is wider than the screen."""
    settle(page)
    page.evaluate("window.scrollTo(0, 0)")
    found = Axe().run(page, options=rules).response["violations"]
    lines = [f"{page.url} {v['id']}: {n['html'][:120]} {n['failureSummary'][:200]}" for v in found for n in v["nodes"]]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return lines + ([f"{page.url} is {wide} px too wide"] if wide > 1 else [])


LOOKS = pytest.mark.parametrize(("size", "language", "colours"), [("tablet", "zh", "dark"), ("phone", "en", "light")])


@LOOKS
def test_every_page(open_page: Open, size: str, language: str, colours: str) -> None:
    found = violations(open_page(size, language, colours))
    for who, paths in PAGES.items():
        page = open_page(size, language, colours)
        act_as(page, who)
        for path in paths:
            page.goto(path)
            found += violations(page)
            link = page.locator("main table a, main .list a").first
            if path in LISTS and link.count():
                link.click()
                found += violations(page)
    assert not found, "\n".join(sorted(set(found)))


@LOOKS
def test_the_configurator_in_all_its_states(open_page: Open, size: str, language: str, colours: str) -> None:
    page = open_page(size, language, colours)
    act_as(page, "苏晓禾")
    start(page, "Accessible")
    found, home = violations(page), page.url.partition("?")[0]
    sized(page)
    choose(page, "raid", "raid5")
    choose(page, POWER, "recorder")
    found += violations(page)
    page.locator("details.more > summary").click()
    found += violations(page)
    page.goto(f"{home}?step=recording&view=full")
    unfold(page, "recorder")
    page.locator('#question-recorder button[value="DS-7716NXI-I4/16P/S"]').click()
    expect(page.locator("#refusal")).to_be_visible()
    found += violations(page)
    page.locator("#value-days").fill("abc")
    page.locator("#set-days").click()
    expect(page.locator("#error-days")).to_be_visible()
    found += violations(page)
    for path in ("?step=scene", "?step=picture", "/sharing", "/comments", "/template", "/upgrade", "/ask"):
        page.goto(home + path)
        found += violations(page)
    page.locator("main textarea").first.fill("Does it work at -50 °C?")
    page.locator("main form button.btn-primary").last.click()
    found += violations(page)
    page.goto(home + "?view=simple")
    page.locator("#finish-menu > summary").click()
    page.locator("#finish-menu a").first.click()
    found += violations(page)
    page.goto(f"/configurations/compare?a={home.rpartition('/')[2]}")
    found += violations(page)
    page.locator("#b").select_option(index=1)
    page.locator("main form.filter button").click()
    found += violations(page)
    assert not found, "\n".join(sorted(set(found)))


@LOOKS
def test_a_deal_up_to_the_order(open_page: Open, size: str, language: str, colours: str) -> None:
    page = open_page(size, language, colours)
    act_as(page, "苏晓禾")
    start(page, "Deal")
    make_quote(page)
    found = violations(page)
    issue(page)
    found, quoted = found + violations(page), page.url
    page.locator("form[action$='/resale'] button").click()
    expect(page.locator("#offer-form")).to_be_visible()
    found += violations(page)
    page.locator("#issue").click()
    expect(page.locator("#make-link")).to_be_visible()
    found += violations(page)
    page.locator("#make-link").click()
    link = page.locator("#link-text").input_value()
    found += violations(page)
    page.goto(link)
    found += violations(page)
    page.goto(quoted)
    page.locator("a[href*='/orders/from/']").click()
    found += violations(page)
    page.locator("#purchase_number").fill("PO 1")
    page.locator("#wanted_on").fill(str(date.today() + timedelta(days=30)))
    page.locator("main form button.btn-primary").click()
    expect(page.locator("#documents")).to_be_visible()
    found += violations(page)
    assert not found, "\n".join(sorted(set(found)))

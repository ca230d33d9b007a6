"""Pages of faults, service, knowledge, calculators and desk: axe finds nothing; a person is never far; boxes tick."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, act_as
from tests.browser.test_accessibility import LOOKS, violations

AGENT, HEAD, ENGINEER, CUSTOMER, WRITER = "乔一诺", "江望舒", "雷小川", "袁工", "叶知微"
FAULT = "/faults?line=cameras&fault=camera_drops_at_night"
PAGES = {
    CUSTOMER: ["/faults?serial=NOBODY-17", "/equipment", "/knowledge", "/tools", "/tools/storage"],
    AGENT: ["/tickets?view=open", "/tickets/new", "/returns"],
    ENGINEER: ["/visits"],
    HEAD: ["/desk", "/desk/queues/new", "/desk/targets/premium/urgent", "/fault-types/cameras"],
    WRITER: ["/knowledge/new"],
}  # fmt: skip
TO_OPEN = {  # what is looked at from a page: the first of its links
    "/returns": "a[href^='/returns/']", "/visits": "a[href^='/visits/']", "/knowledge": "a[href^='/knowledge/']",
    "/tickets?view=open": "td a[href^='/tickets/']", "/equipment": "td a[href^='/equipment/']",
    "/fault-types/cameras": "td a[href^='/fault-types/']",
}  # fmt: skip


def unfolded(page: Page) -> list[str]:
    """What axe finds when everything on the page is unfolded."""
    page.evaluate("for (const fold of document.querySelectorAll('main details')) fold.open = true")
    return violations(page)


@LOOKS
def test_axe_finds_nothing(open_page: Open, size: str, language: str, colours: str) -> None:
    found: list[str] = []
    for who, paths in PAGES.items():
        page = open_page(size, language, colours)
        act_as(page, who)
        for path in paths:
            page.goto(path)
            found += unfolded(page)
            if path not in TO_OPEN:
                continue
            page.goto(page.locator(f"main {TO_OPEN[path]}").first.get_attribute("href") or "")
            found += unfolded(page)
            opened = page.url if path.startswith("/tickets") else ""
            for further in ("/split", "/visits/new") if opened else ():
                page.goto(opened + further)
                found += unfolded(page)
    assert not found, "\n".join(sorted(set(found)))


def test_every_step_of_a_fault_leads_to_a_person(open_page: Open) -> None:
    page = open_page("phone", "zh")
    act_as(page, CUSTOMER)
    for path in ("/faults", "/faults?line=cameras", FAULT, "/faults?line=cameras&text=xyzzy"):
        page.goto(path)
        page.locator(".talk a").click()
        expect(page.locator("form.ticket-new")).to_be_visible()


def test_a_queue_takes_what_was_ticked(open_page: Open) -> None:
    page = open_page("phone", "zh")
    act_as(page, HEAD)
    page.goto("/desk/queues/new")
    page.locator("#name_en").fill("Power")
    page.locator("#name_zh").fill("电源")
    page.locator("#lines").get_by_label("不间断电源").check()
    page.locator("main form [type=submit]").last.click()
    row = page.locator("#queues li", has_text="电源").last
    expect(row).to_contain_text("不间断电源")
    row.locator("a").click()
    expect(page.locator("#lines").get_by_label("不间断电源")).to_be_checked()
    expect(page.locator("#lines input:checked")).to_have_count(1)

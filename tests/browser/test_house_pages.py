"""axe on the pages of the house: rules tried out, customers handed over, calls and leads; nothing is too wide."""

from playwright.sync_api import expect

from tests.browser.conftest import Open, settle
from tests.browser.test_accessibility import violations
from tests.browser.test_parties import LOOKS, sit_down

KNOWN, UNKNOWN = "+86 871 5550 0151", {"zh": "+86 139 0871 0001", "en": "+86 139 0871 0002"}


@LOOKS
def test_rules_tried_out_customers_handed_over_and_leads(
    open_page: Open, size: str, language: str, colours: str
) -> None:
    page = sit_down(open_page, "乔一诺", size, language, colours)
    page.goto("/phone")
    found = violations(page)
    for number in (KNOWN, UNKNOWN[language]):  # the first is a customer's, the second becomes a lead
        page.goto(f"/phone/{number}")
        expect(page.locator("#call")).to_be_visible()
        found += violations(page)
    manager = sit_down(open_page, "沈若岚", size, language, colours)
    for path in ("/simulations", "/transfers", "/search", "/search?q=Q-2026-000001", "/leads/routes", "/leads"):
        manager.goto(path)
        found += violations(manager)
    manager.locator("main td a").first.click()
    settle(manager)
    for fold in manager.locator("main summary").all():
        fold.click()
    found += violations(manager)
    manager.goto("/simulations/new")
    for fold in manager.locator("main summary").all():
        fold.click()
    manager.locator("#protection_days").fill("10")
    found += violations(manager)
    manager.locator("main form .btn-primary").last.click()
    expect(manager.locator("#changes")).to_be_visible()
    found += violations(manager)
    manager.goto("/customers")
    manager.locator("main tr", has_text="松禾物流").get_by_role("link").first.click()
    manager.locator('a[href*="/transfers/new"]').first.click()
    manager.locator("#house").select_option(label={"zh": "海杏弱电", "en": "Haixing Systems"}[language])
    manager.locator("#receiver button[type=submit]").click()
    manager.locator("#receiver button[type=submit]").click()
    expect(manager.locator("#preview")).to_be_visible()
    found += violations(manager)
    assert not found, "\n".join(sorted(set(found)))

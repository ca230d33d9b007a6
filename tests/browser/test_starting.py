"""The first screen in a browser: few fields, by keyboard, without JavaScript; a customer sends to his distributor."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, act_as
from tests.browser.test_accessibility import violations

FIELDS = "main input:not([type=hidden]), main select, main textarea"
MOST_FIELDS = 5


def first_screen(page: Page) -> None:
    """Open the first screen; where several solutions are published, choose the first."""
    page.goto("/configurations/new")
    if not page.locator("form.answers").count():
        page.locator("a.start-card").first.click()
    expect(page.locator("form.answers")).to_be_visible()


def show_bill(page: Page) -> None:
    """On a phone the bill lies behind the price at the bottom."""
    expect(page.locator("#bill")).to_be_attached()
    if not page.locator("#bill").is_visible():
        page.locator('a[href="#bill"]:visible').first.click()
    expect(page.locator("#bill")).to_be_visible()


@pytest.mark.parametrize(("size", "scripts"), [("tablet", False), ("phone", True)], ids=["no scripts", "scripts"])
def test_every_template_leads_to_a_proposal_with_one_button(open_page: Open, size: str, scripts: bool) -> None:
    page = open_page(size, "en", scripts=scripts)
    act_as(page, "苏晓禾")
    first_screen(page)
    assert page.locator(FIELDS).count() + 1 <= MOST_FIELDS  # one more is the template
    templates = page.locator("nav.starts a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    for path in templates or ["/configurations/new"]:
        page.goto(path)
        page.locator("form.answers button[type=submit]").click()
        show_bill(page)
        expect(page.locator("#running-price")).to_be_visible()


def test_by_keyboard_alone(open_page: Open) -> None:
    page = open_page("tablet", "en")
    act_as(page, "苏晓禾")
    first_screen(page)
    page.locator("#name").focus()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("By keyboard")


@pytest.mark.parametrize(("size", "language", "colours"), [("tablet", "zh", "dark"), ("phone", "en", "light")])
def test_axe_finds_nothing(open_page: Open, size: str, language: str, colours: str) -> None:
    page = open_page(size, language, colours)
    act_as(page, "苏晓禾")
    found = []
    for path in ("/configurations/templates", "/configurations/sent", "/configurations/new"):
        page.goto(path)
        found += violations(page)
    first_screen(page)
    found += violations(page)
    numbers = page.locator("form.answers input[inputmode=numeric]")
    if numbers.count():
        numbers.first.fill("1000000000")
        page.locator("form.answers button[type=submit]").click()
        expect(page.locator(".errors")).to_be_visible()
        found += violations(page)
        first_screen(page)
    page.locator("form.answers button[type=submit]").click()
    expect(page.locator("#running-price")).to_be_attached()
    page.goto(f"{page.url.partition('?')[0]}/template")
    found += violations(page)
    page.locator("main form button[type=submit]").last.click()
    page.goto("/configurations/new")
    first_screen(page)
    expect(page.locator(".saved-templates li").first).to_be_visible()
    found += violations(page)
    assert not found, "\n".join(sorted(set(found)))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_customer_sends_and_his_distributor_takes_over(open_page: Open, scripts: bool) -> None:
    customer = open_page("phone", "en", scripts=scripts)
    act_as(customer, "袁工")
    first_screen(customer)
    customer.locator("#name").fill(f"Ward {scripts}")
    customer.locator("form.answers button[type=submit]").click()
    address = customer.url.partition("?")[0]
    show_bill(customer)
    customer.locator(".distribution button").first.click()
    show_bill(customer)
    expect(customer.locator(".distribution")).to_contain_text("云岭安防")
    seller = open_page("tablet", "en", scripts=scripts)
    act_as(seller, "苏晓禾")
    seller.goto("/configurations/sent")
    seller.get_by_role("link", name=f"Ward {scripts}").first.click()
    seller.locator(".distribution button").first.click()
    expect(seller.locator("h1")).to_have_text(f"Ward {scripts}")
    assert seller.url.partition("?")[0] != address

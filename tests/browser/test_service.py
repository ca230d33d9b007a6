"""An engineer is sent, arrives, uses a part, has the customer sign on the phone and leaves a report; both languages."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_accessibility import violations
from tests.browser.test_registrations import sit_down

AGENT, ENGINEER, CUSTOMER = "乔一诺", "雷小川", "袁工"
NEAR = {"latitude": 25.0421, "longitude": 102.7121}


def send(agent: Page, subject: str) -> str:
    """Open a ticket for the hospital's question and send the engineer to it; return the visit's address."""
    agent.locator("main a[href$='/visits/new']").click()
    agent.wait_for_url(re.compile(r"/visits/new"))
    agent.locator("input[name=slot]").first.check()
    agent.locator("textarea[name=task]").fill(subject)
    agent.locator("#when summary").click()
    agent.locator("input[name=latitude]").fill("25.042")
    agent.locator("input[name=longitude]").fill("102.712")
    agent.locator("#when [type=submit]").click()
    agent.wait_for_url(re.compile(r"/visits/[0-9a-z]{16}"))
    return agent.url


def open_ticket(customer: Page, words: str) -> str:
    """Open a ticket as the customer; return its address."""
    customer.goto("/tickets/new?kind=question")
    customer.locator("textarea[name=body]").fill(words)
    customer.locator("main form [type=submit]").last.click()
    customer.wait_for_url(re.compile(r"/tickets/[0-9a-z]{16}"))
    return customer.url.partition("?")[0].partition("#")[0]


def draw(page: Page) -> None:
    """Draw a line on the pad with a finger."""
    pad = page.locator(".sign-pad canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 40)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 20 + 25 * step, box["y"] + 40 + (30 if step % 2 else 0))
    page.mouse.up()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_engineer_on_site(open_page: Open, language: str) -> None:
    customer, agent, engineer = (sit_down(open_page, who, language).page for who in (CUSTOMER, AGENT, ENGINEER))
    words = f"Fan is loud {language} {datetime.now(UTC):%H%M%S}"
    ticket = open_ticket(customer, words)
    agent.goto(ticket)
    address = send(agent, f"Change the fan {language}")

    engineer.goto("/")
    expect(engineer.locator("#visits")).to_contain_text(f"Change the fan {language}")
    engineer.goto(address)
    engineer.context.grant_permissions(["geolocation"])
    engineer.context.set_geolocation(NEAR)  # type: ignore[arg-type]
    engineer.locator("form[data-place] [type=submit]").click()
    expect(engineer.locator("#work textarea")).to_be_visible()
    expect(engineer.locator("#far")).to_have_count(0)  # 15 m from the site
    engineer.locator("#work textarea").fill("Fan changed")
    engineer.locator("#work [type=submit]").click()
    engineer.locator("#parts input[name=name]").fill("Fan 80 mm")
    engineer.locator("#parts form:has(input[name=name]) [type=submit]").click()
    expect(engineer.locator("#parts .rows")).to_contain_text("Fan 80 mm")
    engineer.locator("#signature input[name=signer]").fill("袁工")
    draw(engineer)
    assert violations(engineer) == []
    engineer.locator("#signature [type=submit]").click()
    expect(engineer.locator("img.signature-drawn")).to_be_visible()
    expect(engineer.locator("img.signature-drawn")).to_have_js_property("naturalWidth", 900)
    engineer.locator("#leaving [type=submit]").click()
    expect(engineer.locator("#documents a[href$='.pdf']")).to_have_count(2)

    customer.goto(ticket)
    customer.locator("#service .rows a").first.click()
    customer.wait_for_url(address)
    assert violations(customer) == []
    for wanted in ("zh", "en"):
        with customer.expect_download() as held:
            customer.locator(f"#documents a[href$='{wanted}.pdf']").click()
        content = held.value.path().read_bytes()
        assert content.startswith(b"%PDF")
        assert len(content) > 10_000

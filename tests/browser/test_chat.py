"""A customer and an agent in two browsers on phones, one in Chinese and one in English, over a line that breaks."""

import io
import re

from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.test_accessibility import violations
from tests.browser.test_registrations import sit_down

CUSTOMER, AGENT = "袁工", "乔一诺"


def photo(colour: str) -> dict[str, object]:
    out = io.BytesIO()
    Image.new("RGB", (1600, 1200), colour).save(out, "JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def open_ticket(page: Page) -> str:
    """Open a ticket with a sentence; return its address."""
    page.goto("/tickets/new?kind=question")
    page.locator("textarea[name=body]").fill("夜间四路掉线")
    page.locator("main form [type=submit]").last.click()
    page.wait_for_url(re.compile(r"/tickets/[0-9a-z]{16}"))
    return page.url.partition("#")[0].partition("?")[0]


def field(page: Page) -> Locator:
    return page.locator("#chat-body")


def send(page: Page, text: str = "") -> None:
    if text:
        field(page).fill(text)
    page.locator("#chat-form [type=submit].btn-primary").click()


def saw(page: Page, text: str) -> Locator:
    """The one message that says this."""
    found = page.locator("#chat-said > li", has_text=text)
    expect(found).to_have_count(1)
    return found


def test_two_people_talk_over_a_line_that_breaks(open_page: Open) -> None:
    customer, agent = (sit_down(open_page, *who).page for who in ((CUSTOMER, "zh"), (AGENT, "en")))
    address = open_ticket(customer)
    agent.goto(address)
    send(agent, "Which switch is it?")
    saw(customer, "Which switch is it?")
    expect(agent.locator("#clocks .chip").first).to_have_text("kept")  # what stands beside follows, without a reload
    expect(agent.locator("#work")).not_to_contain_text("nobody yet")
    expect(agent.locator("#chat-marks")).to_contain_text(CUSTOMER)

    # Two photos: chosen, seen as small pictures, one taken out again, sent with the words.
    pick = customer.locator("#chat-form input[type=file]").first
    pick.set_input_files([photo("navy"), photo("olive"), photo("maroon")])  # type: ignore[arg-type]
    expect(customer.locator("#chat-chosen > li[id]")).to_have_count(3)
    customer.locator("#chat-chosen > li", has_text="olive").locator("button").click()
    expect(customer.locator("#chat-chosen > li")).to_have_count(2)
    send(customer, "交换机照片")
    told = saw(agent, "交换机照片")
    expect(told.locator("img")).to_have_count(2)
    told.locator("img").first.scroll_into_view_if_needed()
    expect(told.locator("img").first).to_have_js_property("naturalWidth", 480)

    # What is half written is there again after a reload, on the server and not on this device.
    field(customer).fill("还有一件事")
    expect(customer.locator("#chat-saved")).not_to_be_empty()
    customer.reload()
    expect(field(customer)).to_have_value("还有一件事")
    assert customer.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('chat:')).length") == 0

    # The line breaks before the message, and then the answer to it gets lost: it comes once.
    customer.context.set_offline(True)
    send(customer, "线路断了")
    expect(customer.locator("#chat-end")).to_have_class(re.compile("offline"))
    customer.context.set_offline(False)
    saw(agent, "线路断了")
    lost: list[Route] = []

    def lose(route: Route) -> None:
        if lost or route.request.method != "POST":
            route.continue_()
            return
        lost.append(route)
        route.fetch()  # the server has it
        route.abort()  # and nobody hears of it

    customer.route("**/messages", lose)
    expect(field(customer)).to_be_editable()
    send(customer, "只发一次")
    expect(field(customer)).to_have_value("")
    saw(agent, "只发一次")
    saw(customer, "只发一次")
    assert lost

    # Notes stay in the house.
    agent.locator("[name=target][value=note]").check()
    send(agent, "between us")
    saw(agent, "between us")
    agent.locator("[name=target][value=reply]").check()
    send(agent, "done soon")
    saw(customer, "done soon")
    assert "between us" not in customer.content()
    assert violations(customer) == []


def test_whoever_may_no_longer_see_it_is_told_and_keeps_his_words(open_page: Open) -> None:
    customer = sit_down(open_page, CUSTOMER, "en").page
    address = open_ticket(customer)
    field(customer).fill("half a sentence")
    customer.route("**/messages?*", lambda route: route.fulfill(status=404, body="<p>nothing</p>"))
    expect(customer.locator("#chat-end")).to_have_class(re.compile("bad"))
    expect(customer.locator("#chat-form [type=submit].btn-primary")).to_be_disabled()
    expect(field(customer)).to_have_value("half a sentence")
    assert address in customer.url


def test_it_works_without_scripts(open_page: Open) -> None:
    customer = sit_down(open_page, CUSTOMER, "en", scripts=False).page
    open_ticket(customer)
    customer.locator("#chat-form input[type=file]").first.set_input_files([photo("teal")])  # type: ignore[arg-type]
    send(customer, "Sent plainly")
    expect(saw(customer, "Sent plainly").locator("img")).to_have_count(1)
    field(customer).fill("x" * 20)
    customer.locator("#chat-form input[type=file]").first.set_input_files(
        {"name": "a.exe", "mimeType": "application/octet-stream", "buffer": b"MZ\x00"}
    )
    send(customer)
    expect(customer.get_by_role("alert").first).to_be_visible()
    expect(field(customer)).to_have_value("x" * 20)

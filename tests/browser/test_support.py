"""A fault from the first tap to the answer by mail, on phones and in both languages; every interaction is counted."""

import re
import sys
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from portal.cli import main
from tests.browser.conftest import Open, Site
from tests.browser.test_accessibility import violations
from tests.browser.test_chat import saw
from tests.browser.test_registrations import Hand, sit_down
from tests.browser.test_tickets import send_with_photos
from tests.factories.mails import delivered

CUSTOMER, AGENT, ENGINEER = "袁工", "乔一诺", "雷小川"
NEAR = {"latitude": 25.0421, "longitude": 102.7121}  # 15 m from where the agent says the site is
PATIENCE = 30.0  # seconds until a mail lies in the folder
WORDS = {
    "en": {
        "answer": "We send somebody with a stronger switch.", "task": "Change the switch",
        "work": "Switch changed, four cameras stay on", "part": "PoE switch 16 ports",
        "solution": "The switch was changed.", "again": "Which cameras this time?", "reply": "The same four again.",
    },
    "zh": {
        "answer": "我们派人带功率更大的交换机过去。", "task": "更换交换机",
        "work": "已更换交换机，四路画面正常", "part": "16口供电交换机",
        "solution": "交换机已更换。", "again": "这次是哪几路？", "reply": "还是那四路又掉线了。",
    },
}  # fmt: skip
MOST = {
    "ticket with two photos": 5, "answer": 2, "dispatch": 7, "arrive": 1, "work": 2, "part": 2, "signature": 3,
    "leave": 1, "report": 2, "solve": 3, "rate": 1, "reopen": 1,
}  # fmt: skip


class Person(Hand):
    """Somebody at a phone, whose taps are counted by the selector of what he taps."""

    def press(self, selector: str) -> None:
        """Tap something."""
        self.page.locator(selector).first.click()
        self.taps += 1

    def write(self, selector: str, text: str) -> None:
        """Type into a field."""
        self.page.locator(selector).first.fill(text)
        self.taps += 1

    def finished(self, what: str) -> None:
        """Note how many interactions something took, and begin to count anew."""
        self.done[what], self.taps = self.taps, 0
        assert self.done[what] <= MOST[what], (what, self.done)

    def fits(self) -> None:
        """The page keeps WCAG 2.2 AA and is no wider than the phone."""
        assert violations(self.page) == []


def person(open_page: Open, who: str, language: str) -> Person:
    """Let somebody sit down."""
    return Person(sit_down(open_page, who, language).page, language)


def report(customer: Person) -> None:
    """What nothing known solves becomes a ticket with two photos; a person is one tap away."""
    send_with_photos(customer, customer.language)
    page = customer.page
    expect(page.locator("#conversation img")).to_have_count(2)
    expect(page.get_by_role("button", name=customer.word("Talk to a person"))).to_be_visible()
    customer.fits()
    customer.finished("ticket with two photos")


def answer(agent: Person, text: str, then: str = "") -> None:
    """Write to the customer; perhaps say what the ticket waits for."""
    agent.write("#chat-body", text)
    if then:
        agent.page.locator("#chat-then").select_option(then)
        agent.taps += 1
    agent.press("#chat-form [type=submit].btn-primary")
    saw(agent.page, text)


def dispatch(agent: Person, task: str) -> str:
    """Send the engineer; return the address of his visit."""
    page = agent.page
    agent.press("main a[href$='/visits/new']")
    page.wait_for_url(re.compile(r"/visits/new"))
    page.locator("input[name=slot]").first.check()
    agent.taps += 1
    agent.write("textarea[name=task]", task)
    agent.press("#when summary")
    agent.write("input[name=latitude]", "25.042")
    agent.write("input[name=longitude]", "102.712")
    agent.press("#when [type=submit]")
    page.wait_for_url(re.compile(r"/visits/[0-9a-z]{16}"))
    agent.finished("dispatch")
    return page.url


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


def work_on_site(engineer: Person, address: str, words: dict[str, str]) -> None:
    """Arrive, note the work and a part, have the customer sign, leave."""
    page = engineer.page
    page.goto("/")
    expect(page.locator("#visits")).to_contain_text(words["task"])
    page.goto(address)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation(NEAR)  # type: ignore[arg-type]
    engineer.press("form[data-place] [type=submit]")
    expect(page.locator("#work textarea")).to_be_visible()
    expect(page.locator("#far")).to_have_count(0)
    engineer.finished("arrive")
    engineer.write("#work textarea", words["work"])
    engineer.press("#work [type=submit]")
    engineer.finished("work")
    engineer.write("#parts input[name=name]", words["part"])
    engineer.press("#parts form:has(input[name=name]) [type=submit]")
    expect(page.locator("#parts .rows")).to_contain_text(words["part"])
    engineer.finished("part")
    engineer.write("#signature input[name=signer]", CUSTOMER)
    draw(page)
    engineer.taps += 1
    engineer.fits()
    engineer.press("#signature [type=submit]")
    expect(page.locator("img.signature-drawn")).to_have_js_property("naturalWidth", 900)
    engineer.finished("signature")
    engineer.press("#leaving [type=submit]")
    engineer.finished("leave")
    expect(page.locator("#documents a[href$='.pdf']")).to_have_count(2)


def read_report(customer: Person, words: dict[str, str]) -> None:
    """Open the report from the ticket and find in it what was done."""
    page = customer.page
    page.reload()
    customer.press("#service .rows a")
    page.wait_for_url(re.compile("/visits/"))
    customer.fits()
    with page.expect_download() as held:
        customer.press(f"#documents a[href$='{customer.language}.pdf']")
    text = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(held.value.path().read_bytes())).pages)
    assert all("".join(words[key].split()) in "".join(text.split()) for key in ("work", "part")), text
    assert CUSTOMER in text
    customer.finished("report")


def rate_and_reopen(customer: Person, address: str, words: dict[str, str]) -> None:
    """Give five points, and find after all that it is not solved."""
    page = customer.page
    page.goto(address)
    customer.fits()
    expect(page.locator("#solved")).to_contain_text(words["solution"])
    customer.press("#rate button >> nth=4")
    expect(page.locator("#rate")).to_contain_text("5")
    expect(page.locator("#rate form")).to_have_count(0)
    customer.finished("rate")
    customer.press("#solved button")
    expect(page.locator("#solved")).to_have_count(0)
    customer.finished("reopen")


def text_of(mail: EmailMessage) -> str:
    """Return what a mail says, as its reader sees it."""
    body = mail.get_body(("plain",))
    return "" if body is None else str(body.get_content())


def mail_with(site: Site, text: str) -> EmailMessage:
    """Wait until the portal has sent a mail to the customer that says something; return it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for path in (site.instance / "mail").glob("*.eml"):
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            if isinstance(mail, EmailMessage) and "yuan@" in mail["To"] and text in text_of(mail):
                return mail
        time.sleep(0.1)
    raise AssertionError(f"no mail says {text!r}")


def reply_by_mail(site: Site, mail: EmailMessage, text: str) -> None:
    """Answer a mail as a mail program does, and let the portal fetch what lies in the folder of its mail server."""
    said = EmailMessage()
    said["From"], said["To"], said["Subject"] = mail["To"], mail["Reply-To"], f"Re: {mail['Subject']}"
    said["Message-ID"], said["In-Reply-To"] = f"<{abs(hash(text))}@qingxi.example>", mail["Message-ID"]
    quoted = "".join(f"> {line}\n" for line in text_of(mail).splitlines())
    said.set_content(f"{text}\n\n{quoted}")
    delivered(site.instance / "maildir", bytes(said))
    done = CliRunner().invoke(main, ["mail", "fetch"], env=site.environment, catch_exceptions=False)
    assert done.output.strip() == "1 reply"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_from_the_fault_to_the_answer_by_mail(
    open_page: Open, site: Site, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = WORDS[language]
    customer, agent, engineer = (person(open_page, who, language) for who in (CUSTOMER, AGENT, ENGINEER))
    report(customer)
    address = customer.page.url
    agent.page.goto(address)
    answer(agent, words["answer"])
    agent.finished("answer")
    agent.fits()
    saw(customer.page, words["answer"])
    work_on_site(engineer, dispatch(agent, words["task"]), words)
    read_report(customer, words)

    agent.page.goto(address)
    answer(agent, words["solution"], "solve")
    agent.finished("solve")
    rate_and_reopen(customer, address, words)
    customer.page.goto("/")  # who looks at the ticket gets no mail about it
    answer(agent, words["again"])
    reply_by_mail(site, mail_with(site, words["again"]), words["reply"])
    expect(saw(agent.page, words["reply"])).to_contain_text(agent.word("by mail"))  # without another tap
    customer.page.goto(address)
    said = saw(customer.page, words["reply"])
    expect(said).to_contain_text(CUSTOMER)
    expect(said).not_to_contain_text(words["again"])  # what is quoted was said before
    customer.fits()
    with capsys.disabled():
        sys.stdout.write(f"\ninteractions, {language}: {customer.done | agent.done | engineer.done}\n")

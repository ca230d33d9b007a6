"""A real portal with its worker and the demo world, and headless Chromium in every size, language and colour."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.factories.demo import Loaded

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {"tablet": (1024, 768), "upright": (768, 1024), "phone": (390, 844)}
START_SECONDS = 180


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Site:
    """A running portal."""

    address: str
    instance: Path
    environment: dict[str, str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:
            return all(json.load(answer).values())
    except (urllib.error.URLError, OSError, ValueError):
        return False


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, demo_world: Callable[[str], Loaded]) -> Iterator[Site]:
    """Start web server and worker on a copy of the demo world; stop both in the end.

    One process serves: these tests ask for one page at a time, and each process compiles rules and templates anew.
    """
    instance = tmp_path_factory.mktemp("site")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PORTAL_")}
    environment |= {"PORTAL_INSTANCE": str(instance), "PORTAL_BASE_URL": address, "PORTAL_LOG_LEVEL": "WARNING"}
    environment |= {"PORTAL_PDF_PROCESSES": "1", "PORTAL_SUPPORT_MAIL": "support@lanqiao.example"}
    environment |= {"PORTAL_MAIL_INBOX": f"maildir://{instance / 'maildir'}"}
    portal = [sys.executable, "-m", "portal"]
    shutil.copy(demo_world("sqlite").folder / "portal.db", instance)
    with (instance / "log").open("wb") as log:
        running = [
            subprocess.Popen([*portal, *command], cwd=ROOT, env=environment, stdout=log, stderr=log)
            for command in (("serve", "--port", str(port), "--workers", "1"), ("worker",))
        ]
        try:
            deadline = time.monotonic() + START_SECONDS
            while not ready(address):
                assert all(process.poll() is None for process in running), (instance / "log").read_text()
                assert time.monotonic() < deadline, (instance / "log").read_text()
                running_wait(running[0], 0.2)
            yield Site(address, instance, environment)
        finally:
            for process in running:
                process.send_signal(signal.SIGTERM)
            for process in running:
                process.wait(30)


def running_wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait a moment, shorter when the process ends."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


Open = Callable[..., Page]

LEAVING = """
const leave = () => document.documentElement.setAttribute("data-leaving", "");
navigation.addEventListener("navigate", event => {
  if (!event.destination.sameDocument && event.downloadRequest === null) leave();
});
addEventListener("submit", event => { if (!event.defaultPrevented) leave(); });
addEventListener("pageshow", () => document.documentElement.removeAttribute("data-leaving"));
"""  # a submitted form begins to leave only in a later task, which a click does not wait for
expect.set_options(timeout=30_000)  # how long a condition is waited for; a busy machine is no failure


def is_problem(line: ConsoleMessage) -> bool:
    """Tell whether the console complains of something else than a refusal (4xx), which tests provoke."""
    provoked = ("the server responded with a status of 4", "net::ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED")
    return line.type == "error" and not any(each in line.text for each in provoked)


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Iterator[Open]:
    """Return a function that opens the sign-in page in a size, language and colour scheme."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def opened(size: str = "tablet", language: str = "en", colours: str = "light", scripts: bool = True) -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(
            base_url=site.address,
            viewport={"width": width, "height": height},
            has_touch=True,
            color_scheme="dark" if colours == "dark" else "light",
            locale="zh-CN" if language == "zh" else "en-GB",
            java_script_enabled=scripts,
            accept_downloads=True,
        )
        contexts.append(context)
        context.set_default_timeout(30_000)
        context.add_init_script(LEAVING)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        page.on("console", lambda line: problems.append(line.text) if is_problem(line) else None)
        page.on(
            "response",
            lambda answer: problems.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None,
        )
        page.goto("/sign-in")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def settle(page: Page) -> None:
    """Wait until the page that the last click asked for is there, whole; what counts or reads at once needs it."""
    expect(page.locator("html:not([data-leaving])")).to_have_count(1)
    page.wait_for_load_state()


def read_in(page: Page, language: str) -> None:
    """Choose the language of whoever is signed in, unless it is his already."""
    wanted = "zh-Hans" if language == "zh" else "en"
    if page.locator("html").get_attribute("lang") != wanted:
        page.locator("details.person summary").click()
        page.locator(f'button[name="locale"][value="{language}"]').first.click()
    expect(page.locator("html")).to_have_attribute("lang", wanted)


def act_as(page: Page, name: str) -> None:
    """Sign in by a card of the demo."""
    page.locator("form.act", has_text=name).get_by_role("button").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)

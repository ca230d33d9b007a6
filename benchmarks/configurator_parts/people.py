"""The load: people who configure, each a thread with a connection of its own, in a process of its own.

Reads one order from standard input and writes one answer. A person opens a configuration and then acts once per pause
(jittered, so that nobody walks in step): mostly a value that is offered, sometimes a greyed one to read why, sometimes
undo or leaving a question open. Whatever the page promised and the portal does not keep is an error.
"""

import http.client
import itertools
import json
import random
import re
import sys
import threading
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from benchmarks.configurator_parts.panels import Panel, read_panel
from benchmarks.configurator_parts.panels import field as hidden

TIMEOUT = 60.0
LEAST = 2  # steps that everybody takes, however slow the machine is
STEPS = ("scene", "picture", "recording", "network")
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Noted:
    """What happened to one person; times in milliseconds."""

    clicks: dict[str, list[float]] = field(default_factory=dict)
    others: list[float] = field(default_factory=list)  # signing on: the form, sending it, the first page
    errors: list[str] = field(default_factory=list)


class Person:
    """One browser."""

    def __init__(self, port: int, cookie: str, number: int, pause: float) -> None:
        self.port, self.pause, self.noted = port, pause, Noted()
        self.random, self.number = random.Random(number), number
        self.cookies = SimpleCookie(cookie)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self.token = ""

    def live(self, begin: float, end: float) -> None:
        """Open a configuration, then act until the end; an exception is an error like any other."""
        time.sleep(max(0.0, begin - time.monotonic()))
        try:
            address, panel = self._open()
            for taken in itertools.count():
                time.sleep(self.pause * self.random.uniform(0.5, 1.5))
                if time.monotonic() >= end and taken >= LEAST:
                    return
                panel = self._act(address, panel)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.noted.errors.append(f"{type(error).__name__}: {error}"[:200])
        finally:
            self.connection.close()

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str, float]:
        """Send one request; return status, page, where to go, milliseconds."""
        headers = {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())}
        body = None
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode({"csrf_token": self.token, **form})
            if path.count("/") > 2:
                headers |= {"HX-Request": "true", "HX-Target": "panel", "X-CSRFToken": self.token}
        started = time.perf_counter()
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.connection.close()  # kept alive longer than the server keeps it: a browser asks again, too
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        page = answer.read().decode("utf-8")
        spent = (time.perf_counter() - started) * 1000
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookies.load(value)
        return answer.status, page, answer.getheader("Location", ""), spent

    def _expect(self, what: str, good: bool, status: int, page: str) -> None:
        if not good:
            title = re.sub(r"<[^>]+>|\s+", " ", page)[:120]
            self.noted.errors.append(f"{what}: {status} {title}")
            raise ValueError(f"{what} was answered with {status}")

    def _open(self) -> tuple[str, Panel]:
        """Fill in the first screen."""
        status, page, _, spent = self._ask("GET", "/configurations/new")
        self.noted.others.append(spent)
        token = TOKEN.search(page)
        self._expect("the first screen", status == 200 and token is not None, status, page)
        assert token is not None
        self.token = token[1]
        form = {"name": f"Site {self.number}", "solution": hidden(page, "solution")}
        form |= {"answer_indoor": str(self.random.randint(4, 32)), "answer_outdoor": "0"}
        form |= {"answer_days": str(self.random.choice((7, 15, 30)))}
        status, page, goal, spent = self._ask("POST", "/configurations/new", form)
        self.noted.others.append(spent)
        self._expect("beginning", status in {302, 303} and "/configurations/" in goal, status, page)
        address = goal[goal.index("/configurations/") :].partition("?")[0]
        status, page, _, spent = self._ask("GET", f"{address}?step={self.random.choice(STEPS)}&view=full")
        self.noted.others.append(spent)
        self._expect("the page", status == 200 and 'id="panel"' in page, status, page)
        return address, read_panel(page)

    def _act(self, address: str, panel: Panel) -> Panel:
        """Take one step and return the panel that answers it."""
        kind, action, form = self._step(panel)
        form |= {"version": panel.version, "step": panel.step, "at": panel.place}
        status, page, _, spent = self._ask("POST", f"{address}/{action}", form)
        good = status == 200 and 'id="panel"' in page
        if kind == "refused":
            good = status == 409 and 'id="refusal"' in page
        self._expect(f"{kind} {form}", good, status, page)
        self.noted.clicks.setdefault(kind, []).append(spent)
        return read_panel(page)

    def _step(self, panel: Panel) -> tuple[str, str, dict[str, str]]:
        draw = self.random.random()
        if panel.greyed and draw < 0.1:
            key, value = self.random.choice(panel.greyed)
            return "refused", "choices", {"key": key, "value": value}
        if panel.can_undo and draw < 0.2:
            return "undo", "undo", {}
        if panel.chosen and (draw < 0.3 or not panel.offered):
            return "left open", "take-back", {"key": self.random.choice(panel.chosen)}
        key, value = self.random.choice(panel.offered)
        return "chosen", "choices", {"key": key, "value": value}


def run(port: int, cookies: list[str], seconds: float, pause: float) -> dict[str, object]:
    """Let everybody configure for some seconds; return what they met."""
    cpu, started = time.process_time(), time.monotonic()
    people = [Person(port, cookie, number, pause) for number, cookie in enumerate(cookies)]
    threads = [
        threading.Thread(target=one.live, args=(started + pause * place / len(people), started + seconds))
        for place, one in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.monotonic() - started
    clicks: dict[str, list[float]] = {}
    for one in people:
        for kind, times in one.noted.clicks.items():
            clicks.setdefault(kind, []).extend(times)
    return {
        "seconds": spent,
        "clicks": clicks,
        "others": [each for one in people for each in one.noted.others],
        "errors": [each for one in people for each in one.noted.errors],
        "cpu_seconds": time.process_time() - cpu,
    }


def main() -> int:
    """Carry out one order."""
    print(json.dumps(run(**json.loads(sys.stdin.readline()))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

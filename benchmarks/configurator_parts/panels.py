"""What a person sees on the page of a configuration: the forms of its questions, read from the HTML."""

import re
from dataclasses import dataclass
from html import unescape

FORM = re.compile(r"<form\b(?P<head>[^>]*)>(?P<body>.*?)</form>", re.DOTALL)
BUTTON = re.compile(r"<button\b(?P<head>[^>]*)>", re.DOTALL)
RANGE = re.compile(r'<span class="hint" id="range-[^"]*">(?P<text>.*?)</span>', re.DOTALL)
RUN = re.compile(r"(\d+)(?:–(\d+))?")


@dataclass(frozen=True)
class Panel:
    """The steps a person can take: what may be chosen, what is greyed, what may be left open."""

    version: str
    step: str
    place: str
    offered: tuple[tuple[str, str], ...]
    greyed: tuple[tuple[str, str], ...]
    chosen: tuple[str, ...]

    @property
    def can_undo(self) -> bool:
        """Tell whether a step was taken."""
        return self.step not in {"", "0"}


def attribute(head: str, name: str) -> str:
    """Return an attribute of a tag, empty when it has none."""
    found = re.search(rf'\b{name}="([^"]*)"', head)
    return unescape(found[1]) if found else ""


def field(body: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', body)
    return unescape(found[1]) if found else ""


def read_panel(page: str) -> Panel:
    """Read a panel, alone or within its page."""
    version = step = place = ""
    offered, greyed, chosen = list[tuple[str, str]](), list[tuple[str, str]](), list[str]()
    for form in FORM.finditer(page):
        action, body = attribute(form["head"], "action").partition("#")[0], form["body"]
        key = field(body, "key")
        if action.endswith("/take-back"):
            chosen.append(key)
        elif action.endswith("/choices") and not field(body, "instead"):
            version, step, place = field(body, "version"), field(body, "step"), field(body, "at")
            for button in BUTTON.finditer(body):
                classes = attribute(button["head"], "class").split()
                if "option" in classes and attribute(button["head"], "aria-pressed") != "true":
                    (greyed if "greyed" in classes else offered).append((key, attribute(button["head"], "value")))
            offered += [(key, end) for end in _ends(body)]
    return Panel(version, step, place, tuple(offered), tuple(greyed), tuple(chosen))


def _ends(body: str) -> list[str]:
    """Return the ends of the runs of numbers that are shown as possible."""
    shown = RANGE.search(body)
    if shown is None:
        return []
    return list(dict.fromkeys(end for run in RUN.findall(shown["text"]) for end in run if end))

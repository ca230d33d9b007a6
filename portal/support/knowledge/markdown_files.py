"""Markdown as other tools write it, turned into the Markdown that articles are kept in. Pure.

Front matter gives the title; `:::note` boxes become quotations that begin with their title; imports, exports and
components of MDX go, and what they say stays: a title, a question, a path. Everything that goes is named.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Final

FRONT: Final = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
ENTRY: Final = re.compile(r"([A-Za-z_][\w-]*):[ \t]*(.*)")
FENCE: Final = re.compile(r"[ \t>]*(`{3,}|~{3,})")
BOX: Final = re.compile(r"([ \t]*)(:{3,})([a-z]+)(?:\[([^\]\n]*)\]|[ \t]+([^\n]*))?[ \t]*\Z")
BOX_END: Final = re.compile(r"[ \t]*(:{3,})[ \t]*\Z")
IMPORT: Final = re.compile(r"import\s.+?(?:from\s+)?['\"][^'\"]+['\"];?\s*\Z")
EXPORT: Final = re.compile(r"export\s+(?:const|default|function|let|var)\b")
TAG: Final = re.compile(r"<(/?)([A-Z]\w*)((?:\s+[\w-]+(?:=(?:\"[^\"]*\"|'[^']*'|\{[^{}]*\}))?)*)\s*(/?)>")
HTML: Final = re.compile(
    r"</?(?:details|div|span|p|center|sup|sub|kbd|u|small|figure|section|ul|li|a)\b[^<>]*>", re.IGNORECASE
)
LINE_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
SUMMARY: Final = re.compile(r"<summary>(.*?)</summary>", re.IGNORECASE)
STRONG: Final = re.compile(r"<(b|strong)>(.*?)</\1>", re.IGNORECASE)
CODE: Final = re.compile(r"<code>(.*?)</code>", re.IGNORECASE)
ANCHOR: Final = re.compile(r"<a\s[^<>]*?href=[\"']([^\"']*)[\"'][^<>]*>(.*?)</a>", re.IGNORECASE)
SPAN: Final = re.compile(r"(?<!`)(`+)(?!`)([^\n]+?)(?<!`)\1(?!`)")
COMMENT: Final = re.compile(r"<!--.*?-->|\{/\*.*?\*/\}", re.DOTALL)
HEADING_ID: Final = re.compile(r"^(#{1,6}\s.*?)[ \t]*\{#[\w-]+\}[ \t]*$")
LINK: Final = re.compile(
    r"(!?)\[((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\]\(<?([^()\s<>]+(?:\([^()\s]*\))?)>?(?:\s+\"[^\"]*\")?\)"
)
DEFINED: Final = re.compile(r"^([ \t]*\[[^\]\n]+\]:[ \t]*)<?(\S+?)>?([ \t]+\"[^\"]*\")?[ \t]*$")
SAYS: Final = ("question", "title", "label", "path", "summary")  # attributes of a component that readers see
TITLES: Final = {
    "en": {"note": "Note", "info": "Information", "tip": "Tip", "warning": "Warning", "caution": "Caution",
           "danger": "Danger", "important": "Important", "success": "Good to know"},
    "zh": {"note": "说明", "info": "信息", "tip": "提示", "warning": "警告", "caution": "注意", "danger": "危险",
           "important": "重要", "success": "须知"},
}  # fmt: skip
Follow = Callable[[bool, str, str], str]
"""Says what stands in place of a link or picture: whether it is a picture, its words, where it leads."""


@dataclass
class Converted:
    """One file as an article: its title, its text, and how often what was dropped or changed."""

    title: str
    body: str
    entries: dict[str, str]
    dropped: Counter[str] = field(default_factory=Counter)


def convert(text: str, name: str, lang: str, follow: Follow) -> Converted:
    """Return a file as an article; `name` is its title when nothing else says one."""
    text = text.replace("\r\n", "\n").replace("\x00", "")
    entries, text = _front(text)
    made = Converted("", "", entries)
    lines = list(_boxes(_pieces(text, made, follow), lang))
    made.title, lines = _title(entries, lines, name)
    made.body = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
    return made


def _front(text: str) -> tuple[dict[str, str], str]:
    """Return the plain entries of the front matter and the text behind it."""
    found = FRONT.match(text)
    if found is None:
        return {}, text
    entries = {}
    for line in found[1].split("\n"):
        if entry := ENTRY.fullmatch(line.rstrip()):
            entries[entry[1]] = entry[2].strip().strip("\"'")
    return entries, text[found.end() :]


def _title(entries: dict[str, str], lines: list[str], name: str) -> tuple[str, list[str]]:
    """Return the title and the lines without the heading that it was taken from."""
    if title := entries.get("title", ""):
        return title, lines
    first = next((place for place, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("# "):
        return lines[first][2:].strip(" #"), lines[first + 1 :]
    return name, lines


def _pieces(text: str, made: Converted, follow: Follow) -> Iterator[tuple[str, bool]]:
    """Yield lines, each with whether it is code; whatever stands outside of code is turned into our Markdown."""
    waiting: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = FENCE.match(line)
        if fence:
            yield line, True
            if mark and mark[1].startswith(fence) and not line.strip(" \t>").strip("`~"):
                fence = ""
        elif mark:
            yield from ((each, False) for each in _prose(waiting, made, follow))
            waiting, fence = [], mark[1]
            yield line, True
        else:
            waiting.append(line)
    yield from ((each, False) for each in _prose(waiting, made, follow))


def _prose(lines: list[str], made: Converted, follow: Follow) -> list[str]:
    """Return lines outside of code as our Markdown."""
    kept = list(_without_modules(lines, made))
    text, comments = COMMENT.subn("", "\n".join(kept))
    made.dropped["comment"] += comments
    return _outside_code(text, lambda part: _inline(part, made, follow)).split("\n") if kept else []


def _without_modules(lines: list[str], made: Converted) -> Iterator[str]:
    """Leave out what a page of MDX imports and defines; a definition goes on until an empty line or its semicolon."""
    inside = False
    for line in lines:
        if inside:
            inside = bool(line.strip()) and not line.rstrip().endswith(";")
        elif IMPORT.match(line):
            made.dropped["import"] += 1
        elif EXPORT.match(line):
            made.dropped["export"] += 1
            inside = not line.rstrip().endswith(";")
        else:
            yield line


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """Change a text where it is no code between backticks."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(found[0])
        return f"\ue000{len(held) - 1}\ue001"

    changed = change(SPAN.sub(hold, text.replace("\ue000", "").replace("\ue001", "")))
    return re.sub("\ue000(\\d+)\ue001", lambda found: held[int(found[1])], changed)


def _inline(text: str, made: Converted, follow: Follow) -> str:
    """Turn components, the HTML that has an equal in Markdown, and links."""

    def component(found: re.Match[str]) -> str:
        closing, name, attributes, single = found.groups()
        if closing:
            return ""
        made.dropped[name] += 1
        said = _said(name, attributes)
        return (f"**{said}**" if single else f"\n\n**{said}**\n\n") if said else ""

    text = TAG.sub(component, text)
    text = LINE_BREAK.sub(" ", SUMMARY.sub(r"**\1**", text))
    text = STRONG.sub(r"**\2**", CODE.sub(r"`\1`", text))
    text = ANCHOR.sub(lambda found: f"[{found[2].strip()}]({found[1]})", text)
    text, tags = HTML.subn("", text)
    made.dropped["HTML"] += tags
    text = LINK.sub(lambda found: follow(found[1] == "!", found[2], found[3]), text)
    return "\n".join(_line(line, follow) for line in text.split("\n"))


def _said(name: str, attributes: str) -> str:
    """Return what a component shows to readers, where that stands in its attributes."""
    given = dict(re.findall(r"([\w-]+)=[\"']([^\"']*)[\"']", attributes))
    said = next((given[key] for key in SAYS if given.get(key)), given.get("value", "") if name == "TabItem" else "")
    return unescape(said).replace("*", "").strip()


def _line(line: str, follow: Follow) -> str:
    line = HEADING_ID.sub(r"\1", line)
    defined = DEFINED.match(line)
    if defined is None:
        return line
    turned = re.fullmatch(r"\[x\]\((.*)\)", follow(False, "x", defined[2]))
    return f"{defined[1]}{turned[1]}{defined[3] or ''}" if turned else ""


def _boxes(lines: Iterator[tuple[str, bool]], lang: str) -> Iterator[str]:
    """Turn `:::note` … `:::` into quotations; boxes in boxes are quotations in quotations."""
    open_boxes: list[tuple[int, int]] = []  # how many colons, how far indented
    for line, is_code in lines:
        indent = open_boxes[-1][1] if open_boxes else 0
        bare = line[indent:] if line[:indent].strip() == "" else line
        quote = " " * (open_boxes[0][1] if open_boxes else 0) + "> " * len(open_boxes)
        begin, end = (None, None) if is_code else (BOX.fullmatch(bare), BOX_END.fullmatch(bare))
        if end and open_boxes and len(end[1]) >= open_boxes[-1][0]:
            open_boxes.pop()
            yield (" " * open_boxes[0][1] + ">" + " >" * (len(open_boxes) - 1)) if open_boxes else ""
        elif begin:
            title = (begin[4] or begin[5] or "").strip() or TITLES[lang].get(begin[3], begin[3].capitalize())
            open_boxes.append((len(begin[2]), indent + len(begin[1])))
            deeper = " " * open_boxes[0][1] + "> " * len(open_boxes)
            yield quote.rstrip() if len(open_boxes) > 1 else ""
            yield f"{deeper}**{title}**"
            yield deeper.rstrip()
        else:
            yield (quote + bare).rstrip() if open_boxes else line

"""UVL text to nested lines: comments go, open brackets join lines, indentation nests them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.configurator.uvl.errors import UvlReport

TAB = 8  # as in the reference grammar, which counts like Python
DEPTH_LIMIT = 200
LENGTH_LIMIT = 20_000
LINE_LIMIT = 200_000
JOIN_LIMIT = 500

_QUOTES = r'"[^"\n]*"|(?<![\w#§%?\\;\'])\'[^\'\n]*\''
_COMMENTS = re.compile(_QUOTES + r"|//[^\n]*|/\*(?:.*?\*/)?", re.DOTALL)
_BRACKETS = re.compile(_QUOTES + r"|[\[\](){}]")


@dataclass
class Line:
    """One logical line with the lines nested in it; `text` keeps its indentation, so columns can be counted."""

    number: int
    text: str
    indent: int
    nested: list[Line] = field(default_factory=list)

    @property
    def column(self) -> int:
        """Return the column of the first letter."""
        return len(self.text) - len(self.text.lstrip()) + 1


def nest(text: str, report: UvlReport) -> list[Line]:
    """Return the outermost lines with everything nested in them; problems go to the report."""
    top = Line(0, "", -1)
    stack = [top]
    for line in _logical(_without_comments(text, report), report):
        while line.indent <= stack[-1].indent:
            stack.pop()
        siblings = stack[-1].nested
        if siblings and siblings[0].indent != line.indent:
            report.add(line.number, line.column, "this line is indented differently from the lines beside it")
        siblings.append(line)
        if len(stack) > DEPTH_LIMIT:
            report.add(line.number, line.column, f"nested deeper than {DEPTH_LIMIT} levels")
            break
        stack.append(line)
    return top.nested


def _without_comments(text: str, report: UvlReport) -> str:
    """Replace comments by blanks, so that lines and columns stay."""

    def blank(found: re.Match[str]) -> str:
        part = found[0]
        if part[0] in "\"'":
            return part
        if part == "/*":
            report.add(text.count("\n", 0, found.start()) + 1, 0, "this comment is not closed by */")
        return re.sub(r"[^\n]", " ", part)

    return _COMMENTS.sub(blank, text.replace("\r\n", "\n").replace("\r", "\n"))


def _logical(text: str, report: UvlReport) -> Iterator[Line]:
    """Join lines while a bracket is open."""
    physical = text.split("\n")
    if len(physical) > LINE_LIMIT:
        report.add(LINE_LIMIT, 0, f"more than {LINE_LIMIT} lines")
        return
    place = 0
    while place < len(physical) and not report.full:
        number, place = place + 1, place + 1
        joined = physical[number - 1]
        if not joined.strip():
            continue
        opened = _opened(joined)
        end = place
        while opened > 0 and end < len(physical) and end - place < JOIN_LIMIT and len(joined) <= LENGTH_LIMIT:
            joined += "\n" + physical[end]
            opened += _opened(physical[end])
            end += 1
        if len(joined) > LENGTH_LIMIT:
            report.add(number, 0, f"longer than {LENGTH_LIMIT} letters, or a bracket is not closed")
        elif opened > 0:
            report.add(number, 0, "a bracket that is opened here is not closed")
        else:
            place = end
            yield Line(number, joined.rstrip(), _indent(joined))


def _opened(line: str) -> int:
    """Count brackets opened minus closed, outside quotes."""
    if not any(bracket in line for bracket in "[](){}"):
        return 0
    brackets = [found[0] for found in _BRACKETS.finditer(line)]
    return sum((part in "[({") - (part in "])}") for part in brackets if len(part) == 1)


def _indent(line: str) -> int:
    indent = 0
    for letter in line:
        if letter == "\t":
            indent += TAB - indent % TAB
        elif letter.isspace():
            indent += 1
        else:
            break
    return indent

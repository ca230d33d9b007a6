"""Mail as plain text: HTML without its tags, and answers without what they quote. Pure.

The whole mail is kept beside the message, so cutting a line too many loses nothing.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

BLOCKS: Final = frozenset(
    {"p", "div", "br", "li", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr", "section"}
)
UNSEEN: Final = frozenset({"script", "style", "title", "template", "noscript"})
QUOTES: Final = frozenset({"blockquote"})
QUOTING: Final = (
    "gmail_quote", "moz-cite-prefix", "yahoo_quoted", "protonmail_quote", "divrplyfwdmsg", "appendonsend",
    "mail-editor-reference-message-container", "isreplycontent",
)  # fmt: skip
TAG: Final = re.compile(
    r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]{0,40})(?P<more>[^<>]{0,4000})>|<[!?][^<>]{0,1000}>"
)
GAPS: Final = re.compile(r"[ \t\r\n\u00a0]+")
LONGEST_HTML: Final = 2_000_000
DEEPEST: Final = 400
MARK: Final = "[= · =]"  # stands in our own mails between an answer and what it quotes
# What stands above the quoted text, in the languages and programs our people use; each is one line.
SPREAD: Final = tuple(  # may be broken over lines
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"on\b.{0,200}\bwrote\s*:", r"am\b.{0,200}\bschrieb.{0,80}:", r"le\b.{0,200}\ba écrit\s*:",
        r"在\s?.{0,200}写道\s*[:：]",
    )
)  # fmt: skip
WROTE: Final = re.compile(r".{0,200}(?:写道|寫道)\s*[:：]")
BANNER: Final = re.compile(
    r"-{2,}\s*(?:original message|forwarded message|原始邮件|原始郵件|转发邮件|原邮件|回复的原邮件)\s*-{2,}.{0,40}",
    re.IGNORECASE,
)
RULE: Final = re.compile(r"_{8,}")
FROM: Final = re.compile(r"(?:from|发件人|寄件者|von)\s*[:：].{0,200}", re.IGNORECASE)
HEADERS: Final = re.compile(
    r"(?:from|to|cc|sent|date|subject|发件人|收件人|抄送|发送时间|日期|时间|主题)\s*[:：]", re.IGNORECASE
)
SIGNATURE: Final = re.compile(r"-- ?")
LONGEST_INTRODUCTION: Final = 3  # lines over which a program breaks "On … wrote:"


def _tokens(html: str) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, name, text): "open" with attributes, "close", and "text"; in time that grows with the length only.

    The library's own parser takes seconds for some mails of few bytes, and we want words, not a tree.
    """
    html = _without(html, "<!--", "-->")
    lower, at = html.lower(), 0
    for found in TAG.finditer(html):
        if found.start() < at:
            continue  # inside a script that was skipped
        yield "text", "", html[at : found.start()]
        at, name = found.end(), (found["name"] or "").lower()
        if not name:
            continue
        if found["close"]:
            yield "close", name, ""
        elif name in UNSEEN:
            ends = lower.find(f"</{name}", at)
            at = len(html) if ends < 0 else ends
        else:
            yield "open", name, found["more"]
    yield "text", "", html[at:]


def _without(text: str, begins: str, ends: str) -> str:
    """Return `text` without what stands between two signs."""
    kept, at = [], 0
    while (start := text.find(begins, at)) >= 0:
        kept.append(text[at:start])
        end = text.find(ends, start + len(begins))
        if end < 0:
            return "".join(kept)
        at = end + len(ends)
    return "".join([*kept, text[at:]])


def text_of_html(html: str) -> str:
    """Return what a reader sees of HTML, without what it quotes."""
    pieces: list[str] = []
    opened: list[str] = []  # since the quote that hides what is read now
    for kind, name, text in _tokens(html[:LONGEST_HTML]):
        if opened:
            if kind == "open" and name == opened[0] and len(opened) < DEEPEST:
                opened.append(name)
            elif kind == "close" and name == opened[0]:
                opened.pop()
        elif kind == "open" and (name in QUOTES or _quotes(text)):
            opened.append(name)
        elif kind == "text":
            pieces.append(GAPS.sub(" ", unescape(text)))
        elif name in BLOCKS:
            pieces.append("\n- " if name == "li" and kind == "open" else "\n")
    return tidy("".join(pieces))


def _quotes(attributes: str) -> bool:
    """Whether an element is what a mail program puts around the mail it answers."""
    lower = attributes.lower()
    return any(name in lower for name in QUOTING)


def tidy(text: str) -> str:
    """Return a text without space at the ends of lines and with at most one empty line in a row."""
    lines = [line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def without_quotes(text: str) -> str:
    """Return an answer without the mail it answers and without a signature; all of it when nothing would be left."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = lines[: _end(lines)]
    while kept and (not kept[-1].strip() or kept[-1].lstrip().startswith(">")):
        kept.pop()
    said = "\n".join(line.rstrip() for line in kept if not line.startswith(">")).strip()
    return said or "\n".join(line.rstrip() for line in lines).strip()


def _end(lines: list[str]) -> int:
    """Return the line at which the quoted mail, or the signature, begins."""
    for at, line in enumerate(lines):
        if MARK in line or SIGNATURE.fullmatch(line):
            return at
        if line.strip() and _introduces(lines, at):
            return at
    return len(lines)


def _introduces(lines: list[str], at: int) -> bool:
    """Whether a quoted mail begins here: a sentence of a mail program with what it announces, or a block of headers."""
    line = lines[at].strip()
    if BANNER.fullmatch(line):
        return True
    if RULE.fullmatch(line) or FROM.fullmatch(line):
        following = [other.strip() for other in lines[at + 1 : at + 6]]
        return sum(bool(HEADERS.match(other)) for other in following) >= 2 - bool(RULE.fullmatch(line))
    length = _sentence(lines, at)
    if not length:
        return False
    rest = [other for other in lines[at + length : at + length + 5] if other.strip()]
    alone = at == 0 or not lines[at - 1].strip()
    return alone or not rest or rest[0].lstrip().startswith(">")


def _sentence(lines: list[str], at: int) -> int:
    """Return over how many lines the sentence "… wrote:" goes that begins here; 0 for none."""
    for length in range(1, LONGEST_INTRODUCTION + 1):
        some = [line.strip() for line in lines[at : at + length]]
        if len(some) == length and all(some) and any(each.fullmatch(" ".join(some)) for each in SPREAD):
            return length
    return int(WROTE.fullmatch(lines[at].strip()) is not None)

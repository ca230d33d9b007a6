"""What people wrote about a device, as plain text: no Markdown, no HTML, no addresses, no invisible characters."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 2_000
QUOTE: Final = 300
_RAW: Final = 20_000  # beyond this nothing is read
_STEPS: Final = (
    (re.compile(r"\r\n?"), "\n"),
    (re.compile(r"!\[[^\[\]]{0,300}\]\((?:[^()]|\([^()]{0,200}\)){0,600}\)"), " "),  # pictures
    (re.compile(r"\[([^\[\]]{0,300})\]\((?:[^()]|\([^()]{0,200}\)){0,600}\)"), r"\1"),  # links keep their words
    (re.compile(r"<(script|style)\b[^<]{0,5000}</\1\s{0,9}>", re.IGNORECASE), " "),
    (re.compile(r"</?[A-Za-z!][^<>]{0,600}>"), " "),
    (re.compile(r"(?:https?|ftp)://[^\s<>]{1,2000}|\bwww\.[^\s<>]{1,2000}"), " "),
    (re.compile(r"^[\s|:=-]*[|=-]{3}[\s|:=-]*$", re.MULTILINE), ""),  # rulers and the second line of a table
    (re.compile(r"^[ \t]{0,8}(?:#{1,6}|>|[*+-])[ \t]+", re.MULTILINE), ""),
    (re.compile(r"\*\*|__|`|[ \t]*\|[ \t]*"), " "),
    (re.compile(r"[ \t\u00a0]+"), " "),
    (re.compile(r" ?\n ?"), "\n"),
    (re.compile(r"\n{3,}"), "\n\n"),
)
_LINK = re.compile(r"https?://|\bwww\.")
_MARKUP = re.compile(r"\[[^\[\]]{0,300}\]\(|\*\*|^#{1,6} |^\|.{0,300}\||<[A-Za-z/]", re.MULTILINE)
_SENTENCE = re.compile(r"\n+|(?<=[.;!?。；])\s*(?=[A-Z\u4e00-\u9fff])")  # "max. 95W" goes on


def plain_text(text: str) -> str:
    """Return at most LONGEST characters of `text` without markup, addresses and characters that nobody sees."""
    text = text[:_RAW]
    for pattern, instead in _STEPS:
        text = pattern.sub(instead, text)
    text = "".join(letter for letter in text if letter == "\n" or unicodedata.category(letter)[0] != "C").strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def oddities(text: str) -> Iterator[str]:
    """Yield the codes of what had to be taken out of `text`."""
    if "\r" in text:
        yield "text-cr"
    if _LINK.search(text):
        yield "text-link"
    if _MARKUP.search(text):
        yield "text-markup"
    if len(text) > LONGEST:
        yield "text-long"


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences and lines of a plain text, long ones cut to a quote."""
    for sentence in _SENTENCE.split(text):
        if sentence := sentence.strip():
            yield sentence if len(sentence) <= QUOTE else sentence[: QUOTE - 1].rstrip() + "…"

"""Markdown that people write, as HTML that cannot do harm, and as plain text that can be searched. Pure.

Two walls: the Markdown reader knows no HTML and makes only what is listed here; what it made goes through an allowlist
that would stop the rest as well. Whoever shows the result puts it into an element with `hx-ignore`, see `prose`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

DEEPEST: Final = 20  # lists in quotes in lists
REMEMBERED: Final = 128  # texts whose HTML is kept
LOWEST_HEADING: Final = 6
ID_PREFIX: Final = "s-"  # so that no heading is called as something else on the page
LONGEST_ID: Final = 80
SCHEMES: Final = frozenset({"http", "https", "mailto"})
TAGS: Final = frozenset(
    {
        "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s",
        "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    **{heading: {"id"} for heading in ("h2", "h3", "h4", "h5", "h6")},
}
# A picture is a file of ours; where somebody else's server is asked for one, it learns who reads what.
OWN_PICTURE: Final = re.compile(r"/[a-z]+/[0-9a-z]{16}/files/[0-9a-z]{16}(?:/small)?")
SCHEME: Final = re.compile(r"([^/?#:]*):")
UNSEEN: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
NUMBER: Final = re.compile(r"[0-9]{1,9}")
GAPS: Final = re.compile(r"\s+")
BREAKS: Final = frozenset({"softbreak", "hardbreak"})


def is_link(address: str) -> bool:
    """Return whether a link may lead there: the web, a mail address, a page of ours, a heading of this text."""
    if UNSEEN.search(address) or "\\" in address or address.startswith("//"):
        return False
    scheme = SCHEME.match(address)
    return scheme[1].lower() in SCHEMES if scheme else address.startswith(("/", "#"))


def is_own_picture(address: str) -> bool:
    """Return whether a picture is a file of ours."""
    return OWN_PICTURE.fullmatch(address) is not None


class _Reader(MarkdownIt):
    """CommonMark with tables and struck-out text, without HTML."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Let only through what may stand in a link; the rest stays the text that was typed."""
        return is_link(url)


_reader = _Reader("commonmark", {"html": False, "maxNesting": DEEPEST}).enable(["table", "strikethrough"])


@lru_cache(maxsize=REMEMBERED)
def html_of(text: str) -> Markup:
    """Return Markdown as safe HTML; the page's own heading stands above it, so its headings begin with the second."""
    tokens = _reader.parse(text)
    _number_headings(tokens)
    for token in _all(tokens):
        _tame(token)
    return Markup(clean(_reader.renderer.render(tokens, _reader.options, {})))  # noqa: S704 - cleaned just now


def prose(text: str) -> Markup:
    """Return Markdown as a part of a page in which htmx looks for nothing."""
    return Markup('<div class="prose" hx-ignore>{}</div>').format(html_of(text))


def clean(html: str) -> str:
    """Return HTML with nothing but what is on our lists; a second time it changes nothing."""
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=_kept,
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer",
    )


def _kept(_tag: str, name: str, value: str) -> str | None:
    """Return what an attribute may say; None takes it away."""
    if name == "href":
        return value if is_link(value) else None
    if name == "src":
        return value if is_own_picture(value) else None
    if name == "id":
        return value if value.startswith(ID_PREFIX) and len(value) <= LONGEST_ID else None
    if name == "start":
        return value if NUMBER.fullmatch(value) else None
    return value


def _all(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or ())


def _tame(token: Token) -> None:
    """Lower headings, drop classes and styles, and turn foreign pictures into their descriptions."""
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(int(token.tag[1]) + 1, LOWEST_HEADING)}"
    elif token.type == "image" and not is_own_picture(str(token.attrs.get("src", ""))):
        token.type, token.content, token.children = "text", "".join(_words([token])), None
    elif token.type == "fence":
        token.info = ""  # a language would become a class
    elif token.type == "link_open" and str(token.attrs.get("href", "")).startswith("#"):
        token.attrs["href"] = "#" + heading_id(str(token.attrs["href"])[1:])


def _number_headings(tokens: list[Token]) -> None:
    """Give every heading a name to link to; of two alike the second is counted."""
    seen: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        name = heading_id("".join(_words([inline])))
        seen[name] = seen.get(name, 0) + 1
        opening.attrs["id"] = name if seen[name] == 1 else f"{name}-{seen[name] - 1}"


def heading_id(heading: str) -> str:
    """Return what a heading is called in addresses: its words, in any script, joined by hyphens."""
    heading = unicodedata.normalize("NFKC", heading.removeprefix(ID_PREFIX)).casefold().strip()
    kept = "".join(sign if sign.isalnum() or sign == "_" else "-" if sign in " -" else "" for sign in heading)
    return ID_PREFIX + (kept[: LONGEST_ID - 10] or "-")


def plain(text: str) -> str:
    """Return what a reader sees of Markdown, as plain text: for search, lists and mails."""
    return GAPS.sub(" ", " ".join(_words(_reader.parse(text)))).strip()


def excerpt(text: str, longest: int = 200) -> str:
    """Return the beginning of what a reader sees, cut behind a word where there is one."""
    whole = plain(text)
    if len(whole) <= longest:
        return whole
    cut = whole[: longest - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > longest * 2 // 3 else cut).rstrip(" ,.;:，。；：、") + "…"


def _words(tokens: Iterable[Token]) -> Iterator[str]:
    """Yield the pieces of text; words that are emphasised in the middle stay whole."""
    for token in tokens:
        if token.children is not None and token.type in ("inline", "image"):
            yield "".join(_words(token.children))
        elif token.type in BREAKS:
            yield " "
        elif token.content and token.type in ("text", "code_inline", "fence", "code_block"):
            yield token.content

"""Markdown that people write: safe whatever it says, the same when it is cleaned twice, readable as plain text."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.markup import clean, excerpt, html_of, is_link, plain, prose

OWN = "/knowledge/0123456789abcdef/files/0123456789abcdef"
PIECES = st.sampled_from(
    [
        "[a](javascript:alert(1))", "[[b](data:text/html,x)](//evil)", "![c](http://evil/x.png)", f"![d]({OWN})",
        "<script>alert(1)</script>", "<details ontoggle=alert(1) open>", "<svg/onload=alert(1)>", "&#106;avascript:x",
        '<a href="x" hx-get="/y" data-hx-post="/z" class="htmx-request">', "<javascript:alert(1)>", "hx-on:click=1",
        "# heading", "- list", "> quote", "`code`", "```\nfence", "| a | b |\n|---|---|\n| 1 | 2 |", "~~gone~~",
        "**b**", "\n\n", "\\", "\x00", "中文", "[r]: javascript:x", "[r]", '"><img src=x onerror=alert(1)>', "{{7*7}}",
        "<!--", "]]>", "<https://ok.example>", "style=width:1px", "\u202e", "<plaintext>",
        "<math><mtext></mtext></math>",
    ]
)  # fmt: skip
ALLOWED = {
    "a": {"href", "title", "rel"}, "img": {"src", "alt", "title"}, "ol": {"start"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}  # fmt: skip
TAG = re.compile(r"<(/?)([a-z0-9]+)((?:\s+[a-z-]+(?:=\"[^\"]*\")?)*)\s*/?>")


def check_harmless(html: str) -> None:
    """Every `<` begins a tag of ours with attributes of ours that lead nowhere bad."""
    assert html.count("<") == len(TAG.findall(html)), html
    for closing, tag, attributes in TAG.findall(html):
        found = dict(re.findall(r'([a-z-]+)="([^"]*)"', attributes))
        assert found.keys() <= ALLOWED.get(tag, set()), html
        assert not closing or not found
        assert tag not in {"script", "svg", "details", "iframe", "form", "style", "math", "plaintext"}
        assert is_link(found["href"].replace("&amp;", "&")) if "href" in found else True
        assert found.get("src", OWN).startswith("/knowledge/")


@given(st.lists(PIECES | st.text(max_size=12), max_size=12).map("".join))
@settings(max_examples=100, deadline=None)
def test_whatever_is_written_is_harmless_and_clean_already(text: str) -> None:
    html = str(html_of(text))
    check_harmless(html)
    assert clean(html) == html
    assert "\x00" not in plain(text)


@given(st.lists(PIECES | st.text(max_size=12), max_size=8).map("".join))
@settings(max_examples=80, deadline=None)
def test_cleaning_html_twice_changes_nothing(text: str) -> None:
    once = clean(text)
    check_harmless(once)
    assert clean(once) == once


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "vbscript:x", "//evil", "/\\evil", "java\nscript:x",
     "\x01javascript:x", "file:///etc/passwd", "ftp://x", "relative.md", " /x", "/x\u202ey"],
)  # fmt: skip
def test_links_that_are_refused(address: str) -> None:
    assert not is_link(address)


def test_what_stays() -> None:
    html = str(
        html_of(
            f"# Title\n\n1. a\n2. b\n\n[x](https://ok.example 'y') [m](mailto:a@b.example) [t](#title) ![p]({OWN})\n\n"
            "| a |\n|---|\n| ~~b~~ |\n\n```yaml\nk: <v>\n```"
        )
    )
    assert '<h2 id="s-title">Title</h2>' in html
    assert '<a href="https://ok.example" title="y" rel="noopener noreferrer">x</a>' in html
    assert '<a href="#s-title" rel="noopener noreferrer">t</a>' in html
    assert f'<img src="{OWN}" alt="p">' in html
    assert "<td><s>b</s></td>" in html
    assert "<pre><code>k: &lt;v&gt;\n</code></pre>" in html


def test_two_headings_alike_have_two_names() -> None:
    assert 'id="s-步骤"' in html_of("# 步骤\n\n# 步骤")
    assert 'id="s-步骤-1"' in html_of("# 步骤\n\n# 步骤")


def test_a_page_shows_it_where_htmx_looks_for_nothing() -> None:
    assert prose("x").startswith('<div class="prose" hx-ignore>')


def test_plain_text_is_what_a_reader_sees() -> None:
    assert plain("# A\n\n**b** [c](https://x.example) ![d](http://y/z) `e`\nf **mid**dle") == "A b c d e f middle"
    assert excerpt("one two three four five", 14) == "one two three…"
    assert excerpt("供电预算不足时最后几路会断电", 8) == "供电预算不足时…"
    assert excerpt("short", 14) == "short"


@pytest.mark.parametrize("text", ["[" * 8_000, "![" * 4_000, "> " * 20_000, "|a" * 3_000, "*a_ " * 5_000])
def test_hostile_texts_take_no_time(text: str) -> None:
    begun = time.process_time()
    html_of(text)
    assert time.process_time() - begun < 3

"""Markdown of other tools: titles, boxes, components, links, and the names of everything that is dropped."""

import os
from pathlib import Path

import pytest

from portal.markup import html_of, plain
from portal.support.knowledge.markdown_files import convert
from portal.support.knowledge.routes import Routes

FOLDER = os.environ.get("PORTAL_TEST_KNOWLEDGE", "")


def keep(is_picture: bool, words: str, to: str) -> str:
    return f"{'!' if is_picture else ''}[{words}]({to})"


def body(text: str, lang: str = "en") -> str:
    return convert(text, "name", lang, keep).body


def test_front_matter_gives_the_title_and_nothing_of_it_stays() -> None:
    made = convert('---\nid: x\ntitle: "A: title"\n---\n\nText', "name", "en", keep)
    assert (made.title, made.body, made.entries["id"]) == ("A: title", "Text\n", "x")


def test_without_front_matter_the_first_heading_is_the_title() -> None:
    assert convert("# Head #\n\nText", "name", "en", keep).title == "Head"
    assert convert("# Head\n\nText", "name", "en", keep).body == "Text\n"
    assert convert("Text", "name", "en", keep).title == "name"


def test_boxes_become_quotations_with_all_that_is_in_them() -> None:
    text = ":::warning Mind this\n\nOne\n\n```\ncode\n```\n\n:::note\ninner\n:::\n:::\nafter"
    assert body(text).split("\n") == [
        "> **Mind this**", ">", ">", "> One", ">", "> ```", "> code", "> ```", ">", ">", "> > **Note**", "> >",
        "> > inner", ">", "", "after", "",
    ]  # fmt: skip
    assert html_of(body(text)).count("<blockquote>") == 2
    assert body(":::tip[你好]\nx\n:::", "zh").startswith("> **你好**")
    assert body(":::caution\nx\n:::", "zh").startswith("> **注意**")


def test_components_go_and_what_they_say_stays() -> None:
    text = (
        'import A from "@site/A";\n\nGo to <NavPath path="Settings > Cameras" />.\n\n<Tabs>\n<TabItem value="ui">\n\n'
        'Inside\n\n</TabItem>\n</Tabs>\n<Faq question="Why?">So.</Faq>\n<Pick models={a.b} />'
    )
    made = convert(text, "name", "en", keep)
    assert "Go to **Settings > Cameras**." in made.body
    assert "**ui**" in made.body
    assert "Inside" in made.body
    assert "**Why?**" in made.body
    assert "So." in made.body
    assert "<" not in plain(made.body)
    assert dict(made.dropped.items()).items() >= {
        "import": 1, "NavPath": 1, "Tabs": 1, "TabItem": 1, "Faq": 1, "Pick": 1
    }.items()  # fmt: skip


def test_what_a_page_defines_goes_to_its_end() -> None:
    made = convert("export const A = ({b}) => ( <span\n  x\n>{b}</span> );\n\nText", "name", "en", keep)
    assert made.body == "Text\n"
    assert made.dropped["export"] == 1


def test_code_stays_as_it_is() -> None:
    text = "`<NavPath path=\"x\" />` and `a` <b>c</b> `d`\n\n```md\nimport x from 'y'\n:::note\n<NavPath />\n```"
    assert body(text) == text.replace("<b>c</b>", "**c**") + "\n"


def test_html_that_has_an_equal_in_markdown() -> None:
    text = '<details>\n<summary>More</summary>\n<a href="/x">y</a> <code>z</code><br/>w <!-- no -->\n</details>'
    assert body(text).strip() == "**More**\n[y](/x) `z` w"


def test_links_are_asked_for_one_by_one() -> None:
    seen = []

    def follow(is_picture: bool, words: str, to: str) -> str:
        seen.append((is_picture, words, to))
        return f"[{words}](/new)"

    made = convert('[a](./b.md#c) ![d](e.png "f") [x][r]\n\n[r]: ../g.md\n`[no](h.md)`', "name", "en", follow)
    assert seen == [(False, "a", "./b.md#c"), (True, "d", "e.png"), (False, "x", "../g.md")]
    assert made.body == "[a](/new) [d](/new) [x][r]\n\n[r]: /new\n`[no](h.md)`\n"


def test_where_links_lead() -> None:
    texts = {"docs/a/index.md": "", "docs/a/b.md": "---\nid: bee\n---\n", "docs/c.mdx": "", "docs/x/c.md": ""}
    routes = Routes.of(texts)
    found = {
        ("docs/a/b.md", "../c.mdx"): "docs/c.mdx",
        ("docs/a/b.md", "./"): "docs/a/index.md",
        ("docs/c.mdx", "a/bee"): "docs/a/b.md",
        ("docs/c.mdx", "/a"): "docs/a/index.md",
        ("docs/c.mdx", "/c"): "docs/c.mdx",  # the one that lies higher
        ("docs/a/index.md", "b.md?x=1"): "docs/a/b.md",
        ("docs/a/index.md", "nothing.md"): None,
        ("docs/a/index.md", "../../../../etc/passwd"): None,
    }
    assert {question: routes.find(*question) for question in found} == found


@pytest.mark.skipif(not FOLDER, reason="PORTAL_TEST_KNOWLEDGE names no folder of Markdown")
def test_a_real_knowledge_base_leaves_no_scaffolding_behind() -> None:
    files = [path for path in Path(FOLDER).rglob("*") if path.suffix in (".md", ".mdx")]
    assert files
    for path in files:
        made = convert(path.read_text("utf-8"), path.stem, "en", keep)
        assert made.title
        shown = "".join(part for number, part in enumerate(str(html_of(made.body)).split("code>")) if number % 2 == 0)
        for rest in (":::", "&lt;/", "&lt;TabItem", "&lt;ConfigTabs", "&lt;NavPath", "@site/"):
            assert rest not in shown, (path, rest)

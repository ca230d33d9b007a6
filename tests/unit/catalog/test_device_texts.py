"""Texts, names and origins of device types: plain, bounded, told apart."""

import time
from pathlib import Path

import pytest

from portal.catalog.devicetypes.identity import SKU_LIMIT, free_sku, identity, slug_of
from portal.catalog.devicetypes.origin import Origin, origin_of
from portal.catalog.devicetypes.plaintext import LONGEST, oddities, plain_text, sentences


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("[Data sheet](https://example.com/a_(b).pdf) and\r\nmore", "Data sheet and\nmore"),
        ("[wrapped\nwords](\nhttps://example.com/long)", "wrapped\nwords"),
        ("![logo](https://example.com/x.png)after", "after"),
        ("see https://example.com/x?y=1, then", "see then"),
        ("<img src=x onerror=alert(1)>words</b>", "words"),
        ("<ScRiPt>alert(1)</sCrIpT>words", "words"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b\n\n1 2"),
        ("# Title\n- one\n* two\n> three", "Title\none\ntwo\nthree"),
        ("**bold** `code` __under__", "bold code under"),
        ("a\u202eb\u200bc\x00d\x07", "abcd"),
        ("5 - 3 = 2", "5 - 3 = 2"),
        ("中文\u3000说明。", "中文\u3000说明。"),
        ("", ""),
    ],
)
def test_markup_goes_and_words_stay(text: str, plain: str) -> None:
    assert plain_text(text) == plain


def test_long_texts_are_cut_and_hostile_ones_take_no_time() -> None:
    assert len(plain_text("word " * 5_000)) <= LONGEST
    assert plain_text("word " * 5_000).endswith("…")
    assert set(oddities("x" * (LONGEST + 1))) == {"text-long"}
    started = time.process_time()
    for text in (
        "[" * 50_000,
        "[a](" * 20_000,
        "<" * 50_000,
        "<a" * 30_000,
        "|-" * 30_000,
        "<script>" * 10_000,
        " \n" * 40_000,
    ):
        plain_text(text)
        list(oddities(text))
        list(sentences(text))
    assert time.process_time() - started < 3


def test_sentences_end_where_a_new_one_begins() -> None:
    assert list(sentences("Up to 5 W max. 95W here. Next one; Third\nfourth。第五")) == [
        "Up to 5 W max. 95W here.", "Next one;", "Third", "fourth。", "第五",
    ]  # fmt: skip


def test_spelling_does_not_make_another_product() -> None:
    assert identity(" Brightline ", "BL-7  Port") == identity("BRIGHTLINE", "bl-7 port")
    assert identity("Ｂrightline", "x") == identity("Brightline", "x")
    assert identity("A", "B-1") != identity("A", "B_1")


def test_numbers_of_imported_products_are_the_librarys_slugs() -> None:
    assert slug_of("AXIS", "P3268-LVE") == "axis-p3268-lve"
    assert slug_of("Nordwerk", "NW-KVM4+") == "nordwerk-nw-kvm4-plus"
    assert slug_of("Conteg", "Ri7-42-80/100") == "conteg-ri7-42-80-100"
    assert free_sku("A", "B-1", set()) == "a-b-1"
    second = free_sku("A", "B_1", {"a-b-1"})
    assert second.startswith("a-b-1-")
    assert second == free_sku("A", "B_1", {"a-b-1"})
    long = free_sku("Maker", "x" * 90, set())
    assert len(long) == SKU_LIMIT
    assert free_sku("北辰", "型号", set()).startswith("product")
    assert free_sku("北辰", "甲", {"product"}) != free_sku("北辰", "乙", {"product"})


COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_the_origin_is_what_is_said_or_what_the_files_say(tmp_path: Path) -> None:
    assert origin_of(tmp_path) == Origin(tmp_path.name)
    (tmp_path / "SOURCE.md").write_text(f"# Source\n- Commit of this copy: {COMMIT} (2024)\n", "utf-8")
    (tmp_path / "LICENSE.txt").write_text("Creative Commons Legal Code\n\nCC0 1.0 Universal\n", "utf-8")
    assert origin_of(tmp_path / "device-types") == Origin(tmp_path.name, COMMIT, "CC0 1.0 Universal")
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    (git / "packed-refs").write_text(f"# pack\n{COMMIT[::-1]} refs/heads/main\n", "utf-8")
    assert origin_of(tmp_path).revision == COMMIT[::-1]
    (git / "refs" / "heads" / "main").write_text("a" * 40 + "\n", "utf-8")
    assert origin_of(tmp_path).revision == "a" * 40
    (git / "HEAD").write_text("b" * 40 + "\n", "utf-8")
    assert origin_of(tmp_path).revision == "b" * 40
    given = origin_of(tmp_path, name="mine", revision="r1", licence="own")
    assert given == Origin("mine", "r1", "own")


@pytest.mark.parametrize("head", ["ref: refs/../../../etc/passwd", "ref: /etc/passwd", "ref: x", "", "\x00\xff"])
def test_a_hostile_head_says_nothing(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text(head, "utf-8")
    assert origin_of(tmp_path).revision == ""

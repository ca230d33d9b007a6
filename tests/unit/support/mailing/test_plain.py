"""Answers without what they quote, in the forms that mail programs write, and HTML as text."""

import time

import pytest

from portal.config import Settings
from portal.support.mailing.addresses import read_reply_address, reply_address
from portal.support.mailing.plain import MARK, text_of_html, without_quotes

BELOW = "\n\nquoted words\nmore"


@pytest.mark.parametrize(
    "quoted",
    [
        "On Mon, 2 Mar 2026 at 10:00, Lanqiao <a@b.example> wrote:\n> quoted words",
        "On Mon, 2 Mar 2026 at 10:00, Lanqiao Vision Support\n<support@lanqiao.example> wrote:\n\n> quoted words",
        "2026年3月2日 10:00，澜桥视讯 <a@b.example> 写道：\n> quoted words",
        "在 2026年3月2日，下午3:14，澜桥 <a@b.example> 写道：" + BELOW,
        "-----Original Message-----\nFrom: a@b.example" + BELOW,
        "------------------ 原始邮件 ------------------\n发件人: \"澜桥\"" + BELOW,
        "发件人: 澜桥视讯\n发送时间: 2026年3月2日 10:00\n收件人: 袁工\n主题: T-2026-000001" + BELOW,
        "From: Lanqiao\nSent: Monday\nTo: Yuan\nSubject: T-1" + BELOW,
        "________________________________\nFrom: Lanqiao\nSent: Monday" + BELOW,
        f"Write your answer above this line {MARK}" + BELOW,
        "> Am 2.3. schrieb Lanqiao:\n> quoted words",
        "-- \nYuan\nQingxi Hospital" + BELOW,
    ],
)  # fmt: skip
def test_what_is_quoted_goes(quoted: str) -> None:
    assert without_quotes(f"It works now.\n\nThanks,\nYuan\n\n{quoted}\n") == "It works now.\n\nThanks,\nYuan"


@pytest.mark.parametrize(
    "said",
    [
        "From: the camera we hear nothing.\nTo: my surprise it came back.",
        "On Monday the technician wrote: replace the switch.\nWe did.",
        "a - b -- c\n--\u00a0no",
        "Error: 12\nDate: unknown",
        "> all of it is quoted\n> and stays",
    ],
)
def test_what_only_looks_like_it_stays(said: str) -> None:
    assert without_quotes(said) == said


def test_html_is_what_a_reader_sees() -> None:
    page = """<html><head><title>no</title><style>x</style></head><body><script>no()</script>
    <p>One &amp; two<br>three</p><div>four <b>five</b></div><blockquote>no</blockquote>
    <div class="gmail_quote">no<div>no</div></div><p>six</p></body></html>"""
    assert text_of_html(page) == "One & two\nthree\n\nfour five\n\nsix"


def test_hostile_html_takes_no_time() -> None:
    for page in ("<div>" * 100_000, "<" * 200_000, "<!--" * 50_000, "</p>" * 100_000, "<p x='" + "&" * 100_000):
        begun = time.process_time()
        text_of_html(page)
        without_quotes(page)
        assert time.process_time() - begun < 2


def test_an_address_is_good_for_one_person_one_ticket_and_one_installation(tmp_path) -> None:  # type: ignore[no-untyped-def]
    settings = Settings(tmp_path, "", "key", support_mail="support@lanqiao.example")
    ticket, person = "0123456789abcdef", "fedcba9876543210"
    address = reply_address(settings, ticket, person)
    assert len(address.partition("@")[0]) <= 64
    found = read_reply_address(settings, address.upper())
    assert found is not None
    assert (found.ticket, found.person, found.genuine) == (ticket, person, True)
    for changed in (address.replace("0123", "0124"), address.replace("fedc", "fedd"), address.replace("@", "0@")):
        read = read_reply_address(settings, changed)
        assert read is None or not read.genuine
    assert read_reply_address(settings, "support@lanqiao.example") is None
    assert reply_address(Settings(tmp_path, "", "key"), ticket, person) == ""

"""Words of texts: stems, codes whole and in parts, Chinese words and signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.search.analysing import LONGEST_WORD, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cameras restarted", {"the", "camera", "restart"}),
        ("error E-1042", {"error", "e1042", "e", "1042"}),
        ("DS-7716NXI", {"ds7716nxi", "ds", "7716nxi", "7716", "nxi"}),
        ("ping 10.0.0.1", {"ping", "10.0.0.1"}),
        ("firmware 5.5.17", {"firmwar", "5.5.17"}),
        ("/var/log/syslog", {"var", "log", "syslog"}),
        ("max_retry_count", {"maxretrycount", "max", "retri", "count"}),
        ("AbfsTokenManager", {"abf", "token", "manag"}),
        ("D2CPU", {"d2cpu", "d2", "cpu"}),
        ("users' Amina's", {"user", "amina"}),
        ("ＨＤＭＩ　端口", {"hdmi", "端口", "端", "口"}),
        ("硬盘故障，错误码F4766", {"硬盘", "故障", "错误码", "硬", "f4766", "4766"}),
        ("錄像機無法識別硬碟", {"录像机", "不能", "识别", "硬盘", "硬"}),
        ("caméra", {"camera"}),
    ],
)
def test_words(text: str, expected: set[str]) -> None:
    assert expected <= set(words(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("E-1042", "e1042"),
        ("restarting", "Restarts"),
        ("無法連接", "无法连接"),
        ("wi-fi", "wifi"),
        ("HTTP_Proxy", "http proxy"),
    ],
)
def test_what_is_written_differently_meets(one: str, other: str) -> None:
    assert set(words(one)) & set(words(other))


@given(st.text(max_size=300))
def test_any_text_has_words_that_the_index_takes(text: str) -> None:
    for word in words(text):
        assert word
        assert len(word) <= max(LONGEST_WORD, len(text))
        assert word == "".join(word.split())


def test_endless_words_are_left_out() -> None:
    assert words("x" * 100_000 + " short") == ["short"]

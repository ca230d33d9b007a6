"""Money, numbers, dates and texts as people of both languages read them."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import Conflict, Invalid
from portal.formats import formats, message_of
from portal.money import MINOR_DIGITS, Money
from portal.words import BABEL_LOCALES, LOCALES, Text


@pytest.mark.parametrize(
    ("locale", "amount", "text"),
    [
        ("en", Money(1234560, "CNY"), "CN¥12,345.60"),
        ("zh", Money(1234560, "CNY"), "¥12,345.60"),
        ("en", Money(5, "USD"), "$0.05"),
        ("zh", Money(5, "USD"), "US$0.05"),
        ("en", Money(0, "EUR"), "€0.00"),
        ("en", Money(-5, "EUR"), "-€0.05"),
        ("zh", Money(-123456789, "CNY"), "-¥1,234,567.89"),
        ("en", Money(1234567, "JPY"), "¥1,234,567"),
        ("zh", Money(-1, "JPY"), "-JP¥1"),
        ("en", Money(100, "KES"), "KES1.00"),
        ("en", Money(10**15, "CNY"), "CN¥10,000,000,000,000.00"),
    ],
)
def test_money_is_written_as_people_expect(locale: str, amount: Money, text: str) -> None:
    assert formats(locale).money(amount) == text


@given(st.sampled_from(LOCALES), st.sampled_from(sorted(MINOR_DIGITS)), st.integers(-(10**12), 10**12))
def test_money_is_what_babel_says(locale: str, currency: str, minor: int) -> None:
    exact = minor / 10 ** MINOR_DIGITS[currency]  # exact enough below 10**15
    assert formats(locale).money(Money(minor, currency)) == format_currency(
        exact, currency, locale=BABEL_LOCALES[locale]
    )


@given(st.sampled_from(LOCALES), st.integers(-(10**15), 10**15))
def test_whole_numbers_are_what_babel_says(locale: str, number: int) -> None:
    assert formats(locale).integer(number) == format_decimal(number, locale=BABEL_LOCALES[locale])


@pytest.mark.parametrize(
    ("minor", "currency", "text"), [(-5, "CNY", "-0.05"), (123456, "CNY", "1,234.56"), (-7, "JPY", "-7")]
)
@pytest.mark.parametrize("locale", LOCALES)
def test_amounts_in_columns_carry_their_sign(locale: str, minor: int, currency: str, text: str) -> None:
    assert formats(locale).amount(minor, currency) == text


@pytest.mark.parametrize(
    ("basis_points", "text"),
    [
        *((0, "0%"), (1, "0.01%"), (10, "0.1%"), (50, "0.5%"), (100, "1%"), (1300, "13%"), (1310, "13.1%")),
        *((1305, "13.05%"), (10000, "100%"), (-50, "-0.5%"), (-150, "-1.5%"), (-1300, "-13%"), (-1, "-0.01%")),
    ],
)
@pytest.mark.parametrize("locale", LOCALES)
def test_percent_has_no_needless_zeros(locale: str, basis_points: int, text: str) -> None:
    assert formats(locale).percent(basis_points) == text


def test_dates_are_business_days_without_a_zone() -> None:
    assert formats("en").date(date(2026, 2, 3)) == "3 Feb 2026"
    assert formats("zh").date(date(2026, 2, 3)) == "2026年2月3日"
    assert formats("en").date(None) == ""


def test_instants_are_read_in_the_zone_of_the_reader() -> None:
    at = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    assert formats("en").instant(at, "Asia/Shanghai") == "1 Jan 2027, 00:30"
    assert formats("zh").instant(at, "Asia/Shanghai") == "2027年1月1日 00:30"
    assert formats("en").instant(at, "America/New_York") == "31 Dec 2026, 11:30"
    assert formats("en").instant(None, "UTC") == ""


@pytest.mark.parametrize(
    ("locale", "en", "zh", "text"),
    [
        ("en", "Camera", "摄像机", "Camera"),
        ("zh", "Camera", "摄像机", "摄像机"),
        ("zh", "Camera", "", "[en] Camera"),
        ("en", "", "摄像机", "[zh] 摄像机"),
    ],
)
def test_a_missing_translation_shows(locale: str, en: str, zh: str, text: str) -> None:
    assert formats(locale).pick(SimpleNamespace(name_en=en, name_zh=zh), "name") == text
    assert Text(en, zh).to(locale) == text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            Invalid("Use at least %(count)s characters; a sentence works well.", count=12),
            "Use at least 12 characters; a sentence works well.",
        ),
        (Conflict("100% of nothing"), "100% of nothing"),
        (Invalid("said %(what)s", what="%(secret)s %s %"), "said %(secret)s %s %"),
    ],
)
def test_an_error_says_its_sentence_and_formats_nothing_else(error: Any, text: str) -> None:
    assert message_of(error, "en") == text


def test_an_error_is_said_in_the_language_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    chinese = SimpleNamespace(gettext={"at most %(count)s": "最多%(count)s个"}.__getitem__)
    english = SimpleNamespace(gettext=str)
    monkeypatch.setattr("portal.formats.translations", {"zh": chinese, "en": english}.__getitem__)
    error = Invalid("at most %(count)s", count=12)
    assert message_of(error, "zh") == "最多12个"
    assert message_of(error, "en") == "at most 12"


def test_a_day_in_an_error_is_written_like_every_other_day() -> None:
    error = Conflict("protected until %(date)s", date=date(2027, 2, 21))
    for locale in LOCALES:
        assert message_of(error, locale).endswith(formats(locale).date(date(2027, 2, 21)))

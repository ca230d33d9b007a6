"""A newcomer goes from the sign-in page to a resale PDF of his own site of 24 cameras in two groups, on a tablet.

Sixteen cameras indoors, eight outdoors; from a template with at most 12 interactions, as a site of his own with at most
40, each in less than 15 minutes, in English and in Chinese; the figures are printed. By keyboard alone, and without
JavaScript, the same way goes on to the order.
"""

import sys
from collections.abc import Callable

import pytest

from tests.browser import errands
from tests.browser.conftest import Open
from tests.browser.newcomer import Newcomer

LONGEST = 15.0  # minutes
Way = Callable[[Newcomer], None]
WAYS = [pytest.param(errands.from_a_template, 12, id="template"), pytest.param(errands.an_own_site, 40, id="own")]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("way", "most"), WAYS)
def test_a_newcomer_sells_a_site(
    open_page: Open, way: Way, most: int, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    new = Newcomer(open_page("upright", language), language)
    way(new)
    customer = errands.quote(new)
    errands.resell(new, customer, "12" if way is errands.an_own_site else "")
    with capsys.disabled():
        sys.stdout.write(f"\n{way.__name__} {language}: {new.interactions} interactions, {new.minutes:.1f} minutes\n")
    assert new.interactions <= most
    assert new.minutes < LONGEST


@pytest.mark.parametrize(
    ("size", "language", "keyboard", "scripts"),
    [("tablet", "en", True, True), ("phone", "zh", False, False)],
    ids=["keyboard", "no scripts"],
)
def test_everything_up_to_the_order(open_page: Open, size: str, language: str, keyboard: bool, scripts: bool) -> None:
    new = Newcomer(open_page(size, language, scripts=scripts), language, keyboard, scripts)
    errands.an_own_site(new)
    if size == "phone":
        new.tap("link", f"{new.word('Partner price')}", exact=False)  # the bill is a sheet behind the price
    customer = errands.quote(new)
    errands.resell(new, customer)
    errands.order(new)

"""What differs between two revisions."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from portal.deals.differences import differences


@dataclass
class Line:
    sku: str
    quantity: int
    unit_minor: int

    @property
    def name_en(self) -> str:
        return self.sku

    name_zh = name_en

    @property
    def net_minor(self) -> int:
        return self.quantity * self.unit_minor


def test_added_removed_changed_and_equal() -> None:
    before = [Line("camera", 16, 100), Line("switch", 1, 500), Line("disk", 4, 70)]
    after = [Line("camera", 12, 100), Line("disk", 4, 70), Line("cable", 2, 30)]
    found = {
        d.sku: (d.kind, d.quantity_before, d.quantity_after, d.net_before, d.net_after)
        for d in differences(before, after)
    }
    assert found == {
        "camera": ("changed", 16, 12, 1600, 1200),
        "cable": ("added", 0, 2, 0, 60),
        "switch": ("removed", 1, 0, 500, 0),
    }


def test_a_price_alone_is_a_difference() -> None:
    (only,) = differences([Line("camera", 16, 100)], [Line("camera", 16, 90)])
    assert (only.kind, only.unit_before, only.unit_after) == ("changed", 100, 90)


LINES = st.lists(
    st.builds(Line, st.sampled_from("abcdef"), st.integers(1, 9), st.integers(0, 5)), unique_by=lambda x: x.sku
)


@given(LINES, LINES)
def test_the_differences_account_for_the_whole_change(before: list[Line], after: list[Line]) -> None:
    found = differences(before, after)
    assert sum(d.net_after - d.net_before for d in found) == sum(x.net_minor for x in after) - sum(
        x.net_minor for x in before
    )


@given(LINES)
def test_nothing_differs_from_itself(lines: list[Line]) -> None:
    assert differences(lines, lines) == ()

"""What is taken out of a text: everything personal, whatever its case, and however many names there are."""

import re

from hypothesis import given
from hypothesis import strategies as st

from portal.support.redacting import GONE, SHORTEST_NAME, redacted

LETTERS = st.text(alphabet="abkKsiIſKıİßẞςΣǅ张三王 -.", max_size=12)


def test_nothing_personal_stays() -> None:
    text = "袁工 (yuan@qingxi.cn, 138 0013 8000) at 10.0.3.7 / aa:bb:cc:dd:ee:ff, Qingxi Hospital, SN2026A00012345: E07"
    found = redacted(text, ["袁工", "qingxi hospital", ""])
    assert "E07" in found
    for secret in ("袁工", "yuan", "8000", "10.0.3.7", "ff", "Qingxi", "SN2026"):
        assert secret not in found


def test_short_numbers_and_versions_stay() -> None:
    assert (
        redacted("firmware 5.7.12, 16 x 4 MP, port 8, error 0x1A") == "firmware 5.7.12, 16 x 4 MP, port 8, error 0x1A"
    )


@given(st.lists(LETTERS, max_size=8), st.lists(LETTERS, max_size=4), LETTERS)
def test_names_are_found_as_one_expression_of_all_of_them_finds_them(
    some: list[str], more: list[str], end: str
) -> None:
    text = " ".join([*some[:3], end, *more[:2]])
    known = sorted({name.strip() for name in [*some, *more] if len(name.strip()) >= SHORTEST_NAME}, key=len)
    plain = re.sub("|".join(map(re.escape, reversed(known))), GONE, text, flags=re.IGNORECASE) if known else text
    expected = re.sub(rf"{GONE}(?:[\s,，、]*{GONE})+", GONE, plain)
    assert redacted(text, some, more) == expected

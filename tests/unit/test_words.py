"""Names in two scripts: chosen for each language, kept as JSON, read back in whatever language is asked for."""

import json

import pytest

from portal.errors import Conflict
from portal.formats import message_of
from portal.home.notices import sentence
from portal.words import Text, both_names, params_in, stored

NAMES = Text("Qingxi Hospital", "青溪医院")


@pytest.mark.parametrize(
    ("name", "other", "expected"),
    [
        ("青溪医院", "Qingxi Hospital", NAMES),
        ("Qingxi Hospital", "青溪医院", NAMES),
        ("Qingxi Hospital", "", Text("Qingxi Hospital", "Qingxi Hospital")),
        ("青溪医院", None, Text("青溪医院", "青溪医院")),
        ("青溪医院", "青溪总院", Text("青溪医院", "青溪医院")),
        ("", None, Text("", "")),
    ],
)
def test_both_names(name: str, other: str | None, expected: Text) -> None:
    assert both_names(name, other) == expected


@pytest.mark.parametrize(("locale", "name"), [("en", NAMES.en), ("zh", NAMES.zh)])
def test_a_text_in_a_sentence_is_read_in_each_language(locale: str, name: str) -> None:
    params = {"person": "Ann", "customer": NAMES, "count": 1, "more": {"en": "only"}}
    kept = json.loads(json.dumps(stored(params)))
    assert params_in(locale, params) == params_in(locale, kept) == {**params, "customer": name}
    assert str(Conflict("It is %(customer)s.", customer=NAMES)) == "It is Qingxi Hospital."
    assert name in sentence("transfer_received", kept, locale)
    assert message_of(Conflict("It is %(customer)s.", customer=NAMES), locale) == f"It is {name}."


def test_a_notice_of_before_keeps_its_one_name() -> None:
    assert "青溪医院" in sentence("transfer_received", {"person": "Ann", "customer": "青溪医院"}, "en")

"""Routing beside a slow reference: which steps a request takes, and that doubt asks for more and never for less."""

import os
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.approvals.definitions import DECIDING_ROLES, Definition, content_hash, read
from portal.approvals.routing import route
from portal.approvals.rule_drafts import Draft
from portal.parameters.definitions import DEFINITIONS

EXAMPLES = int(os.environ.get("PORTAL_APPROVAL_EXAMPLES", "80"))
CURRENCIES = ("CNY", "USD")
SETTINGS = {"registration.auto_approve_below": 700, "special_price.discount_bps": 30, "registration.decision_hours": 9}
TEXT = st.fixed_dictionaries({"en": st.sampled_from(["So.", "Because"]), "zh": st.sampled_from(["因此。", "如此"])})
MONEY = st.one_of(st.integers(0, 1500), st.just("registration.auto_approve_below"))
SHARE = st.one_of(st.integers(0, 60), st.just("special_price.discount_bps"))
LIMITS = st.dictionaries(st.sampled_from(CURRENCIES), MONEY, min_size=1)
WORDS = st.lists(st.sampled_from(["cameras", "access", "north", "south"]), min_size=1, max_size=3)
WHEN = st.fixed_dictionaries(
    {},
    optional={
        "value": st.dictionaries(st.sampled_from(["from", "below"]), LIMITS, min_size=1),
        "discount": st.dictionaries(st.sampled_from(["from", "below"]), SHARE, min_size=1),
        "product_line": WORDS,
        "region": WORDS,
    },
)
GROUP = st.lists(st.sampled_from([*DECIDING_ROLES, "a@b.example"]), min_size=1, max_size=3, unique=True)
HOURS = st.one_of(st.integers(1, 400), st.just("registration.decision_hours"))


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """Any definition that can be read."""
    number = draw(st.integers(1, 4))
    steps = [
        {
            "key": f"step_{n + 1}", "when": draw(WHEN), "title": draw(TEXT),
            "mode": draw(st.sampled_from(["any", "all"])),
            "ask": draw(GROUP), "hours": draw(HOURS), "escalate": draw(st.one_of(st.just([]), GROUP)),
            "because": draw(TEXT),
        }
        for n in range(number)
    ]  # fmt: skip
    automatic = [{"when": draw(WHEN.filter(bool)), "because": draw(TEXT)} for _ in range(draw(st.integers(0, 2)))]
    return {"format": 1, "key": "paper", "title": draw(TEXT), "automatic": automatic, "steps": steps}


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "value_minor": st.integers(0, 1500),
        "currency": st.sampled_from([*CURRENCIES, "EUR"]),
        "discount_bps": st.integers(0, 60),
        "product_line": st.sampled_from(["cameras", "access", "doors"]),
        "region": st.sampled_from(["north", "south", "east"]),
    },
)


def number(value: int | str) -> int:
    return SETTINGS[value] if isinstance(value, str) else value


def slow(when: Mapping[str, Any], facts: Mapping[str, Any], doubt: bool) -> bool:
    """Check a condition line by line, without any of the program's own code."""
    for side, limits in when.get("value", {}).items():
        value, limit = facts.get("value_minor"), limits.get(facts.get("currency"))
        if value is None or limit is None:
            if not doubt:
                return False
        elif (value >= number(limit)) != (side == "from"):
            return False
    for side, limit in when.get("discount", {}).items():
        if "discount_bps" not in facts:
            if not doubt:
                return False
        elif (facts["discount_bps"] >= number(limit)) != (side == "from"):
            return False
    for name in ("product_line", "region"):
        if name in when and (facts[name] not in when[name] if name in facts else not doubt):
            return False
    return True


@settings(max_examples=EXAMPLES, deadline=None)
@given(contents(), FACTS)
def test_routes_equal_a_slow_reference(content: dict[str, Any], facts: dict[str, Any]) -> None:
    found = route(read(content), facts, SETTINGS)
    if any(slow(rule["when"], facts, False) for rule in content["automatic"]):
        assert found.automatic is not None
        assert found.steps == ()
        return
    expected = [step["key"] for step in content["steps"] if slow(step["when"], facts, True)]
    assert found.automatic is None
    assert [step["key"] for step in found.steps] == (expected or [content["steps"][-1]["key"]])
    assert all(isinstance(step["hours"], int) and step["hours"] >= 1 for step in found.steps)


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(contents(), FACTS, st.sampled_from(["value_minor", "currency", "discount_bps", "product_line", "region"]))
def test_a_fact_that_is_not_known_never_asks_fewer(content: dict[str, Any], facts: dict[str, Any], gone: str) -> None:
    known, less = dict(facts), {name: value for name, value in facts.items() if name != gone}
    before, after = (route(read(content), each, SETTINGS) for each in (known, less))
    if before.automatic is None:
        assert after.automatic is None
        named = {step["key"] for step in before.steps}
        applied = {step["key"] for step in content["steps"] if slow(step["when"], known, True)}
        assert named <= {step["key"] for step in after.steps} or not applied


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(contents())
def test_a_form_says_what_the_content_says(content: dict[str, Any]) -> None:
    draft = Draft.of(content)
    again = draft.content("paper")
    read(again)
    assert meaning(read(again)) == meaning(read(content))
    assert content_hash(again) == content_hash(Draft.of(again).content("paper"))


def meaning(definition: Definition) -> Any:
    """The definition with groups as sets: a form shows roles before people."""
    steps = [
        (s.key, s.title, s.when, s.mode, set(s.ask), s.hours, set(s.escalate), s.because) for s in definition.steps
    ]
    return definition.title, definition.automatic, steps


def test_the_settings_named_exist() -> None:
    assert set(SETTINGS) <= set(DEFINITIONS)

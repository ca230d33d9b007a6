"""Random expressions over given names: every operator, conditional numbers, lookups and aggregates."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True)
class Names:
    """What an expression may speak of; `inner` is what it may speak of within an aggregate over the group `group`.

    With `sound` nothing may be undefined.
    """

    numbers: tuple[str, ...]
    choices: tuple[tuple[str, str], ...]
    labels: tuple[str, ...] = ()
    group: str = ""
    inner: Names | None = None
    sound: bool = False


@st.composite
def amounts(draw: st.DrawFn, names: Names, depth: int = 2) -> str:
    """Draw a number."""
    kind = draw(st.integers(0, 9)) if depth else 0
    if kind <= 1:
        return draw(st.sampled_from((*names.numbers, *names.numbers, "0", "1", "2", "3", "5")))
    if kind == 2:
        return f"if({draw(truths(names, depth - 1))}, {draw(amounts(names, depth - 1))}, {draw(amounts(names, 0))})"
    if kind <= 5 and names.inner is not None:
        verb = draw(st.sampled_from(("sum", "count") if names.sound else ("sum", "count", "min", "max")))
        body = truths(names.inner, 1) if verb == "count" else amounts(names.inner, 1)
        return f"{verb}({names.group}: {draw(body)})"
    shapes = ["({} + {})", "({} - {})", "({} * {})", "min({}, {})", "max({}, {})"]
    shapes += [] if names.sound else ["ceil({} / {})", "floor({} / {})"]
    shape = draw(st.sampled_from(shapes))
    return shape.format(draw(amounts(names, depth - 1)), draw(amounts(names, depth - 1)))


@st.composite
def truths(draw: st.DrawFn, names: Names, depth: int = 2) -> str:
    """Draw a condition."""
    kind = draw(st.integers(0, 8 if depth else 4))
    if kind <= 2 or (kind <= 4 and not names.choices):
        sign = draw(st.sampled_from(("<", "<=", ">", ">=", "==", "!=")))
        return f"{draw(amounts(names, max(depth, 1)))} {sign} {draw(amounts(names, 1))}"
    if kind == 3:
        key, words = draw(st.sampled_from(names.choices))
        some = draw(st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True))
        inner = ", ".join(f"'{word}'" for word in some)
        return f"{key} {draw(st.sampled_from(('in', 'not in')))} {{{inner}}}"
    if kind == 4:
        low = draw(st.integers(-2, 4))
        between = f"{draw(amounts(names, 0))} in {low}..{low + draw(st.integers(0, 3))}"
        return draw(st.sampled_from((between, *(f"{label} == '{word}'" for label in names.labels for word in "uv"))))
    if kind == 5:
        return f"not ({draw(truths(names, depth - 1))})"
    if kind == 6 and names.inner is not None:
        return f"{draw(st.sampled_from(('all', 'any')))}({names.group}: {draw(truths(names.inner, 1))})"
    left, right = draw(truths(names, depth - 1)), draw(truths(names, depth - 1))
    return f"({left}) {draw(st.sampled_from(('and', 'or', 'implies')))} ({right})"

"""What a partner asks, and what an engineer answers: a text, and a value with unit and source for each gap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField

from portal.configurator.engineering_facts import LONGEST_SOURCE, LONGEST_VALUE, Fact, checked, units_like
from portal.configurator.engineering_models import LONGEST_ANSWER, LONGEST_TEXT
from portal.configurator.language.ruleset import Table
from portal.errors import Invalid
from portal.formats import message_of
from portal.forms import choices, text
from portal.web import locale

PLAIN = {"autocomplete": "off"}


class AskForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """One text, which may stay empty where the gap says enough."""

    text = text(_l("What do you want to know?"), LONGEST_TEXT, required=False, area=True, render_kw={"rows": 4})


class AnswerForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """The text of the answer; the fields of the gaps are added for each question."""

    answer = text(_l("Answer"), LONGEST_ANSWER, required=False, area=True, render_kw={"rows": 5})


@dataclass(frozen=True, slots=True)
class Gap:
    """A missing fact with the names of its fields; without `units` it is a word."""

    column: str
    units: tuple[str, ...]
    name: str

    def of(self, form: FlaskForm, part: str) -> Any:
        """Return one of its fields."""
        return form[f"{self.name}-{part}"]


def gaps_of(table: Table | None, columns: Sequence[str]) -> tuple[Gap, ...]:
    """Return the missing facts that a form asks for."""
    known = {column.name: column.unit for column in table.columns} if table else {}
    return tuple(
        Gap(name, units_like(unit) if (unit := known[name]) is not None else (), f"gap{number}")
        for number, name in enumerate(columns)
        if name in known
    )


def answer_form(gaps: Sequence[Gap], **given: Any) -> AnswerForm:
    """Return the form of a question with its gaps."""
    fields: dict[str, Any] = {}
    for gap in gaps:
        fields[f"{gap.name}-value"] = text(_l("Value"), LONGEST_VALUE, required=False, render_kw=PLAIN)
        if gap.units:
            fields[f"{gap.name}-unit"] = SelectField(
                _l("Unit"), choices=choices((unit, unit) for unit in gap.units), validate_choice=False
            )
        fields[f"{gap.name}-source"] = text(_l("Source"), LONGEST_SOURCE, required=False, render_kw=PLAIN)
    made = type("AnswerOfGaps", (AnswerForm,), fields)(**given)
    assert isinstance(made, AnswerForm)
    return made


def stored_of(gaps: Sequence[Gap], facts: Sequence[Fact]) -> dict[str, str]:
    """Return what the fields of an answer hold that was given before."""
    known = {fact.column: fact for fact in facts}
    found: dict[str, str] = {}
    for gap in gaps:
        if fact := known.get(gap.column):
            parts = (("value", fact.value), ("unit", fact.unit), ("source", fact.source))
            found |= {f"{gap.name}-{part}": value for part, value in parts}
    return found


def facts_of(form: AnswerForm, gaps: Sequence[Gap], table: Table | None) -> list[Fact] | None:
    """Return the facts that were typed, gaps left empty excluded; None when a field shows an error now."""
    found: list[Fact] = []
    sound = True
    for gap in gaps:
        value, source = gap.of(form, "value").data or "", gap.of(form, "source").data or ""
        if not value and not source:
            continue
        fact = Fact(gap.column, value, (gap.of(form, "unit").data or gap.units[0]) if gap.units else "", source)
        try:
            assert table is not None
            if not value:
                raise Invalid("Please fill this in.", field=f"{gap.name}-value")
            found.append(checked(table, fact, field=gap.name))
        except Invalid as error:
            field, sound = form[error.field], False
            field.errors = [*field.errors, message_of(error, locale())]
    return found if sound else None

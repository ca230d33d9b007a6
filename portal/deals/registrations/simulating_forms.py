"""The form of a simulation: what is changed; an empty field leaves a number as it is."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FileField, SelectField

from portal.deals.registrations.simulating import FIRST, PERIODS, TRIED
from portal.forms import choices, text
from portal.parameters.definitions import DEFINITIONS
from portal.parameters.typed import LONGEST

UNCHANGED = "in_force"
EDITED = "edited"


def field_of(key: str) -> str:
    """Return what the field of a parameter is called."""
    return key.partition(".")[2]


def _number(key: str) -> Any:
    return text(
        _l(DEFINITIONS[key].label), LONGEST, required=False,
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )  # fmt: skip


class SimulationForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A period, the numbers of the rules, other rules of approval, and a list instead of what was registered here."""

    months = SelectField(_l("Registrations of the last"), choices=choices((str(n), str(n)) for n in PERIODS))
    rules = SelectField(_l("Rules of approval"))
    file = FileField(_l("A list instead (CSV or .xlsx)"))

    def ask(self, months: Mapping[int, str], rules: Iterable[tuple[str, str]], hints: Mapping[str, str]) -> None:
        """Say what can be chosen, and beside each number what is in force."""
        self.months.choices = choices((str(number), label) for number, label in months.items())
        self.rules.choices = choices(rules)
        for key, hint in hints.items():
            self[field_of(key)].description = hint

    def first(self) -> list[Any]:
        """Return the fields of numbers that come first."""
        return [self[field_of(key)] for key in FIRST]

    def more(self) -> list[Any]:
        """Return the other fields of numbers."""
        return [self[field_of(key)] for key in TRIED if key not in FIRST]


for _key in TRIED:
    setattr(SimulationForm, field_of(_key), _number(_key))

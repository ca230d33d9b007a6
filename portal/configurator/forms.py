"""Forms of a configuration: its name and customer, and the first screen with a number for each start question."""

import unicodedata
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, Form, SelectField, ValidationError

from portal.configurator.language.parts import Start
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.operations import LONGEST_NUMBER
from portal.configurator.template_models import LONGEST_NAME
from portal.forms import text
from portal.parties.forms import NamesCustomer
from portal.web import locale

PREFIX = "answer_"


class DetailsForm(NamesCustomer, FlaskForm):
    """What the site is called and whose it is."""

    name = text(_l("Name of the site"), LONGEST_NAME)
    customer = SelectField(_l("Customer"), coerce=str, validate_choice=True)


class NameForm(FlaskForm):
    """A template, or a copy, needs a name only."""

    name = text(_l("Name"), LONGEST_NAME, render_kw={"autocomplete": "off"})


class StartForm(FlaskForm):
    """The first screen; its numbers are fields of a class made for the rules."""

    name = text(_l("Name of the site"), LONGEST_NAME, required=False, render_kw={"autocomplete": "off"})
    starts: tuple[Start, ...] = ()

    def number(self, start: Start) -> Field:
        """Return the field of a question."""
        return cast(Field, self[f"{PREFIX}{start.key}"])

    @property
    def answers(self) -> dict[str, int]:
        """Return what was answered; only after the form was found valid."""
        return {start.key: int(_digits(self.number(start).data)) for start in self.starts}


def start_form(ruleset: RuleSet) -> type[StartForm]:
    """Return the form that asks the start questions of some rules, in the reader's language."""
    fields: dict[str, Any] = {"starts": ruleset.start}
    for start in ruleset.start:
        fields[f"{PREFIX}{start.key}"] = text(
            start.label.to(locale()),
            20,
            checks=[_Whole(start.minimum, start.maximum)],
            description=start.hint.to(locale()),
            render_kw={"inputmode": "numeric", "autocomplete": "off"},
        )
    return type("StartForm", (StartForm,), fields)


class _Whole:
    """Accepts a whole number within limits, in the digits of a Chinese keyboard too."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def __call__(self, form: Form, field: Field) -> None:
        digits = _digits(field.data)
        plain = digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER
        if not plain or not self.low <= int(digits) <= self.high:
            raise ValidationError(_("Enter a whole number from %(low)s to %(high)s.", low=self.low, high=self.high))


def _digits(typed: str | None) -> str:
    return unicodedata.normalize("NFKC", typed or "").strip()

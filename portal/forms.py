"""What every form shares: checked text fields with a length, time zones, errors of operations at the field."""

import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar
from zoneinfo import available_timezones

from flask import Response
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, Form, IntegerField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.web import locale

T = TypeVar("T")

# Characters that make a text look like another one: bidirectional overrides and isolates.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
REQUIRED = InputRequired(_l("Please fill this in."))
MORE_THAN_SPACES = DataRequired(_l("Please fill this in."))
UNREADABLE = "\ufffd"  # what stands where bytes were no text


def trimmed(text: str | None) -> str:
    """Return the text without surrounding space; None becomes empty."""
    return (text or "").strip()


def plain_text(_form: Form, field: Field) -> None:
    """Refuse control characters and direction overrides, which hide what a text says, and broken text."""
    allowed = "\n\r\t" if isinstance(field, TextAreaField) else ""
    for position, character in enumerate(field.data or "", 1):
        control = unicodedata.category(character) in ("Cc", "Cs") and character not in allowed
        if control or character in BIDI_CONTROLS or character == UNREADABLE:
            message = _l("Character %(position)s cannot be shown; remove it.", position=position)
            raise ValidationError(str(message))


def text(
    label: Any, longest: int, *, required: bool = True, area: bool = False, checks: Iterable[Any] = (), **options: Any
) -> Any:
    """Return a one-line (or several-line) text field of at most `longest` characters; `checks` come last."""
    field = TextAreaField if area else StringField
    needed = [REQUIRED, MORE_THAN_SPACES] if required else []
    too_long = _l("At most %(max)d characters.", max=longest)
    validators = [*needed, Length(max=longest, message=too_long), plain_text, *checks]
    return field(label, filters=[trimmed], validators=validators, **options)


def whole(label: Any, least: int, most: int, *, message: Any = None, **options: Any) -> Any:
    """Return a field for a whole number in a range."""
    said = message or _l("A whole number from %(low)d to %(high)d.", low=least, high=most)
    return IntegerField(label, validators=[_range_speaks, NumberRange(least, most, said)], **options)


def _range_speaks(_form: Form, field: Field) -> None:
    """Leave it to the range to refuse what is missing or no number: one fault, one message."""
    field.errors = []


_range_speaks.field_flags = {"required": True}  # type: ignore[attr-defined]


def email(label: Any, **options: Any) -> Any:
    """Return a field for one mail address."""
    return StringField(label, filters=[trimmed], validators=[REQUIRED, MORE_THAN_SPACES, one_address], **options)


def one_address(_form: Form, field: Field) -> None:
    """Refuse what is not exactly one mail address of the kind that every mail server takes."""
    address = field.data or ""
    local, at, domain = address.rpartition("@")
    strange = any(not "!" <= character <= "~" or character in '<>()[],;:\\"' for character in address)
    if strange or not at or not local or len(address) > 254 or "@" in local or "." not in domain.strip("."):
        raise ValidationError(str(_l("This is not a mail address, for example name@company.com.")))


def choices(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """Return the options of a choice from (value, label) pairs."""
    return [SelectChoice(value, label) for value, label in pairs]


@cache
def time_zones() -> list[SelectChoice]:
    """Return the time zones people choose from."""
    areas = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    zones = [zone for zone in sorted(available_timezones()) if zone.startswith(areas) or zone == "UTC"]
    return choices((zone, zone.replace("_", " ")) for zone in zones)


def add_error(form: FlaskForm, error: Invalid) -> None:
    """Show the sentence of a refused operation at the field it names, or above the form."""
    sentence = message_of(error, locale())
    if error.field and error.field in form:
        form[error.field].errors = [*form[error.field].errors, sentence]
    else:
        form.form_errors.append(sentence)


def step(
    work: Callable[[], T],
    *,
    shown: Callable[..., Response],
    done: Callable[[T], Response],
    form: FlaskForm | None = None,
    name: str = "form",
) -> Response:
    """Do one step with a row, then say so (`done`).

    What is refused is said on the page of the row: `shown` is given the status, the `problem` and, under `name`, the
    form with everything typed.
    """
    forms = {} if form is None else {name: form}
    if form is not None and not form.validate():
        return shown(status=422, **forms)
    try:
        made = work()
    except Invalid as error:
        if form is None:
            return shown(status=422, problem=message_of(error, locale()))
        add_error(form, error)
        return shown(status=422, **forms)
    except Conflict as error:
        return shown(status=409, problem=message_of(error, locale()), **forms)
    return done(made)

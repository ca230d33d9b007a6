"""What a draft quote says beside its lines."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, ValidationError
from wtforms.fields import Field

from portal.forms import text
from portal.parties.forms import NamesCustomer

VALID_FROM, VALID_TO = 1, 365  # days


def whole_days(_form: FlaskForm, field: Field) -> None:
    """Accept 1 to 365 days in plain digits."""
    typed = field.data or ""
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3 and VALID_FROM <= int(typed) <= VALID_TO):
        message = _l("Enter a whole number from %(low)d to %(high)d days.", low=VALID_FROM, high=VALID_TO)
        raise ValidationError(str(message))


class QuoteForm(NamesCustomer, FlaskForm):
    """Title, customer, validity, terms and a note."""

    title = text(_l("Title"), 120)
    customer = SelectField(_l("Customer"), coerce=str)
    validity_days = text(_l("Valid for how many days?"), 3, checks=[whole_days], render_kw={"inputmode": "numeric"})
    payment_terms = text(_l("Payment"), 1000, required=False, area=True)
    delivery_terms = text(_l("Delivery"), 1000, required=False, area=True)
    note = text(_l("Note on the quote"), 2000, required=False, area=True)

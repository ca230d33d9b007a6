"""Forms of a partner's own offers: prices and terms of a draft, the letterhead, a logo, a link."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired

from portal.deals.amounts import (
    HIGHEST_MARKUP,
    LOWEST_MARKUP,
    WHOLE_TAX,
    amount_text,
    basis_points,
    minor_units,
    percent_text,
)
from portal.deals.forms import whole_days
from portal.deals.letterheads import TEXTS
from portal.deals.resale_models import Letterhead, Resale, ResaleLine
from portal.deals.resale_operations import OWNED_TEXTS, Wish
from portal.errors import Invalid
from portal.formats import message_of
from portal.forms import add_error, choices, text
from portal.parties.forms import NamesCustomer
from portal.web import locale

DECIMAL: Final = {"inputmode": "decimal", "autocomplete": "off"}
LONGEST_PRICE: Final = 40


class ResaleForm(NamesCustomer, FlaskForm):
    """What a draft says and how it is priced; the price of single lines are fields beside it, `price-3`."""

    customer = SelectField(_l("Customer"), coerce=str)
    markup = text(_l("Markup in percent"), 12, render_kw=DECIMAL)
    basis = SelectField(_l("Markup on"))
    validity_days = text(_l("Valid for how many days?"), 3, checks=[whole_days], render_kw={"inputmode": "numeric"})
    total = text(
        _l("Agreed total before tax"), 40, required=False, render_kw=DECIMAL,
        description=_l("Leave this empty unless you agreed on a round sum; the lines then share it exactly."),
    )  # fmt: skip
    tax = text(_l("Tax in percent"), 12, render_kw=DECIMAL)
    title = text(_l("Title"), 120)
    payment_terms = text(_l("Payment"), 1000, required=False, area=True)
    delivery_terms = text(_l("Delivery"), 1000, required=False, area=True)
    note = text(_l("Note on the offer"), 2000, required=False, area=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the two prices a markup can stand on."""
        super().__init__(*args, **kwargs)
        self.basis.choices = choices([("list", _l("the list price")), ("partner", _l("your partner price"))])
        self.price_errors: dict[int, str] = {}
        self.typed_prices: dict[int, str] = {}

    @classmethod
    def of(cls, resale: Resale, lines: Sequence[ResaleLine]) -> "ResaleForm":
        """Return the form as the draft stands."""
        fixed = resale.fixed_net_minor
        form = cls(
            formdata=None,
            data={
                **{key: getattr(resale, key) for key in OWNED_TEXTS},
                "customer": str(resale.customer_id or ""),
                "markup": percent_text(resale.markup_bps),
                "basis": resale.basis,
                "validity_days": str(resale.validity_days),
                "total": amount_text(fixed, resale.currency) if fixed is not None else "",
                "tax": percent_text(resale.tax_bps),
            },
        )
        own = (line for line in lines if line.own_price)
        form.typed_prices = {line.position: amount_text(line.unit_minor, resale.currency) for line in own}
        return form

    def wish(self, resale: Resale, lines: Sequence[ResaleLine], sent: Any) -> Wish | None:
        """Return what is wanted, or None with every mistake beside its field."""
        self.typed_prices = {line.position: sent.get(f"price-{line.position}", "")[:LONGEST_PRICE] for line in lines}
        valid = self.validate()
        markup = self._read("markup", lowest=LOWEST_MARKUP, highest=HIGHEST_MARKUP)
        tax = self._read("tax", lowest=0, highest=WHOLE_TAX)
        own, total = self._own_prices(resale), self._total(resale)
        if not valid or markup is None or tax is None or self.price_errors or self.errors:
            return None
        return Wish(
            customer_id=self.customer_id,
            texts={key: self[key].data for key in OWNED_TEXTS},
            validity_days=int(self.validity_days.data),
            tax_bps=tax,
            basis=self.basis.data,
            markup_bps=markup,
            fixed_net_minor=total,
            own=own,
        )

    def _read(self, key: str, *, lowest: int, highest: int) -> int | None:
        if self[key].errors:
            return None
        try:
            return basis_points(self[key].data, field=key, lowest=lowest, highest=highest)
        except Invalid as error:
            add_error(self, error)
            return None

    def _total(self, resale: Resale) -> int | None:
        if not self.total.data or self.total.errors:
            return None
        try:
            return minor_units(self.total.data, resale.currency, field="total")
        except Invalid as error:
            add_error(self, error)
            return None

    def _own_prices(self, resale: Resale) -> dict[int, int]:
        own = {}
        for position, typed in self.typed_prices.items():
            if not typed.strip():
                continue
            try:
                own[position] = minor_units(typed, resale.currency, field="")
            except Invalid as error:
                self.price_errors[position] = message_of(error, locale())
        return own


class LetterheadForm(FlaskForm):
    """What stands on the partner's own paper."""

    name = text(_l("Name"), 200)
    name_en = text(_l("Name in the other script"), 200, required=False)
    address = text(_l("Address"), 400, required=False)
    contact = text(_l("Contact"), 200, required=False, description=_l("Phone, mail address, web site"))
    tax_number = text(_l("Tax number"), 60, required=False)
    bank = text(_l("Bank"), 600, required=False, area=True)
    footer = text(_l("Line at the foot of each page"), 400, required=False)
    payment_terms = text(_l("Usual payment terms"), 1000, required=False, area=True)
    delivery_terms = text(_l("Usual delivery terms"), 1000, required=False, area=True)

    @classmethod
    def of(cls, head: Letterhead) -> "LetterheadForm":
        """Return the form as the letterhead stands."""
        return cls(formdata=None, data={name: getattr(head, name) for name in TEXTS})


class LogoForm(FlaskForm):
    """A picture to upload."""

    logo = FileField(_l("Logo"), description=_l("PNG, JPEG or WebP, at most 2 MB and 4000 pixels on a side"))


class LinkForm(FlaskForm):
    """How long a link works."""

    expires_on = DateField(_l("Works until"), validators=[InputRequired(_l("Please fill this in."))])

    @classmethod
    def until(cls, day: date | None) -> "LinkForm":
        """Return the form with a day filled in."""
        return cls(formdata=None, data={"expires_on": day})

"""What is typed to ask for special prices."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from portal.approvals.models import LONGEST_NOTE
from portal.deals.amounts import basis_points, minor_units
from portal.deals.models import QuoteLine
from portal.deals.special_price_models import LONGEST_REASON
from portal.deals.special_pricing import LARGEST_DISCOUNT
from portal.forms import text


class SpecialPriceForm(FlaskForm):
    """A percentage on everything, and why; the prices of single lines stand in the table."""

    discount = text(_l("Discount on all lines in per cent"), 10, required=False, render_kw={"inputmode": "decimal"})
    reason = text(
        _l("Why"), LONGEST_REASON, required=False, area=True,
        description=_l("The competitor, the volume, the strategy: whoever decides reads it."),
    )  # fmt: skip

    def percent_bps(self) -> int | None:
        """Return the percentage in basis points; raises Invalid."""
        typed = self.discount.data or ""
        return basis_points(typed, field="discount", lowest=0, highest=LARGEST_DISCOUNT) if typed else None


class AnswerForm(FlaskForm):
    """The answer to a question."""

    note = text(_l("Your answer"), LONGEST_NOTE, area=True, render_kw={"rows": 3})


def own_prices(sent: Any, lines: Sequence[QuoteLine], currency: str) -> dict[int, int]:
    """Return the prices typed for single lines by position; raises Invalid, which names the line."""
    found: dict[int, int] = {}
    for line in lines:
        typed = sent.get(f"price_{line.position}", "").strip()
        if typed:
            found[line.position] = minor_units(typed, currency, field=f"price_{line.position}")
    return found

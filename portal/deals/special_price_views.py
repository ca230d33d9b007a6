"""Pages on which a partner asks for special prices on a draft quote."""

from dataclasses import dataclass

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.approvals.queries import of_thing
from portal.approvals.standing import Standing, standing
from portal.deals import queries, special_price
from portal.deals.lifecycle import QuoteAction, can
from portal.deals.models import Quote
from portal.deals.operations import lines_of
from portal.deals.special_price_forms import AnswerForm, SpecialPriceForm, own_prices
from portal.deals.special_price_models import LIVE, SpecialPrice
from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import typed_version
from portal.parameters.queries import values
from portal.policy import Permission, allows
from portal.web import db, go, guard, locale, now, respond, today, viewer

blueprint = Blueprint("special_price", __name__, url_prefix="/quotes")
EDIT = Permission.QUOTE_EDIT


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a quote says about its special price."""

    row: SpecialPrice | None
    approval: Standing | None
    may_ask: bool
    may_take_back: bool
    may_answer: bool


@blueprint.app_template_global("special_price_of")
def special_price_of(quote: Quote) -> Shown:
    """Return how the special price of a quote stands, for the quote's page."""
    row = special_price.newest_of(db(), quote.id)
    editable = allows(viewer().actor, EDIT, quote) and can(quote.state, QuoteAction.EDIT)
    live = row is not None and row.state in LIVE
    approval = None
    if row is not None and viewer().actor.can(Permission.APPROVAL_VIEW) and row.state in (*LIVE, "refused", "granted"):
        found = of_thing(db(), quote.__tablename__, quote.id)
        if found is not None and found.asked_at == row.asked_at:
            approval = standing(db(), found, now=now(), today=today())
    taken = row is not None and row.state in (*LIVE, "granted")
    answers = editable and row is not None and row.state == "returned"
    return Shown(row, approval, editable and not live, editable and taken, answers)


@blueprint.get("/<public_id>/special-price")
@guard(EDIT)
def wish(public_id: str) -> ResponseReturnValue:
    """Show the form."""
    return _show(queries.quote(db(), public_id), SpecialPriceForm(formdata=None))


@blueprint.post("/<public_id>/special-price")
@guard(EDIT)
def ask(public_id: str) -> ResponseReturnValue:
    """Ask for special prices."""
    row = queries.quote(db(), public_id, for_update=True)
    form = SpecialPriceForm()
    if not form.validate():
        return _show(row, form, 422)
    try:
        made = special_price.ask_special_price(
            db(), viewer().actor, row,
            percent_bps=form.percent_bps(), own=own_prices(request.form, lines_of(db(), row), row.currency),
            reason=form.reason.data or "", version=typed_version(), now=now(), today=today(),
        )  # fmt: skip
    except Invalid as error:
        wrong = error.field if error.field.startswith("price_") else ""
        if wrong:
            form.form_errors.append(_("Line %(number)s: %(problem)s", number=wrong.partition("_")[2],
                                      problem=message_of(error, locale())))  # fmt: skip
        else:
            add_error(form, error)
        return _show(row, form, 422, wrong=wrong)
    except Conflict as error:
        return _show(row, form, 409, problem=message_of(error, locale()))
    if made.state == "granted":
        flash(_("The special prices hold at once; they lie within the limit."), "success")
    else:
        flash(_("Asked. The quote can be issued when the special price is decided."), "success")
    return go("deals.quote", public_id=public_id)


@blueprint.post("/<public_id>/special-price/answer")
@guard(EDIT)
def answer(public_id: str) -> ResponseReturnValue:
    """Answer a question."""
    row = queries.quote(db(), public_id, for_update=True)
    form = AnswerForm()
    if not form.validate():
        return respond("deals/special_price_answer.html", quote=row, form=form, status=422)
    its = {"now": now(), "today": today()}
    special_price.answer_special_price(db(), viewer().actor, row, note=form.note.data or "", **its)  # type: ignore[arg-type]
    flash(_("Answered; it is being decided again."), "success")
    return go("deals.quote", public_id=public_id)


@blueprint.post("/<public_id>/special-price/withdraw")
@guard(EDIT)
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take a request back, or give granted special prices up."""
    row = queries.quote(db(), public_id, for_update=True)
    special_price.withdraw_special_price(db(), viewer().actor, row, version=typed_version(), now=now())
    flash(_("The partner prices hold again."), "success")
    return go("deals.quote", public_id=public_id)


def _show(
    row: Quote, form: SpecialPriceForm, status: int = 200, *, wrong: str = "", problem: str = ""
) -> ResponseReturnValue:
    return respond(
        "deals/special_price.html",
        quote=row,
        lines=lines_of(db(), row),
        form=form,
        typed=request.form,
        wrong=wrong,
        opened=any(value for name, value in request.form.items() if name.startswith("price_")),
        problem=problem,
        limit_bps=values(db())["special_price.discount_bps"],
        closed=not can(row.state, QuoteAction.EDIT),
        status=status,
    )

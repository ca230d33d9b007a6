"""Pages of transfers: choose customers and a receiver, look at what would move, hand over, take back."""

from collections.abc import Iterable
from typing import Any, Final

from flask import Blueprint, flash, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from portal.db import new_public_id
from portal.deals.transfers import choosing, moving, queries, undoing
from portal.deals.transfers.choosing import Asked, Choice
from portal.deals.transfers.forms import KINDS, PAPER_KINDS, TransferForm
from portal.deals.transfers.preview import Plan, Wish, plan
from portal.downloads import pdf_answer
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.formats import message_of
from portal.paging import before_id
from portal.parties.models import Party
from portal.parties.page import RELATED, Related, RelatedList
from portal.policy import Permission
from portal.web import db, fmt, go, guard, locale, now, respond, today, viewer
from portal.words import N_, params_in

blueprint = Blueprint("transfers", __name__, url_prefix="/transfers")
GIVE, VIEW = Permission.CUSTOMER_TRANSFER, Permission.REGISTRATION_VIEW
SHOWN: Final = 50  # customers that the preview names


@blueprint.get("")
@guard(GIVE)
def transfers() -> ResponseReturnValue:
    """List what was handed over, and offer to hand over a whole book."""
    return _list()


def _list(*, status: int = 200, problem: str = "") -> ResponseReturnValue:
    rows = queries.transfers(db(), before_id=before_id())
    page, more = rows[: queries.PAGE], len(rows) > queries.PAGE
    actor = viewer().actor
    houses = choosing.houses(db(), actor)
    house = request.args.get("whole", "") or (houses[0][0] if len(houses) == 1 else "")
    return respond(
        "transfers/transfers.html",
        rows=page,
        older=page[-1].id if more else None,
        later=before_id() is not None,
        houses=houses,
        house=house,
        people=choosing.people_of(db(), actor, house) if house else (),
        problem=problem,
        status=status,
    )


@blueprint.get("/new")
@guard(GIVE)
def new() -> ResponseReturnValue:
    """Ask to whom chosen customers go; with a receiver show what would move."""
    return _ask(_asked(request.args), request.args)


@blueprint.post("/new")
@guard(GIVE)
def make() -> ResponseReturnValue:
    """Hand the customers over as the preview showed it."""
    asked, form, form_key = _asked(request.form), TransferForm(), request.form.get("form_key", "")[:40]
    actor = viewer().actor
    if (there := moving.made_before(db(), actor, form_key)) is not None:
        return go("transfers.transfer", public_id=there.public_id)
    if not form.validate():
        return _ask(asked, request.form, form=form, status=422)
    choice = choosing.choose(db(), actor, asked)
    if not choice.customers:
        return _ask(asked, request.form, form=form, status=422)
    if choice.giver is None:
        raise NotFound
    receiver = choosing.receiver_of(db(), public_id=request.form.get("to", ""))
    try:
        made = moving.transfer(
            db(), actor, _wish(choice, receiver.id), digest=request.form.get("digest", ""),
            form_key=form_key or new_public_id(), note=form.note.data, now=now(), today=today(),
        )  # fmt: skip
    except (Conflict, Invalid) as error:
        return _ask(asked, request.form, form=form, status=409, problem=message_of(error, locale()))
    flash(ngettext("%(num)s customer is handed over.", "%(num)s customers are handed over.", made.customers), "success")
    return go("transfers.transfer", public_id=made.public_id)


def _asked(said: Any) -> Asked:
    one = {key: said.get(key, "")[:40] for key in ("holder", "whole", "giver")}
    return Asked(tuple(said.getlist("customer")), **one)


def _wish(choice: Choice, receiver_id: int) -> Wish:
    assert choice.giver is not None
    return Wish(choice.giver.id, choice.customers, receiver_id, choice.holder.id if choice.holder else None)


def _ask(
    asked: Asked, said: Any, *, form: TransferForm | None = None, status: int = 200, problem: str = ""
) -> ResponseReturnValue:
    """Show the choice of a receiver and, where there is one, the preview."""
    actor = viewer().actor
    choice = choosing.choose(db(), actor, asked)
    if not choice.customers and not (asked.holder or asked.whole):
        return _list(problem=_("Choose at least one customer, or a whole book."), status=status)
    houses = choosing.houses(db(), actor)
    house = said.get("house", "")[:40] or (houses[0][0] if len(houses) == 1 else "")
    seen, problem, status = _preview(choice, said, problem, status)
    return respond(
        "transfers/new.html",
        asked=asked,
        choice=choice,
        houses=houses,
        house=house,
        people=choosing.receivers_of(db(), actor, house, but=choice.holder.id if choice.holder else None)
        if house
        else (),
        to=seen.receiver if seen else None,
        seen=seen,
        shown=[fmt().name(*seen.names[each]) for each in sorted(seen.names)[:SHOWN]] if seen else (),
        kinds=KINDS,
        remarks=_sentences(seen.remarks) if seen else (),
        blocks=_sentences(seen.blocks) if seen else (),
        form=form or TransferForm(formdata=None),
        form_key=said.get("form_key", "")[:40] or new_public_id(),
        email=said.get("email", "")[:254],
        problem=problem,
        status=status,
    )


def _preview(choice: Choice, said: Any, problem: str, status: int) -> tuple[Plan | None, str, int]:
    """Return what would move to whoever is named, or why that cannot be."""
    to, email = said.get("to", "")[:40], said.get("email", "")[:254].strip()
    if choice.giver is None or not (to or email):
        return None, problem, status
    try:
        receiver = choosing.receiver_of(db(), email=email) if email else choosing.receiver_of(db(), public_id=to)
    except NotFound:
        if not email:
            raise
        return None, _("Nobody with this mail address can receive customers."), 422
    try:
        return plan(db(), viewer().actor, _wish(choice, receiver.id), today=today()), problem, status
    except (Conflict, Invalid) as error:
        return None, problem or message_of(error, locale()), 409 if status == 200 else status
    except NotAllowed as error:
        return None, problem or message_of(error, locale()), 403


def _sentences(remarks: Iterable[Any]) -> list[str]:
    said = ((remark.message, params_in(locale(), remark.params)) for remark in remarks)
    return [_(message, **params) if params else _(message) for message, params in said]


@blueprint.get("/<public_id>")
@guard(VIEW)
def transfer(public_id: str) -> ResponseReturnValue:
    """Show what was handed over, by whom, from whom to whom."""
    return _show(public_id)


def _show(public_id: str, *, status: int = 200, problem: str = "") -> ResponseReturnValue:
    made = queries.transfer(db(), public_id)
    try:
        undoing.may_undo(viewer().actor, made)
        possible = made.undone_at is None and now() <= made.undo_until
    except NotAllowed:
        possible = False
    return respond(
        "transfers/transfer.html",
        made=made,
        ends=queries.ends_of(db(), made),
        customers=queries.customers_of(db(), made),
        papers=queries.papers(db(), made),
        kinds=KINDS,
        paper_kinds=PAPER_KINDS,
        possible=possible,
        problem=problem,
        status=status,
    )


@blueprint.post("/<public_id>/undo")
@guard(GIVE)
def undo(public_id: str) -> ResponseReturnValue:
    """Take a transfer back."""
    made = queries.transfer(db(), public_id)
    try:
        undoing.undo(db(), viewer().actor, made, now=now())
    except Conflict as error:
        return _show(public_id, status=409, problem=message_of(error, locale()))
    flash(_("Everything is as it was before the transfer."), "success")
    return go("transfers.transfer", public_id=public_id)


@blueprint.get("/<public_id>/papers/<document_id>.pdf")
@guard(VIEW)
def paper(public_id: str, document_id: str) -> ResponseReturnValue:
    """Hand the giver a document of a paper that went along."""
    content, digest, name = queries.paper_content(db(), queries.transfer(db(), public_id), document_id)
    return pdf_answer(content, digest, name)


def _held_by(session: Session, customer: Party) -> list[Related]:
    """Return who held a customer from when until when, for its page."""
    rows = []
    for held in queries.holders(session, customer):
        until = fmt().date(held.until) if held.until else _("today")
        organisation = fmt().name(held.organisation, held.organisation_en)
        title = ", ".join(part for part in (held.person, organisation) if part)
        days = _("%(since)s to %(until)s", since=fmt().date(held.since), until=until)
        rows.append(Related(title, "transfers.transfer", held.transfer_id, days, "", held.at))
    return rows


@blueprint.record
def _offer(state: BlueprintSetupState) -> None:
    """Show on the page of a customer who held it when."""
    offered = RelatedList(N_("Who held this customer"), VIEW, _held_by)
    state.app.extensions[RELATED] = (*state.app.extensions.get(RELATED, ()), offered)

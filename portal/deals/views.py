"""Pages of quotes: the list, one quote with its lines, issue, revise, documents."""

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from portal.configurator import queries as configurations
from portal.configurator.models import Configuration
from portal.deals import operations, queries
from portal.deals.customers import customer_shown
from portal.deals.differences import differences
from portal.deals.documents import request_documents
from portal.deals.forms import QuoteForm
from portal.deals.lifecycle import REFUSALS, QuoteAction, QuoteState, can
from portal.deals.models import Quote
from portal.deals.repricing import PricesChanged
from portal.deals.resale_queries import resales_of
from portal.deals.snapshots import members_of
from portal.deals.verifying import NotVerified, raise_alarm
from portal.downloads import Papers
from portal.errors import Conflict
from portal.formats import message_of
from portal.paging import typed_version
from portal.policy import Permission, allows
from portal.web import db, go, guard, locale, now, respond, today, viewer

blueprint = Blueprint("deals", __name__, url_prefix="/quotes")
EDIT, VIEW = Permission.QUOTE_EDIT, Permission.QUOTE_VIEW


@blueprint.get("")
@guard(VIEW)
def quotes() -> ResponseReturnValue:
    """List quotes; filter, sort and position stand in the address."""
    args = request.args
    wanted = queries.QuoteFilter.read(*(args.get(key, "") for key in ("state", "sort", "q", "after")))
    found = queries.quotes(db(), wanted)
    return respond("deals/quotes.html", "deals/_quotes.html", found=found, wanted=wanted, today=today())


@blueprint.post("/from/<public_id>")
@guard(EDIT)
def draft(public_id: str) -> ResponseReturnValue:
    """Lead to the draft quote of a configuration, brought up to date; make one when there is none."""
    configuration = configurations.configuration(db(), public_id)
    terms = configurations.terms_of(db(), configuration.organisation_id)
    begun = queries.open_draft(db(), configuration.id)
    if begun is not None:
        operations.refresh_quote(db(), viewer().actor, begun, terms, version=begun.version, now=now(), today=today())
        flash(_("This configuration has a draft already; its lines and prices are up to date now."), "info")
        return go("deals.quote", public_id=begun.public_id)
    made = operations.draft_quote(db(), viewer().actor, configuration, terms, now=now(), today=today())
    return go("deals.quote", public_id=made.public_id)


@blueprint.get("/<public_id>")
@guard(VIEW)
def quote(public_id: str) -> ResponseReturnValue:
    """Show a quote."""
    return _show(queries.quote(db(), public_id))


def _show(
    row: Quote, *, status: int = 200, keep: bool = False, form: QuoteForm | None = None, **more: Any
) -> ResponseReturnValue:
    lines = operations.lines_of(db(), row)
    relatives = queries.relatives(db(), row)
    predecessor = next((other for other in relatives if other.id == row.predecessor_id), None)
    changes = differences(operations.lines_of(db(), predecessor), lines) if predecessor else ()
    editable = allows(viewer().actor, EDIT, row)
    if form is None and editable and can(row.state, QuoteAction.EDIT):
        values = {"title": row.title, "customer": str(row.customer_id or ""), "note": row.note}
        said = row.snapshot.get("terms", {})
        values |= {"payment_terms": said.get("payment", ""), "delivery_terms": said.get("delivery", "")}
        form = QuoteForm(data={**values, "validity_days": str(row.validity_days)}, formdata=None)
        form.offer(configurations.customers(db()))
    configuration = db().scalar(select(Configuration).where(Configuration.id == row.configuration_id))
    changed = (
        configuration is not None and row.state == "draft" and configuration.choices != row.snapshot.get("choices")
    )
    context = {"problem": "", "prices": None, **more}
    own = viewer().actor.can(EDIT) and row.organisation_id == viewer().organisation_id
    return respond(
        "deals/quote.html",
        quote=row,
        lines=lines,
        relatives=relatives,
        predecessor=predecessor,
        changes=changes,
        form=form,
        editable=editable,
        actions={action.value: editable and can(row.state, action) for action in QuoteAction},
        configuration=configuration,
        configuration_changed=changed,
        documents=queries.documents(db(), row.id),
        customer=customer_shown(db(), row, locale()),
        members=members_of(row.snapshot, locale()),
        resales=resales_of(db(), row) if own and row.state != QuoteState.DRAFT else (),
        sellable=own and row.state == QuoteState.ISSUED and (row.valid_until is None or row.valid_until >= today()),
        today=today(),
        status=status,
        keep=keep,
        **context,
    )


@blueprint.post("/<public_id>")
@guard(EDIT)
def edit(public_id: str) -> ResponseReturnValue:
    """Save what a draft says beside its lines; with `then=issue` freeze it as well."""
    row = queries.quote(db(), public_id, for_update=True)
    form = QuoteForm()
    form.offer(configurations.customers(db()))
    if not form.validate():
        return _show(row, form=form, status=422)
    try:
        operations.edit_quote(
            db(),
            viewer().actor,
            row,
            title=form.title.data,
            customer_id=form.customer_id,
            note=form.note.data,
            validity_days=int(form.validity_days.data),
            version=typed_version(),
            now=now(),
            payment_terms=form.payment_terms.data if "payment_terms" in request.form else None,
            delivery_terms=form.delivery_terms.data if "delivery_terms" in request.form else None,
        )
    except Conflict as error:
        return _show(row, form=form, status=409, problem=message_of(error, locale()))
    if request.form.get("then") == "issue":
        return _issue(row, row.version, keep=True)
    flash(_("Saved."), "success")
    return go("deals.quote", public_id=public_id)


@blueprint.post("/<public_id>/refresh")
@guard(EDIT)
def refresh(public_id: str) -> ResponseReturnValue:
    """Bring a draft to the present configuration and prices."""
    row = queries.quote(db(), public_id, for_update=True)
    terms = configurations.terms_of(db(), row.organisation_id)
    try:
        operations.refresh_quote(db(), viewer().actor, row, terms, version=typed_version(), now=now(), today=today())
    except Conflict as error:
        return _show(row, status=409, problem=message_of(error, locale()))
    flash(_("Lines and prices are up to date."), "success")
    return go("deals.quote", public_id=public_id)


@blueprint.post("/<public_id>/issue")
@guard(EDIT)
def issue(public_id: str) -> ResponseReturnValue:
    """Freeze a draft and have its documents made."""
    return _issue(queries.quote(db(), public_id, for_update=True), typed_version())


def _issue(row: Quote, version: int, *, keep: bool = False) -> ResponseReturnValue:
    """Issue a draft; `keep` keeps what was saved before, although issuing is refused."""
    terms = configurations.terms_of(db(), row.organisation_id)
    try:
        operations.issue_quote(db(), viewer().actor, row, terms, version=version, now=now(), today=today())
    except PricesChanged as error:
        return _show(row, status=409, keep=keep, problem=message_of(error, locale()), prices=error)
    except NotVerified as error:
        raise_alarm(db(), row, error, now=now())
        return _show(row, status=409, keep=True, problem=message_of(error, locale()))
    except Conflict as error:
        return _show(row, status=409, keep=keep, problem=message_of(error, locale()))
    flash(_("Quote %(number)s is issued. Its PDFs are being made.", number=row.number), "success")
    return go("deals.quote", public_id=row.public_id)


@blueprint.post("/<public_id>/discard")
@guard(EDIT)
def discard(public_id: str) -> ResponseReturnValue:
    """Throw a draft away."""
    row = queries.quote(db(), public_id, for_update=True)
    operations.discard_quote(db(), viewer().actor, row, version=typed_version(), now=now())
    flash(_("The draft is gone."), "success")
    return go("deals.quotes")


@blueprint.post("/<public_id>/revise")
@guard(EDIT)
def revise(public_id: str) -> ResponseReturnValue:
    """Begin the next revision."""
    row = queries.quote(db(), public_id, for_update=True)
    made = operations.revise_quote(db(), viewer().actor, row, now=now())
    return go("deals.quote", public_id=made.public_id)


def _documents_again(public_id: str) -> None:
    row = queries.quote(db(), public_id, for_update=True)
    if row.state == QuoteState.DRAFT:
        raise Conflict(REFUSALS[QuoteState.DRAFT])
    request_documents(db(), row, now=now())


PAPERS = Papers(
    "quote", "deals", "deals.quote", queries.quote, queries.documents, queries.document_content, _documents_again,
    name=lambda row: f"{row.number}-R{row.revision}",
)  # fmt: skip
PAPERS.install(blueprint, "/<public_id>", see=VIEW, make=EDIT)

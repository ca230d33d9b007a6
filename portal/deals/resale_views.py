"""Pages of a partner's own offers: list, one offer with its prices, issue, revise, documents, links."""

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.configurator import queries as configurations
from portal.configurator.queries import Terms
from portal.deals import offer_links, queries
from portal.deals import resale_operations as operations
from portal.deals import resale_queries as resales
from portal.deals.letterheads import letterhead_of
from portal.deals.lifecycle import QuoteAction, QuoteState, can
from portal.deals.resale_documents import request_resale_documents
from portal.deals.resale_forms import LinkForm, ResaleForm
from portal.deals.resale_models import Resale
from portal.deals.sheets import resale_xlsx
from portal.deals.snapshots import members_of
from portal.deals.spreadsheets import XLSX
from portal.downloads import Papers, attached
from portal.errors import Conflict, Invalid, NotFound
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import before_id, typed_version
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, portal, respond, today, viewer
from portal.words import LOCALES

blueprint = Blueprint("resale", __name__)
EDIT = Permission.QUOTE_EDIT


def own_terms() -> Terms:
    """Return the terms of the viewer's organisation."""
    return configurations.terms_of(db(), viewer().organisation_id)


@blueprint.get("/resale")
@guard(EDIT)
def listing() -> ResponseReturnValue:
    """List the own offers, newest first."""
    rows = resales.resales(db(), before_id=before_id())
    page, more = rows[: resales.PAGE], len(rows) > resales.PAGE
    return respond("deals/resales.html", rows=page, next_before=page[-1].id if more else None, today=today())


@blueprint.post("/quotes/<public_id>/resale")
@guard(EDIT)
def begin(public_id: str) -> ResponseReturnValue:
    """Lead to the draft offer of a quote; make one with the markup of last time when there is none."""
    row = queries.quote(db(), public_id, for_update=True)
    made = operations.begin_resale(db(), viewer().actor, row, own_terms(), now=now(), today=today())
    return go("resale.resale", public_id=made.public_id)


@blueprint.get("/resale/<public_id>")
@guard(EDIT)
def resale(public_id: str) -> ResponseReturnValue:
    """Show an offer."""
    return _show(resales.resale(db(), public_id))


def _show(row: Resale, *, form: ResaleForm | None = None, status: int = 200, **more: Any) -> ResponseReturnValue:
    lines = operations.resale_lines(db(), row)
    draft = can(row.state, QuoteAction.EDIT)
    if draft and form is None:
        form = ResaleForm.of(row, lines)
    if form is not None:
        form.offer(configurations.customers(db()))
    issued = row.state == QuoteState.ISSUED
    context = {
        "version": row.version,
        "problem": "",
        "new_link": "",
        "link_form": LinkForm.until(row.valid_until),
        **more,
    }
    return respond(
        "deals/resale.html",
        offer=row,
        lines=lines,
        members=members_of(row.snapshot, locale()),
        earned=resales.earned(db(), row, lines),
        form=form,
        relatives=resales.relatives(db(), row),
        actions={action.value: can(row.state, action) for action in QuoteAction},
        documents=resales.documents(db(), row.id),
        links=offer_links.links_of(db(), row) if issued else (),
        bare_paper=draft and letterhead_of(db(), row.organisation_id) is None,
        today=today(),
        status=status,
        **context,
    )


@blueprint.post("/resale/<public_id>")
@guard(EDIT)
def edit(public_id: str) -> ResponseReturnValue:
    """Save a draft and price it anew; with `then=issue` freeze it as well."""
    row = resales.resale(db(), public_id, for_update=True)
    form = ResaleForm()
    form.offer(configurations.customers(db()))
    wish = form.wish(row, operations.resale_lines(db(), row), request.form)
    if wish is None:
        return _show(row, form=form, status=422)
    actor, terms, before = viewer().actor, own_terms(), row.version
    try:
        operations.edit_resale(db(), actor, row, terms, wish, version=typed_version(), now=now())
        if request.form.get("then") == "issue":
            operations.issue_resale(db(), actor, row, terms, version=row.version, now=now(), today=today())
    except Invalid as error:
        add_error(form, error)
        return _show(row, form=form, status=422, version=before)
    except Conflict as error:
        return _show(row, form=form, status=409, version=before, problem=message_of(error, locale()))
    if row.state == QuoteState.ISSUED:
        flash(_("Offer %(number)s is issued. Its PDFs are being made.", number=row.number), "success")
    else:
        flash(_("Saved. Prices are up to date."), "success")
    return go("resale.resale", public_id=public_id)


@blueprint.post("/resale/<public_id>/discard")
@guard(EDIT)
def discard(public_id: str) -> ResponseReturnValue:
    """Throw a draft away."""
    row = resales.resale(db(), public_id, for_update=True)
    operations.discard_resale(db(), viewer().actor, row, version=typed_version(), now=now())
    flash(_("The draft is gone."), "success")
    return go("resale.listing")


@blueprint.post("/resale/<public_id>/revise")
@guard(EDIT)
def revise(public_id: str) -> ResponseReturnValue:
    """Begin the next revision."""
    row = resales.resale(db(), public_id, for_update=True)
    made = operations.revise_resale(db(), viewer().actor, row, now=now(), today=today())
    return go("resale.resale", public_id=made.public_id)


@blueprint.get("/resale/<public_id>/<wanted>.xlsx")
@guard(EDIT)
def xlsx(public_id: str, wanted: str) -> ResponseReturnValue:
    """Hand out an issued offer as a workbook."""
    row = resales.resale(db(), public_id)
    if row.state == QuoteState.DRAFT:
        raise Conflict(operations.REFUSALS[QuoteState.DRAFT])
    return xlsx_response(row, operations.resale_lines(db(), row), wanted)


def xlsx_response(row: Resale, lines: Any, wanted: str) -> ResponseReturnValue:
    """Return a workbook as an attachment; raises NotFound for a language we do not speak."""
    if wanted not in LOCALES:
        raise NotFound
    return attached(resale_xlsx(row, lines, locale=wanted), XLSX, f"{_name(row)}-{wanted}.xlsx")


@blueprint.post("/resale/<public_id>/links")
@guard(EDIT)
def make_link(public_id: str) -> ResponseReturnValue:
    """Make a link for the customer and show it this once."""
    row = resales.resale(db(), public_id, for_update=True)
    form = LinkForm()
    if not form.validate():
        return _show(row, link_form=form, status=422)
    last = form.expires_on.data
    assert last is not None
    try:
        _link, token = offer_links.make_link(db(), viewer().actor, row, expires_on=last, now=now(), today=today())
    except Invalid as error:
        add_error(form, error)
        return _show(row, link_form=form, status=422)
    address = portal().settings.base_url + url_for("offers.offer", token=token)
    return _show(row, new_link=address)


@blueprint.post("/resale/<public_id>/links/<link_id>/revoke")
@guard(EDIT)
def revoke_link(public_id: str, link_id: str) -> ResponseReturnValue:
    """Take a link back."""
    row = resales.resale(db(), public_id)
    offer_links.revoke_link(db(), viewer().actor, offer_links.link(db(), row, link_id), now=now())
    flash(_("The link no longer works."), "success")
    return go("resale.resale", public_id=public_id)


def _name(row: Resale) -> str:
    return f"{row.number}-R{row.revision}"


def _documents_again(public_id: str) -> None:
    row = resales.resale(db(), public_id, for_update=True)
    if row.state == QuoteState.DRAFT:
        raise Conflict(operations.REFUSALS[QuoteState.DRAFT])
    request_resale_documents(db(), row, now=now())


PAPERS = Papers(
    "offer", "deals", "resale.resale", resales.resale, resales.documents, resales.document_content, _documents_again,
    name=_name, prefix="resale_",
)  # fmt: skip
PAPERS.install(blueprint, "/resale/<public_id>", see=EDIT, make=EDIT)

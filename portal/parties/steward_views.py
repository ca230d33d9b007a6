"""Pages of the data steward: possible duplicates, merging and taking it back, the state of customer files."""

from typing import Any, Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.errors import Conflict, Invalid, NotFound
from portal.forms import add_error
from portal.paging import before_id, typed_version
from portal.parties import noting, queries, reviewing
from portal.parties import steward_queries as steward
from portal.parties.comparing import ask_to_compare_all
from portal.parties.forms import MergeForm, ReviewForm
from portal.parties.merging import merge
from portal.parties.merging_models import PartyPair
from portal.parties.merging_words import LABELS, said
from portal.parties.models import REVIEW_STATES, Party
from portal.parties.page import NOTE_LABELS, REVIEW_LABELS
from portal.parties.similar import similar
from portal.parties.unmerging import undo_merge
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, respond, viewer
from portal.words import N_

blueprint = Blueprint("steward", __name__, url_prefix="/steward")
STEWARD: Final = Permission.PARTY_STEWARD
REASONS: Final[dict[str, Any]] = {
    "name": _l("the names are alike"),
    "credit_code": _l("the same credit code"),
    "tax_number": _l("the same tax number"),
    "domain": _l("the same mail domain"),
    "phone": _l("the same phone"),
}


def _after() -> tuple[int, int] | None:
    """Read `after=<score>.<row>` of the address; anything else begins at the front."""
    score, dot, row = request.args.get("after", "").partition(".")
    fits = all(part.isascii() and part.isdigit() and len(part) < 19 for part in (score, row))
    return (int(score), int(row)) if dot and fits else None


@blueprint.get("")
@guard(STEWARD)
def pairs() -> ResponseReturnValue:
    """List possible duplicates, the surest first."""
    rows = steward.pairs(db(), after=_after())
    page, more = rows[: steward.PAGE], len(rows) > steward.PAGE
    next_after = f"{page[-1].score}.{page[-1].id}" if more else None
    return respond("parties/steward/pairs.html", pairs=page, reasons=REASONS, next_after=next_after)


@blueprint.post("/look")
@guard(STEWARD)
def look() -> ResponseReturnValue:
    """Have all customers compared again."""
    ask_to_compare_all(db(), viewer().actor, now=now())
    flash(_("All customers are being compared. What is found appears here by itself."), "success")
    return go("steward.pairs")


@blueprint.get("/pairs/<pair_id>")
@guard(STEWARD)
def pair(pair_id: str) -> ResponseReturnValue:
    """Show two customers side by side and what a merge would move."""
    return _show_pair(steward.pair(db(), pair_id), MergeForm(formdata=None))


def _show_pair(found: PartyPair, form: MergeForm, *, status: int = 200, problem: str = "") -> ResponseReturnValue:
    left, right = steward.parties_of(db(), found)
    only = steward.must_survive(db(), left, right)
    keep = form.keep.data or request.args.get("keep") or only
    keep = keep if keep in ("left", "right") else "left"
    form.offer(_label(left), _label(right))
    form.keep.data = keep
    survivor, merged = (left, right) if keep == "left" else (right, left)
    return respond(
        "parties/steward/pair.html",
        pair=found,
        sides=[(side, party, steward.knowing(db(), party), noting.notes(db(), party)) for side, party in _sides(found)],
        only=only,
        kept=keep,
        moving=_moving(survivor, merged) if found.state == "open" else (),
        moving_labels=LABELS,
        note_labels=NOTE_LABELS,
        reasons=REASONS,
        form=form,
        problem=problem,
        status=status,
    )


def _moving(survivor: Party, merged: Party) -> list[steward.Moving]:
    """Return what a merge would move; a row with two references to the party counts once."""
    moving = steward.preview(db(), survivor, merged)
    return [each for each in moving if each.name != "registration.identity_id"]


def _label(party: Party) -> str:
    """Return the name of a party with those who know it, for two may be called the same."""
    return " · ".join([party.name, *(row[0] for row in steward.knowing(db(), party)[:3])])


def _sides(found: PartyPair) -> list[tuple[str, Party]]:
    return list(zip(("left", "right"), steward.parties_of(db(), found), strict=True))


@blueprint.post("/pairs/<pair_id>/merge")
@guard(STEWARD)
def merge_pair(pair_id: str) -> ResponseReturnValue:
    """Make one customer of two."""
    found, form = steward.pair(db(), pair_id, for_update=True), MergeForm()
    left, right = steward.parties_of(db(), found)
    form.offer(_label(left), _label(right))
    if not form.validate():
        return _show_pair(found, form, status=422)
    survivor, merged = (left, right) if form.keep.data == "left" else (right, left)
    try:
        with db().begin_nested():
            merge(db(), viewer().actor, survivor, merged, reason=form.reason.data, now=now())
    except Conflict as error:
        return _show_pair(found, form, status=409, problem=said(error, locale()))
    flash(_("They are one customer now. You can take it back under “Merges”."), "success")
    return go("steward.file", public_id=survivor.public_id)


@blueprint.post("/pairs/<pair_id>/different")
@guard(STEWARD)
def different(pair_id: str) -> ResponseReturnValue:
    """Say that the two are two."""
    reviewing.mark_as_different(db(), viewer().actor, steward.pair(db(), pair_id, for_update=True), now=now())
    flash(_("They stay two customers, and the pair does not come back."), "success")
    return go("steward.pairs")


@blueprint.get("/files")
@guard(STEWARD)
def files() -> ResponseReturnValue:
    """List customer files by their state of review."""
    state = request.args.get("state", "new")
    state = state if state in REVIEW_STATES else "new"
    rows = steward.files(db(), state, after_id=before_id())
    page, more = rows[: steward.PAGE], len(rows) > steward.PAGE
    older = page[-1].id if more else None
    return respond("parties/steward/files.html", files=page, state=state, labels=REVIEW_LABELS, older=older)


@blueprint.get("/files/<public_id>")
@guard(STEWARD)
def file(public_id: str) -> ResponseReturnValue:
    """Show the file of a customer: who knows it, what may be the same, its state."""
    return _show_file(steward.file(db(), public_id))


def _show_file(found: Party, *, form: ReviewForm | None = None, status: int = 200) -> ResponseReturnValue:
    data = {"state": found.review_state, "note": found.review_note}
    typed = "".join(filter(str.isprintable, request.args.get("q", "")[:200]))
    others = [row for row in similar(db(), typed) if row.public_id != found.public_id] if typed else []
    return respond(
        "parties/steward/file.html",
        customer=found,
        card=queries.card(db(), found),
        knowing=steward.knowing(db(), found),
        notes=noting.notes(db(), found),
        note_labels=NOTE_LABELS,
        labels=REVIEW_LABELS,
        pairs=steward.pairs_of_file(db(), found),
        reasons=REASONS,
        form=form or ReviewForm(data=data, formdata=None),
        q=typed,
        others=others,
        status=status,
    )


@blueprint.post("/files/<public_id>/review")
@guard(STEWARD)
def review(public_id: str) -> ResponseReturnValue:
    """Say in which state the file is."""
    found, form = steward.file(db(), public_id, for_update=True), ReviewForm()
    if not form.validate():
        return _show_file(found, form=form, status=422)
    said = {"state": form.state.data, "note": form.note.data, "version": typed_version()}
    try:
        reviewing.review(db(), viewer().actor, found, **said, now=now())
    except Invalid as error:
        add_error(form, error)
        return _show_file(found, form=form, status=422)
    flash(_("Saved."), "success")
    return go("steward.file", public_id=public_id)


@blueprint.post("/files/<public_id>/compare")
@guard(STEWARD)
def compare(public_id: str) -> ResponseReturnValue:
    """Put a customer side by side with another one that the steward takes for the same."""
    found = steward.file(db(), public_id)
    try:
        other = steward.file(db(), request.form.get("other", "")[:20])
    except NotFound:
        raise Invalid(N_("Choose the other customer from what was found.")) from None
    made = reviewing.put_side_by_side(db(), viewer().actor, found, other, now=now())
    return go("steward.pair", pair_id=made.public_id)


@blueprint.get("/merges")
@guard(STEWARD)
def merges() -> ResponseReturnValue:
    """List merges, newest first, each with a way back."""
    rows = steward.merges(db(), before_id=before_id())
    page, more = rows[: steward.PAGE], len(rows) > steward.PAGE
    return respond("parties/steward/merges.html", merges=page, older=page[-1].id if more else None)


@blueprint.post("/merges/<merge_id>/undo")
@guard(STEWARD)
def undo(merge_id: str) -> ResponseReturnValue:
    """Make two customers of one again, as they were."""
    restored = undo_merge(db(), viewer().actor, steward.merge_of(db(), merge_id), now=now())
    flash(_("They are two customers again, as before."), "success")
    return go("steward.file", public_id=restored.public_id)

"""Pages on which a list of customers is uploaded, looked at row by row, and taken over."""

import csv
import io
from typing import Any, Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from portal.downloads import attached
from portal.errors import Invalid
from portal.formats import translations
from portal.forms import add_error
from portal.paging import typed_version
from portal.parties import importing
from portal.parties.forms import ListForm
from portal.parties.import_checks import COLUMNS
from portal.parties.import_models import PartyImport, PartyImportRow
from portal.parties.tables import MOST_BYTES, MOST_ROWS
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, portal, respond, viewer

blueprint = Blueprint("imports", __name__, url_prefix="/customers/import")
EDIT: Final = Permission.PARTY_EDIT
PAGE: Final = 50
SHOWN: Final = ("wrong", "new", "known", "saved")
EXAMPLE: Final = {
    "name": "青溪医院", "name_en": "Qingxi Hospital", "credit_code": "91350100M000100Y43", "phone": "+86 571 5550 0100",
    "address": "示范路 100 号", "contact": "袁工",
}  # fmt: skip


@blueprint.url_value_preprocessor
def _accept_lists(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read larger requests than other pages do; what is larger than a list may be is told so in words."""
    request.max_content_length = 2 * MOST_BYTES


@blueprint.get("")
@guard(EDIT)
def upload() -> ResponseReturnValue:
    """Show what a list must look like, and take one."""
    return _upload_page(ListForm(formdata=None))


def _upload_page(form: FlaskForm, status: int = 200) -> ResponseReturnValue:
    before = db().scalars(select(PartyImport).order_by(PartyImport.id.desc()).limit(10)).all()
    titles = importing.titles(locale())
    return respond("parties/import/upload.html", form=form, titles=titles, most=MOST_ROWS, before=before, status=status)


@blueprint.post("")
@guard(EDIT)
def check() -> ResponseReturnValue:
    """Check an uploaded list and show what it would do; nothing is taken over yet."""
    form, file, actor = ListForm(), request.files.get("file"), viewer().actor
    content = _content(file)
    try:
        if not form.validate() or file is None or not content:
            raise Invalid(importing.CHOOSE_FILE, field="file")
        db().rollback()  # others write while this is read
        with portal().database.reading(actor) as reading:
            read = importing.read_list(reading, actor, content)
        made = importing.keep_list(db(), actor, read, name=_plain(file.filename or ""), now=now())
    except Invalid as error:
        add_error(form, error)
        return _upload_page(form, status=422)
    return go("imports.show", import_id=made.public_id)


def _content(file: FileStorage | None) -> bytes:
    """Return the file, at most a byte more than one may have."""
    if file is None:
        return b""
    file.stream.seek(0)  # the unit of work may run again
    return bytes(file.read(MOST_BYTES + 1))


def _plain(name: str) -> str:
    """Return the last part of a file's name without what cannot be shown."""
    return "".join(filter(str.isprintable, name.replace("\\", "/").rpartition("/")[2]))[:200]


@blueprint.get("/template.csv")
@guard(EDIT)
def template() -> ResponseReturnValue:
    """Hand out an empty list with its titles and one example, as spreadsheets open it in every language."""
    out, titles = io.StringIO(), importing.titles(locale())
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(titles.values())
    writer.writerow([EXAMPLE.get(key, "").replace("+86 ", "0") for key in titles])
    return attached(out.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", "customers.csv")


@blueprint.get("/<import_id>")
@guard(EDIT)
def show(import_id: str) -> ResponseReturnValue:
    """Show what a list would do, or did, row by row; asked again by the page until it is done."""
    found = importing.the_import(db(), import_id)
    counts = {"wrong": found.wrong_count, "new": found.new_count, "known": found.known_count}
    if found.saved_count and found.state in ("waiting", "failed"):
        counts["saved"] = found.saved_count
    elif found.state == "done":
        counts = {"wrong": found.wrong_count, "saved": found.saved_count}
    asked = request.args.get("state", "")
    state = asked if asked in counts else next((key for key, count in counts.items() if count), "wrong")
    rows = _rows(found, state)
    page, more = rows[:PAGE], len(rows) > PAGE
    return respond(
        "parties/import/show.html",
        "parties/import/_show.html",
        row=found,
        counts=counts,
        left=importing.left(found),
        state=state,
        lines=[(line, [_problem(each) for each in line.problems]) for line in page],
        titles=importing.titles(locale()),
        next_after=page[-1].line if more else None,
    )


def _rows(found: PartyImport, state: str) -> list[PartyImportRow]:
    text = request.args.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    mine = (PartyImportRow.import_id == found.id, PartyImportRow.state == state, PartyImportRow.line > after)
    return list(db().scalars(select(PartyImportRow).where(*mine).order_by(PartyImportRow.line).limit(PAGE + 1)))


def _problem(problem: dict[str, Any]) -> tuple[str, str]:
    """Return the column and the sentence of what is wrong, in the reader's language."""
    title = importing.titles(locale())[problem["column"]] if problem["column"] in COLUMNS else ""
    message = problem["message"]  # a text that was marked where it was raised
    return title, translations(locale()).gettext(message) % problem["params"]


@blueprint.post("/<import_id>/take-over")
@guard(EDIT)
def take_over(import_id: str) -> ResponseReturnValue:
    """Make customers of the rows that are right."""
    found = importing.the_import(db(), import_id, for_update=True)
    importing.take_over(db(), viewer().actor, found, version=typed_version(), now=now())
    if found.state == "done":
        flash(_("The list is taken over."), "success")
    return go("imports.show", import_id=import_id)


@blueprint.post("/<import_id>/discard")
@guard(EDIT)
def discard(import_id: str) -> ResponseReturnValue:
    """Throw a list away."""
    found = importing.the_import(db(), import_id, for_update=True)
    importing.discard(db(), viewer().actor, found, version=typed_version(), now=now())
    flash(_("The list is gone; no customer changed."), "success")
    return go("imports.upload")

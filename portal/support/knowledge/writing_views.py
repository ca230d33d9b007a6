"""Pages of those who write articles: begin, edit with preview, versions, review."""

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.errors import Conflict, Invalid
from portal.files.forms import UploadForm
from portal.formats import message_of
from portal.forms import add_error
from portal.markup import prose
from portal.paging import typed_version
from portal.policy import Permission
from portal.support.knowledge import operations, queries, reviewing
from portal.support.knowledge.differing import differences
from portal.support.knowledge.faults import types
from portal.support.knowledge.forms import AnswerForm, ArticleForm, typed_in
from portal.support.knowledge.labels import FIELD_LABELS, STATE_LABELS, VISIBILITY_LABELS
from portal.support.knowledge.lifecycle import VersionState
from portal.support.knowledge.models import KINDS, LONGEST_BODY, Article, ArticleVersion
from portal.support.knowledge.written import written_in
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("writing", __name__, url_prefix="/knowledge")
EDIT, REVIEW = Permission.ARTICLE_EDIT, Permission.ARTICLE_REVIEW


@blueprint.get("/new")
@guard(EDIT)
def new() -> ResponseReturnValue:
    """Ask for an article or a manual."""
    return _new(ArticleForm(formdata=None, data={"visibility": "public"}))


@blueprint.post("/new")
@guard(EDIT)
def begin() -> ResponseReturnValue:
    """Begin an article."""
    form = _form()
    if request.form.get("action") == "preview":
        return _new(form, preview=True)
    if not form.validate():
        return _new(form, status=422)
    try:
        row = operations.begin(db(), viewer().actor, form.written(db()), kind=_kind(), now=now())
    except Invalid as error:
        _complain(form, error)
        return _new(form, status=422)
    return go("writing.edit", public_id=row.public_id)


@blueprint.get("/<public_id>/edit")
@guard(EDIT)
def edit(public_id: str) -> ResponseReturnValue:
    """Show the open version of an article to be written or reviewed."""
    return _edit(queries.article(db(), public_id))


@blueprint.post("/<public_id>/edit")
@guard(EDIT)
def save(public_id: str) -> ResponseReturnValue:
    """Save a draft, or show how it will look."""
    row, form = queries.article(db(), public_id, for_update=True), _form()
    if request.form.get("action") == "preview":
        return _edit(row, form, preview=True)
    if not form.validate():
        return _edit(row, form, status=422)
    version, actor = _open(row), viewer().actor
    try:
        operations.save(db(), actor, version, form.written(db()), expected=typed_version(), now=now())
        if request.form.get("action") == "submit":
            reviewing.submit(db(), actor, version, expected=version.version, now=now())
    except Invalid as error:
        _complain(form, error)
        return _edit(row, form, status=422)
    except Conflict as error:
        return _edit(row, form, status=409, problem=message_of(error, locale()))
    if version.state == VersionState.IN_REVIEW:
        flash(_("It is handed in. Somebody who did not write it will publish it."), "success")
        return go("knowledge.article", public_id=public_id)
    flash(_("Saved."), "success")
    return go("writing.edit", public_id=public_id)


@blueprint.post("/<public_id>/revise")
@guard(EDIT)
def revise(public_id: str) -> ResponseReturnValue:
    """Begin the next version."""
    operations.revise(db(), viewer().actor, queries.article(db(), public_id, for_update=True), now=now())
    return go("writing.edit", public_id=public_id)


@blueprint.post("/<public_id>/drop")
@guard(EDIT)
def drop(public_id: str) -> ResponseReturnValue:
    """Give up a draft."""
    row = queries.article(db(), public_id, for_update=True)
    operations.drop(db(), viewer().actor, _open(row), expected=typed_version(), now=now())
    flash(_("The draft is dropped."), "success")
    return go("knowledge.articles")


@blueprint.post("/<public_id>/publish")
@guard(REVIEW)
def publish(public_id: str) -> ResponseReturnValue:
    """Publish what somebody else wrote."""
    row = queries.article(db(), public_id, for_update=True)
    reviewing.publish(db(), viewer().actor, _open(row), expected=typed_version(), now=now())
    flash(_("It is published."), "success")
    return go("knowledge.article", public_id=public_id)


@blueprint.post("/<public_id>/give-back")
@guard(REVIEW)
def give_back(public_id: str) -> ResponseReturnValue:
    """Give a version back to its authors."""
    row, form = queries.article(db(), public_id, for_update=True), AnswerForm()
    if not form.validate():
        return _edit(row, status=422, answer=form)
    version = _open(row)
    reviewing.give_back(
        db(), viewer().actor, version, answer=form.answer.data, expected=typed_version(), now=now()
    )  # fmt: skip
    return go("writing.edit", public_id=public_id)


@blueprint.post("/<public_id>/retire")
@guard(REVIEW)
def retire(public_id: str) -> ResponseReturnValue:
    """Take an article away from its readers."""
    reviewing.retire(db(), viewer().actor, queries.article(db(), public_id, for_update=True), now=now())
    return go("knowledge.article", public_id=public_id)


@blueprint.post("/<public_id>/restore")
@guard(REVIEW)
def restore(public_id: str) -> ResponseReturnValue:
    """Give a retired article back to its readers."""
    reviewing.restore(db(), viewer().actor, queries.article(db(), public_id, for_update=True), now=now())
    return go("knowledge.article", public_id=public_id)


@blueprint.get("/<public_id>/versions")
@guard(EDIT)
def versions(public_id: str) -> ResponseReturnValue:
    """Show the versions of an article, and what two of them differ in."""
    row = queries.article(db(), public_id)
    rows = queries.versions(db(), row)
    newer = _chosen(rows, "newer") or rows[0]
    older = _chosen(rows, "older") or next((each for each in rows if each.number < newer.number), newer)
    return respond(
        "knowledge/versions.html",
        article=row,
        versions=rows,
        older=older,
        newer=newer,
        differences=differences(older, newer) if older.number != newer.number else [],
        fields=FIELD_LABELS,
        state_labels=STATE_LABELS,
    )


def _chosen(rows: list[ArticleVersion], name: str) -> ArticleVersion | None:
    number = request.args.get(name, "")
    return next((each for each in rows if str(each.number) == number), None)


def _open(row: Article) -> ArticleVersion:
    found = operations.open_version(db(), row)
    if found is None:
        raise Conflict(_("Nobody is writing in this article. Begin a new version first."))
    return found


def _kind() -> str:
    kind = request.values.get("kind", "article")
    return kind if kind in KINDS else "article"


def _form(**data: Any) -> ArticleForm:
    form = ArticleForm(**data)
    form.offer(types(db()), locale())
    return form


def _complain(form: ArticleForm, error: Invalid) -> None:
    """Show an error at its field; that there is no title, at the one the reader sees first."""
    missing = error.field == "title_zh" and not (form.title_zh.data or form.title_en.data)
    add_error(form, Invalid(error.message, field=f"title_{locale()}") if missing else error)


def _new(form: ArticleForm, *, status: int = 200, preview: bool = False) -> ResponseReturnValue:
    form.offer(types(db()), locale())
    return respond("knowledge/new.html", status=status, form=form, kind=_kind(), **_preview(form, preview=preview))


def _edit(
    row: Article,
    form: ArticleForm | None = None,
    *,
    status: int = 200,
    problem: str = "",
    preview: bool = False,
    answer: AnswerForm | None = None,
) -> ResponseReturnValue:
    """Show the open version with all that was typed; without an open one the way to begin it."""
    version = operations.open_version(db(), row)
    if form is None and version is not None:
        form = _form(formdata=None, data=typed_in(written_in(version), db()) | {"version": version.version})
    return respond(
        "knowledge/edit.html",
        status=status,
        article=row,
        version=version,
        form=form,
        problem=problem,
        answer_form=answer or AnswerForm(formdata=None),
        wrote=version is not None and reviewing.wrote_in(db(), viewer().actor, version),
        files=queries.attached(db(), row, all_of_them=True),
        upload_form=UploadForm(formdata=None),
        visibility_labels=VISIBILITY_LABELS,
        state_labels=STATE_LABELS,
        **_preview(form, preview=preview or (version is not None and version.state == VersionState.IN_REVIEW)),
    )


def _preview(form: ArticleForm | None, *, preview: bool) -> dict[str, Any]:
    """Return how both texts look, when that was asked for."""
    if form is None or not preview:
        return {"previews": []}
    texts = [(lang, form[f"title_{lang}"].data or "", form[f"body_{lang}"].data or "") for lang in ("zh", "en")]
    return {
        "previews": [
            (lang, title[:500], prose(body[:LONGEST_BODY])) for lang, title, body in texts if title or body
        ]
    }  # fmt: skip

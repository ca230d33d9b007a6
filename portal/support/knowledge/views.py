"""Pages of the knowledge base for those who read: the list, one article, what they say of it."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.errors import Invalid, NotFound
from portal.forms import add_error
from portal.markup import prose
from portal.policy import Permission
from portal.support.knowledge import feedback, queries
from portal.support.knowledge.faults import types
from portal.support.knowledge.forms import DoubtForm
from portal.support.knowledge.labels import LIST_LABELS, STATE_LABELS, VISIBILITY_LABELS
from portal.support.knowledge.models import Article
from portal.support.knowledge.operations import open_version
from portal.support.knowledge.searching import look_for
from portal.support.knowledge.showing import about, shown
from portal.support.knowledge.tools import tools_for
from portal.web import db, go, guard, locale, now, respond, today, viewer
from portal.words import LOCALES

blueprint = Blueprint("knowledge", __name__, url_prefix="/knowledge")
VIEW, EDIT = Permission.ARTICLE_VIEW, Permission.ARTICLE_EDIT


@dataclass(frozen=True, slots=True)
class Whose:
    """The reader's organisation as the index asks for it."""

    kind: str
    tier: str


def whose() -> Whose:
    """Return the reader's organisation."""
    return Whose(viewer().organisation_kind.value, viewer().tier)


@blueprint.app_template_global("articles_of_product")
def articles_of_product(product_id: int) -> list[queries.ArticleRow]:
    """Return manuals and articles of a product, for the product's page."""
    return queries.of_product(db(), product_id) if viewer().actor.can(VIEW) else []


@blueprint.get("")
@guard(VIEW)
def articles() -> ResponseReturnValue:
    """List articles; search, line, state and position stand in the address."""
    given = request.args
    wanted = queries.ArticleFilter.read(*(given.get(key, "") for key in ("q", "line", "state", "doubted", "after")))
    tree, titles_only = types(db()), False
    if wanted.q:
        found = look_for(db(), viewer().actor, whose(), wanted.q, line=wanted.line)
        page, titles_only = queries.ArticlePage(found.rows, ""), found.titles_only
    else:
        page = queries.articles(db(), wanted)
    return respond(
        "knowledge/articles.html",
        "knowledge/_articles.html",
        found=page,
        wanted=wanted,
        titles_only=titles_only,
        lines={line.key: line.name.to(locale()) for line in tree.lines()},
        visibilities={key: _(label) for key, label in VISIBILITY_LABELS.items()},
        states=LIST_LABELS,
    )


@blueprint.get("/<public_id>")
@guard(VIEW)
def article(public_id: str) -> ResponseReturnValue:
    """Show what readers see of an article."""
    return show(queries.article(db(), public_id))


def show(row: Article, *, status: int = 200, doubt: DoubtForm | None = None) -> ResponseReturnValue:
    """Show an article, or its draft to those who write when nothing is published yet."""
    writes = viewer().can(EDIT)
    version = queries.published(db(), row)
    if version is None and writes:
        version = open_version(db(), row) or queries.versions(db(), row)[0]
    if version is None:
        raise NotFound
    asked = request.args.get("lang", "")
    text = shown(version, asked if asked in LOCALES else locale())
    return respond(
        "knowledge/article.html",
        status=status,
        article=row,
        version=version,
        text=text,
        body=prose(text.body),
        about=about(db(), version),
        files=queries.attached(db(), row, all_of_them=writes),
        related=queries.related(db(), row),
        mine=feedback.rating_of(db(), viewer().actor, row),
        doubts=feedback.flags(db(), row),
        doubt_form=doubt or DoubtForm(formdata=None),
        open_version=open_version(db(), row) if writes else None,
        tools=tools_for(version.product_line, version.facts.get("faults", ())),
        visibility_labels=VISIBILITY_LABELS,
        state_labels=STATE_LABELS,
    )


@blueprint.post("/<public_id>/read")
@guard(VIEW)
def read(public_id: str) -> ResponseReturnValue:
    """Note that somebody read an article; the page says so by itself, once a day counts."""
    _used(queries.article(db(), public_id), "read")
    return "", 204


@blueprint.post("/<public_id>/rating")
@guard(VIEW)
def rate(public_id: str) -> ResponseReturnValue:
    """Note whether an article helped."""
    row, said = queries.article(db(), public_id), request.form.get("helpful")
    if said not in ("yes", "no"):
        return show(row, status=422)
    feedback.rate(db(), viewer().actor, row, helpful=said == "yes", now=now())
    flash(_("Thank you."), "success")
    return go("knowledge.article", public_id=public_id)


@blueprint.post("/<public_id>/doubts")
@guard(VIEW)
def doubt(public_id: str) -> ResponseReturnValue:
    """Say that an article is out of date."""
    row, form = queries.article(db(), public_id), DoubtForm()
    if not form.validate():
        return show(row, status=422, doubt=form)
    try:
        feedback.flag(db(), viewer().actor, row, reason=form.reason.data, now=now())
    except Invalid as error:
        add_error(form, error)
        return show(row, status=422, doubt=form)
    flash(_("Thank you; the author was told."), "success")
    return go("knowledge.article", public_id=public_id)


@blueprint.post("/<public_id>/doubts/<flag_id>/settle")
@guard(EDIT)
def settle(public_id: str, flag_id: str) -> ResponseReturnValue:
    """Note that a doubt was looked after."""
    row = queries.article(db(), public_id)
    feedback.settle(db(), viewer().actor, feedback.flag_of(db(), row, flag_id), now=now())
    return go("knowledge.article", public_id=public_id)


def _used(row: Article, kind: Any) -> None:
    person = viewer()
    feedback.used(
        db(), row.id, kind, person_id=person.person_id, organisation_id=person.organisation_id, today=today()
    )  # fmt: skip

"""Pages on which an administrator reads and changes how requests are decided."""

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.approvals import publishing
from portal.approvals.definitions import DECIDING_ROLES, Mistake, Mistakes, read
from portal.approvals.files import shipped_definition, write_text
from portal.approvals.models import ApprovalDefinition
from portal.approvals.rule_drafts import Draft, fields_of
from portal.approvals.subjects import kinds
from portal.downloads import attached
from portal.errors import Conflict, NotFound
from portal.formats import message_of, translations
from portal.paging import typed_version
from portal.parameters.definitions import DEFINITIONS
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("approval_rules", __name__, url_prefix="/approvals/rules")
MANAGE = Permission.APPROVAL_MANAGE


@blueprint.get("")
@guard(MANAGE)
def listing() -> ResponseReturnValue:
    """List what can be asked for, with the rules in force."""
    known = [(subject, *_current(kind)) for kind, subject in kinds().items() if _is_known(kind)]
    return respond("approvals/rules.html", known=known)


@blueprint.get("/<key>")
@guard(MANAGE)
def rules(key: str) -> ResponseReturnValue:
    """Show the rules of a kind as a form."""
    row, content = _found(key)
    return _show(key, Draft.of(content), row.number if row else 0)


@blueprint.get("/<key>.yaml")
@guard(MANAGE)
def export(key: str) -> ResponseReturnValue:
    """Hand out the rules in force as a file."""
    _row, content = _found(key)
    return attached(write_text(content), "application/yaml; charset=utf-8", f"{key}.yaml")


@blueprint.post("/<key>")
@guard(MANAGE)
def publish(key: str) -> ResponseReturnValue:
    """Put changed rules into force for new requests, or add a part to the form."""
    _found(key)
    draft, number = Draft.typed(request.form), typed_version()
    then = request.form.get("then", "")
    if then == "step":
        draft.add_step()
    elif then == "limit":
        draft.add_limit()
    if then:
        return _show(key, draft, number)
    content = draft.content(key)
    try:
        read(content)
    except Mistakes as wrong:
        return _show(key, draft, number, mistakes=wrong.mistakes, status=422)
    try:
        made = publishing.publish(db(), viewer().actor, content, number=number, now=now())
    except Conflict as error:
        return _show(key, draft, number, problem=message_of(error, locale()), status=409)
    flash(_("In force as revision %(number)s, for new requests.", number=made.number), "success")
    return go("approval_rules.listing")


def _show(
    kind: str,
    draft: Draft,
    number: int,
    *,
    mistakes: tuple[Mistake, ...] = (),
    problem: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    text = translations(locale()).gettext
    said = [(fields_of([each.path]).pop(), text(each.message) % each.params) for each in mistakes]
    return respond(
        "approvals/rule.html",
        subject=kinds()[kind],
        draft=draft,
        number=number,
        mistakes=said,
        problem=problem,
        roles=DECIDING_ROLES,
        currencies=draft.currencies(),
        settings=DEFINITIONS,
        status=status,
    )


def _is_known(kind: str) -> bool:
    return kind in kinds() and shipped_definition(kind) is not None


def _found(kind: str) -> tuple[ApprovalDefinition | None, dict[str, Any]]:
    if not _is_known(kind):
        raise NotFound
    return _current(kind)


def _current(kind: str) -> tuple[ApprovalDefinition | None, dict[str, Any]]:
    """Return the definition in force; what comes along where none is published."""
    row = publishing.newest(db(), kind)
    shipped = shipped_definition(kind)
    assert shipped is not None
    return row, row.content if row is not None else shipped[1]

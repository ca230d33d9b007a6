"""The first screen of a fault: scan or choose, see what helped others, be done or talk to a person."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.db import new_public_id
from portal.errors import Invalid
from portal.files.recognising import MOST_BYTES
from portal.files.refusing import CHOOSE, Refused, TooMuch
from portal.formats import message_of
from portal.policy import Permission
from portal.support.knowledge.models import Article
from portal.support.knowledge.tools import tools_for
from portal.support.knowledge.views import whose
from portal.support.matching import solving
from portal.support.matching.asked import Asked, products_of_line, read
from portal.support.matching.learning import forget, learned, wording
from portal.support.matching.matching import Matches, match
from portal.support.matching.models import Wording
from portal.support.matching.scanning import scan
from portal.web import db, go, go_to, guard, locale, now, portal, respond, today, viewer

blueprint = Blueprint("faults", __name__, url_prefix="/faults")
OPEN, MANAGE = Permission.TICKET_OPEN, Permission.FAULT_MANAGE
CAMERA = "camera=(self), microphone=(), geolocation=()"
MOST_SENT = 2 * MOST_BYTES


@blueprint.url_value_preprocessor
def _accept_photos(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read a photo, which is larger than other forms; before anything looks at it."""
    if endpoint == "faults.read_code":
        request.max_content_length = MOST_SENT


@blueprint.get("")
@guard(OPEN)
def start() -> ResponseReturnValue:
    """Show the fault as far as it is said, and what may solve it; every choice is an address."""
    return _show(read(db(), request.args))


@blueprint.post("/scan")
@guard(OPEN)
def read_code() -> ResponseReturnValue:
    """Read the serial number in a photo."""
    sent = request.files.get("photo")
    try:
        if sent is None or not sent.filename:
            raise Refused(CHOOSE)
        serial = scan(sent.stream.read(MOST_BYTES + 1))
    except Invalid as error:
        status = 413 if isinstance(error, TooMuch) else 422
        return _show(read(db(), {}), status=status, problem=message_of(error, locale()))
    return go_to(url_for("faults.start", serial=serial))


@blueprint.post("/solved")
@guard(OPEN)
def solved() -> ResponseReturnValue:
    """Note that a case solved the fault."""
    given = request.form
    asked = read(db(), given)
    kind = given.get("kind", "")
    try:
        case = solving.case_of(db(), kind, given.get("case", ""))
        row = solving.solved(
            db(), viewer().actor, asked, kind, case, form_key=given.get("form_key", ""), now=now(), today=today()
        )  # fmt: skip
    except Invalid as error:
        return _show(asked, status=422, problem=message_of(error, locale()))
    if row is None:
        flash(_("Noted. What was typed helps others to find it."), "success")
        return go("faults.start")
    return go("faults.done", public_id=row.public_id)


@blueprint.get("/solved/<public_id>")
@guard(OPEN)
def done(public_id: str) -> ResponseReturnValue:
    """Show that the fault is solved, and the way on if it is not."""
    row = solving.deflection(db(), public_id)
    again = {"line": row.product_line, "fault": row.fault, "serial": row.serial, "error_code": row.error_code}
    return respond("faults/done.html", row=row, talk=ticket_path(again))


@blueprint.post("/solved/<public_id>/back")
@guard(OPEN)
def back(public_id: str) -> ResponseReturnValue:
    """Take it back: the fault is still there; the ticket begins with all that was said."""
    row = solving.deflection(db(), public_id)
    solving.take_back(viewer().actor, row, now=now())
    said = {"line": row.product_line, "fault": row.fault, "serial": row.serial, "error_code": row.error_code,
            "firmware": row.firmware}  # fmt: skip
    return go_to(ticket_path(said))


@blueprint.app_template_global("wordings_learned")
def wordings_learned(article_id: int) -> list[Wording]:
    """Return the wordings that an article learned, for those who look after them."""
    return learned(db(), "article", article_id) if viewer().actor.can(MANAGE) else []


@blueprint.post("/wordings/<public_id>/forget")
@guard(MANAGE)
def forget_wording(public_id: str) -> ResponseReturnValue:
    """Take a wording out that should not have been learned."""
    row = wording(db(), public_id)
    found = db().get(Article, row.case_id) if row.case_kind == "article" else None
    forget(db(), viewer().actor, row, now=now())
    return go("knowledge.article", public_id=found.public_id) if found else go("fault_tree.lines")


def ticket_path(said: dict[str, str]) -> str:
    """Return the form of a ticket that begins with what was said."""
    given: dict[str, Any] = {key: value for key, value in said.items() if value}
    return url_for("tickets.new", kind="fault", **given)


def _show(asked: Asked, *, status: int = 200, problem: str = "") -> Response:
    return respond(
        "faults/start.html",
        "faults/_fault.html",
        status=status,
        asked=asked,
        problem=problem,
        matches=_matches(asked),
        products=products_of_line(db(), asked.line) if asked.line and asked.item is None else [],
        tools=tools_for("", (asked.fault,)),
        talk=ticket_path(asked.params()),
        form_key=new_public_id(),
    )


def _matches(asked: Asked) -> Matches | None:
    """Return the cases once something is said that a case can be about."""
    if not (asked.fault or asked.error_code or asked.text):
        return None
    return match(db(), viewer().actor, whose(), asked, folder=portal().settings.search_folder, locale=locale())

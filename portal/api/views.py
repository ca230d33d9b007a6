"""The document of the interface, the page that explains it, and the end of every address that leads nowhere."""

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from portal.api.endpoint import OPERATIONS, PREFIX, blueprint
from portal.api.openapi import document
from portal.api.scopes import LABELS, Scope
from portal.errors import NotFound
from portal.web import portal, public, respond

pages = Blueprint("api_pages", __name__, url_prefix="/api")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@blueprint.get("/openapi.json")
@public("what the interface can do is no secret; it holds no data")
def openapi() -> ResponseReturnValue:
    """Show the OpenAPI document."""
    return jsonify(document())


@blueprint.route("/", methods=METHODS, defaults={"rest": ""})
@blueprint.route("/<path:rest>", methods=METHODS)
def nowhere(**_rest: str) -> ResponseReturnValue:
    """Answer what no operation answers."""
    raise NotFound


nowhere.permission = None  # type: ignore[attr-defined]  # not by @public: it asks nothing of the database
nowhere.public_reason = "says of an address that leads nowhere that it leads nowhere"  # type: ignore[attr-defined]


@pages.get("/")
@public("explains the interface; it holds no data")
def guide() -> Response:
    """Explain the interface with examples."""
    base = f"{portal().settings.base_url}{PREFIX}"
    return respond("api/guide.html", operations=OPERATIONS, prefix=PREFIX, base=base, scopes=LABELS, Scope=Scope)

"""Home, search, inbox and health."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.policy import Permission
from portal.web import guard, respond

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@guard(Permission.HOME_VIEW)
def home() -> ResponseReturnValue:
    """Greet with what waits."""
    return respond("home/home.html")

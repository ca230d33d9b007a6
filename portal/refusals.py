"""What went wrong, as an answer: the one place that turns errors into pages, fragments and statuses."""

from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from portal.db import is_retryable
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, PortalError, TooMany
from portal.formats import message_of
from portal.web import SAFE_METHODS, NotSignedIn, enter, is_htmx, locale, logged_path, portal, respond, safe_next
from portal.words import N_

MOST_HANDED_BACK: Final = 200  # fields of a form; none of our pages has more
log = structlog.get_logger("portal.web")


def register(app: Flask) -> None:
    """Answer every error of `app` here; `web.install` comes first."""
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SecurityError, _foreign_host)
    app.register_error_handler(NotSignedIn, _not_signed_in)
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(NoConnection, _no_connection)
    app.register_error_handler(Exception, _defect)


def _error_page(status: int, message: str, *, title: str = "", **context: Any) -> Response:
    """Answer with an error page, or with a fragment that htmx puts where notices go."""
    context |= {"message": message, "title": title, "error_status": status}
    try:
        if "viewer" not in g:
            _look_who_asks()
        response = respond("errors/error.html", "errors/_error.html", status=status, **context)
    except Exception as error:
        log.error("no error page", error=type(error).__name__, exc_info=error)
        response = _bare_page(status, title, message)
    if is_htmx():
        response.headers["HX-Retarget"] = "#notices"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _bare_page(status: int, title: str, message: str) -> Response:
    """Answer without template, menu and person: what still works when no page can be made."""
    page = Markup("<!DOCTYPE html><meta charset=utf-8><title>{0}</title><h1>{0}</h1><p>{1}</p>")
    return Response(page.format(title, message), status)


def _look_who_asks() -> None:
    g.viewer = None
    try:
        with portal().database.reading(None) as unit:
            enter(unit, None)
    except SQLAlchemyError:
        g.viewer = None


TITLES: Final = {
    400: N_("This request could not be understood"),
    403: N_("You may not do this"),
    404: N_("There is nothing here"),
    405: N_("This cannot be done here"),
    409: N_("Something changed in the meantime"),
    413: N_("That was too much"),
    422: N_("Something needs to be corrected"),
    429: N_("Too many attempts"),
    500: N_("That went wrong on our side"),
    503: N_("The portal is resting for a moment"),
}
MESSAGES: Final = {
    400: N_("Go back to the page and try once more. Nothing was saved."),
    403: N_("Your role does not include this. The owner of your organisation can change roles."),
    404: N_("The page was moved or removed, or it belongs to somebody else."),
    405: N_("Open the page from the menu and try again."),
    413: N_("The text or file is larger than this page accepts. Nothing was saved."),
    500: N_("It was recorded, and nothing was half saved. Try again; if it stays, tell us the number below."),
    503: N_("The database does not answer. Nothing was lost; try again in a minute."),
}
DISK_FULL: Final = N_(
    "The server's disk is full, so nothing was saved. Tell the administrator; what you typed is below."
)


def _by_status(status: int, **context: Any) -> Response:
    from_table = message_of(PortalError(MESSAGES.get(status, MESSAGES[400])), locale())
    title = message_of(PortalError(TITLES.get(status, TITLES[400])), locale())
    return _error_page(status, context.pop("message", from_table), title=title, **context)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return cast(Response, error.response)
    status = error.code or 500
    return error.get_response() if status < 400 else _by_status(status)


def _foreign_host(_error: SecurityError) -> Response:
    """Refuse what was sent to a host that is not ours; for such a request no address can be built."""
    title, message = (message_of(PortalError(texts[400]), locale()) for texts in (TITLES, MESSAGES))
    return _bare_page(400, title, message)


def _not_signed_in(_error: NotSignedIn) -> Response:
    target = safe_next(request.full_path.rstrip("?")) if request.method in SAFE_METHODS else "/"
    if is_htmx() or request.path.startswith("/api/"):
        response = _by_status(401, message=message_of(PortalError(N_("You are signed out. Sign in again.")), locale()))
        response.headers["HX-Redirect"] = url_for("accounts.sign_in")
        return response
    return cast(Response, redirect(url_for("accounts.sign_in", next=target), 303, Response))


STATUS_OF: Final[Mapping[type[PortalError], int]] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 422,
    TooMany: 429,
}


def _portal_error(error: PortalError) -> Response:
    status = next(code for kind, code in STATUS_OF.items() if isinstance(error, kind))
    log.info("refused", status=status, reason=error.message, path=logged_path())
    if status == 404 or (status == 403 and error.message == "not allowed"):
        return _by_status(status)
    response = _by_status(status, message=message_of(error, locale()))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _stale(_error: StaleDataError) -> Response:
    text = N_("Somebody else saved this at the same moment. Open it again, look, and repeat your change.")
    return _by_status(409, message=message_of(PortalError(text), locale()))


def _csrf_error(_error: CSRFError) -> Response:
    """Say that the page was too old, and hand back what was typed when it came from our own page."""
    typed = _typed()
    text = N_(
        "This page lay open too long, so nothing was saved. What you typed is still here: look at it and send it again."
    )
    text = (
        text if typed else N_("This page lay open too long, so nothing was saved. Open it again and repeat your step.")
    )
    return _by_status(400, message=message_of(PortalError(text), locale()), typed=typed, action=request.path)


def _typed() -> list[tuple[str, str]]:
    """Return what a person typed into a form of ours, without passwords; nothing for a form of somebody else's page."""
    own = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin" and _own_origin()
    sent = list(request.form.items(multi=True)) if own and request.method == "POST" else []
    typed = [(name, value) for name, value in sent if name != "csrf_token" and "password" not in name.lower()]
    return typed if len(typed) <= MOST_HANDED_BACK else []


def _own_origin() -> bool:
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _constraint_of(error: DBAPIError) -> str:
    """Return which constraint refused, without the values that a driver's message quotes."""
    named = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return str(named or str(error.orig).partition("\n")[0][:200])


def _database_error(error: DBAPIError) -> Response:
    if isinstance(error, IntegrityError):
        log.warning("collision", constraint=_constraint_of(error))
        return _stale(StaleDataError())
    if isinstance(error, DataError):  # a NUL, a text or a number that no column holds: what was sent is wrong, not we
        log.warning("unstorable", detail=str(error.orig)[:300])
        return _by_status(422)
    gone = isinstance(error, OperationalError) or error.connection_invalidated or is_retryable(error)
    log.error("database", error=type(error.orig).__name__, detail=str(error.orig)[:300], exc_info=not gone)
    if _is_full(error):
        message = message_of(PortalError(DISK_FULL), locale())
        return _by_status(503, message=message, typed=_typed(), action=request.path)
    return _by_status(503 if gone else 500, typed=_typed(), action=request.path)


def _is_full(error: DBAPIError) -> bool:
    """Whether the disk of the database has no room left, in the words of SQLite or the state of PostgreSQL."""
    return getattr(error.orig, "sqlstate", None) == "53100" or "disk is full" in str(error.orig)


def _no_connection(_error: NoConnection) -> Response:
    log.error("database", error="NoConnection", detail="all connections are in use")
    return _by_status(503, typed=_typed(), action=request.path)


def _defect(error: Exception) -> Response:
    log.error("defect", error=type(error).__name__, exc_info=error)
    return _by_status(500, typed=_typed(), action=request.path)

"""The edge of every page: guards, the unit of work of a request, page or fragment, errors as answers."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache, wraps
from typing import Any, Final, ParamSpec, cast
from urllib.parse import urlsplit

import structlog
from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.urls import iri_to_uri

from portal.config import Settings
from portal.db import Database, RollBack, ScopedSession, is_retryable, new_public_id, utc_now
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, PortalError, TooMany
from portal.formats import Formats, formats, message_of, translations
from portal.policy import SYSTEM, Actor, OrganisationKind, Permission, Role
from portal.words import BABEL_LOCALES, LOCALES, N_

P = ParamSpec("P")
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,60}")
MOST_HANDED_BACK: Final = 200  # fields of a form; none of our pages has more
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
log = structlog.get_logger("portal.web")


class NotSignedIn(Exception):
    """The page needs somebody, and nobody is signed in."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in person as a page needs him: one query, no ORM rows. Also the user that Flask-Login knows."""

    actor: Actor
    token: str  # of the sign-in; the database knows its hash only
    person_id: int
    public_id: str
    name: str
    email: str
    locale: str
    time_zone: str
    theme: str
    roles: tuple[Role, ...]
    organisation_id: int
    organisation_kind: OrganisationKind
    organisation_name: str
    organisation_name_en: str
    currency: str
    tier: str
    tax_bps: int
    unread: int  # capped at 100

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Return what Flask-Login keeps in the cookie: the token of the sign-in."""
        return self.token

    def can(self, permission: str) -> bool:
        """Return whether the person has `permission` (by its value, for templates)."""
        return self.actor.can(Permission(permission))


LoadViewer = Callable[[ScopedSession, str, datetime], Viewer | None]


@dataclass(frozen=True)
class Portal:
    """What every request needs; kept on the app by `install`."""

    settings: Settings
    database: Database
    load_viewer: LoadViewer


def portal() -> Portal:
    """Return the running portal."""
    return cast(Portal, current_app.extensions["portal"])


def db() -> ScopedSession:
    """Return the session of this request."""
    return cast(ScopedSession, g.session)


def viewer() -> Viewer:
    """Return the signed-in person of this request; only behind `guard`."""
    assert g.viewer is not None
    return cast(Viewer, g.viewer)


def now() -> datetime:
    """Return the instant of this request, the same for all that happens in it."""
    if "now" not in g:
        g.now = utc_now()
    return cast(datetime, g.now)


def locale() -> str:
    """Return "en" or "zh": the person's, else the browser session's, else what the browser asks for."""
    if "locale" not in g:
        person = g.get("viewer")
        wanted = person.locale if person else session.get("locale")
        g.locale = wanted if wanted in LOCALES else request.accept_languages.best_match(LOCALES, "en")
    return cast(str, g.locale)


def fmt() -> Formats:
    """Return the formatters of this request."""
    return formats(locale())


@cache
def texts(locale: str) -> Callable[..., str]:
    """Return what templates call `_`: gettext bound to one language, so that no text looks for its language again."""
    known = lru_cache(maxsize=4096)(lambda message: Markup(translations(locale).gettext(message)))  # noqa: S704 - ours

    @pass_eval_context
    def text(place: EvalContext, message: str, /, **variables: Any) -> str:
        found = known(message)
        return (found if place.autoescape else str(found)) % variables

    return text


def theme() -> str:
    """Return "auto", "light" or "dark"."""
    person = g.get("viewer")
    chosen = person.theme if person else session.get("theme")
    return chosen if chosen in ("light", "dark") else "auto"


def guard(permission: Permission) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let only people with `permission` in, and run the view in one session scoped to them."""

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            return _unit_of_work(lambda: view(*args, **kwargs), permission)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(reason: str) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let everybody in, for the stated reason; the session acts for the house, so the view must be careful."""

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def opened(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            return _unit_of_work(lambda: view(*args, **kwargs), None)

        opened.permission = None  # type: ignore[attr-defined]
        opened.public_reason = reason  # type: ignore[attr-defined]
        return opened

    return decorate


def _unit_of_work(view: Callable[[], ResponseReturnValue], permission: Permission | None) -> Response:
    cookie = dict(session)

    def work(unit: ScopedSession) -> Response:
        if dict(session) != cookie:  # a second try after a serialisation error starts from the same cookie
            session.clear()
            session.update(cookie)
        _enter(unit, permission)
        response = make_response(view())
        if response.status_code >= 400 and not getattr(response, "keep", False):
            raise RollBack(response)
        return response

    database = portal().database
    try:
        if request.method in SAFE_METHODS:
            with database.reading(None) as unit:
                return work(unit)
        return database.write(None, work)
    except RollBack as carried:
        return cast(Response, carried.value)


def _enter(unit: ScopedSession, permission: Permission | None) -> None:
    """Find out who asks, narrow the session to him, and check that he may come in."""
    g.session = unit
    unit.actor = SYSTEM
    g.viewer = current_user._get_current_object() if current_user.is_authenticated else None
    if permission is None:
        return
    if g.viewer is None:
        raise NotSignedIn
    unit.actor = g.viewer.actor
    if not g.viewer.actor.can(permission):
        raise NotAllowed


def is_htmx() -> bool:
    """Return whether htmx asks for a fragment; restoring a page from history wants the whole page."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def respond(page: str, partial: str = "", *, status: int = 200, keep: bool = False, **context: Any) -> Response:
    """Render `partial` for htmx and `page` for everybody else; `keep` commits although the status is an error."""
    name = partial if partial and is_htmx() else page
    response = make_response(render_template(name, **context), status)
    response.vary.add("HX-Request")
    response.keep = keep  # type: ignore[attr-defined]
    return response


def go(endpoint: str, **values: Any) -> Response:
    """Send the browser to another page after a change: 303, or htmx's own way of saying it."""
    return go_to(url_for(endpoint, **values))


def go_to(path: str) -> Response:
    """Send the browser to `path` of this portal."""
    if is_htmx():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = iri_to_uri(path)  # a header holds no Chinese
        return response
    return cast(Response, redirect(path, 303, Response))


def safe_next(path: str | None) -> str:
    """Return `path` when it lies on this portal, otherwise the root: no other site, no other scheme, no tricks."""
    if not path or not path.startswith("/") or len(path) > 1000 or re.search(r"[\\\x00-\x20\x7f]", path):
        return "/"
    parts = urlsplit(path)
    return path if not parts.scheme and not parts.netloc and not path.startswith("//") else "/"


def client_address() -> str:
    """Return the address the request came from."""
    return request.remote_addr or "unknown"


def install(app: Flask, parts: Portal) -> LoginManager:
    """Hang guards, logs, headers and error pages on `app`."""
    app.extensions["portal"] = parts
    login = LoginManager()
    login.init_app(app, add_context_processor=False)  # its processor would load the person again on every render
    login.session_protection = None  # sign-ins are rows of ours, ended by us
    login.user_loader(lambda token: parts.load_viewer(db(), token, now()))
    app.before_request(_begin)
    app.after_request(_finish)
    app.context_processor(_context)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SecurityError, _foreign_host)
    app.register_error_handler(NotSignedIn, _not_signed_in)
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(NoConnection, _no_connection)
    app.register_error_handler(Exception, _defect)
    return login


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else new_public_id()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if request.is_json and not request.path.startswith("/api/"):
        abort(415)  # forms would read it too, and find lists and numbers where they know texts only


def _finish(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-ID"] = g.get("request_id", "")
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if portal().settings.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint not in ("static", "bootstrap.static") or response.status_code >= 400:
        headers["Cache-Control"] = "no-store"
        person = g.get("viewer")
        log.info(
            "request",
            method=request.method,
            path=_logged_path(),
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
            person=person.public_id if person else None,
        )
    return response


def _logged_path() -> str:
    """Return the path as the log keeps it: without a token that lets somebody in."""
    rule = request.url_rule
    return rule.rule if rule is not None and "token" in rule.arguments else request.path


def address_of(endpoint: str, **values: Any) -> str:
    """Return what templates call `url_for`: addresses without values are remembered."""
    if values or endpoint.startswith("."):  # a dot means the blueprint of this request
        return url_for(endpoint, **values)
    return _address_of(endpoint, request.script_root, request.host)


@lru_cache(maxsize=256)
def _address_of(endpoint: str, _root: str, _host: str) -> str:
    return url_for(endpoint)


def _context() -> dict[str, Any]:
    return {
        "viewer": g.get("viewer"),
        "fmt": fmt(),
        "_": texts(locale()),
        "url_for": address_of,
        "locale": locale(),
        "html_lang": "zh-Hans" if locale() == "zh" else "en",
        "theme": theme(),
        "is_htmx": is_htmx(),
        "demo": portal().settings.demo,
        "asked_path": request.full_path.rstrip("?") if request.method in SAFE_METHODS else "/",
    }


def babel_locale() -> str:
    """Return the locale as Babel calls it."""
    return BABEL_LOCALES[locale()]


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
            _enter(unit, None)
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
    log.info("refused", status=status, reason=error.message, path=_logged_path())
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
    own = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin" and _own_origin()
    sent = list(request.form.items(multi=True)) if own else []
    typed = [(name, value) for name, value in sent if name != "csrf_token" and "password" not in name.lower()]
    typed = typed if len(typed) <= MOST_HANDED_BACK else []
    text = N_(
        "This page lay open too long, so nothing was saved. What you typed is still here: look at it and send it again."
    )
    text = (
        text if typed else N_("This page lay open too long, so nothing was saved. Open it again and repeat your step.")
    )
    return _by_status(400, message=message_of(PortalError(text), locale()), typed=typed, action=request.path)


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
    return _by_status(503 if gone else 500)


def _no_connection(_error: NoConnection) -> Response:
    log.error("database", error="NoConnection", detail="all connections are in use")
    return _by_status(503)


def _defect(error: Exception) -> Response:
    log.error("defect", error=type(error).__name__, exc_info=error)
    return _by_status(500)

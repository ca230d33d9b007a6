"""The edge of every page: guards, the unit of work of a request, page or fragment, headers and log lines."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache, wraps
from http import HTTPStatus
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
from flask_login import LoginManager
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from werkzeug.urls import iri_to_uri

from portal.config import Settings
from portal.cookies import csrf_token
from portal.dates import business_date
from portal.db import Database, RollBack, ScopedSession, new_public_id, utc_now
from portal.errors import NotAllowed
from portal.formats import Formats, formats, translations
from portal.policy import SYSTEM, Actor, OrganisationKind, Permission, Role
from portal.templating import in_language
from portal.words import BABEL_LOCALES, LOCALES

P = ParamSpec("P")
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SIGNED_IN: Final = "_user_id"  # where Flask-Login keeps in the cookie what `Viewer.get_id` returns
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,60}")
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; "
    "media-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
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


def today() -> date:
    """Return the business date of this request: the day in the supplier's zone."""
    return business_date(now(), portal().settings.supplier_zone)


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
    held = session._get_current_object()  # type: ignore[attr-defined]
    cookie = dict(held)

    def work(unit: ScopedSession) -> Response:
        if held != cookie:  # a second try after a serialisation error starts from the same cookie
            held.clear()
            held.update(cookie)
        enter(unit, permission)
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


def enter(unit: ScopedSession, permission: Permission | None) -> None:
    """Find out who asks, narrow the session to him, and check that he may come in."""
    g.session = unit
    unit.actor = SYSTEM
    token = session.get(SIGNED_IN)
    g.viewer = person = portal().load_viewer(unit, token, now()) if token else None
    if permission is None:
        return
    if person is None:
        raise NotSignedIn
    unit.actor = person.actor
    if not person.actor.can(permission):
        raise NotAllowed


def is_htmx() -> bool:
    """Return whether htmx asks for a fragment; restoring a page from history wants the whole page."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def respond(page: str, partial: str = "", *, status: int = 200, keep: bool = False, **context: Any) -> Response:
    """Render `partial` for htmx and `page` for everybody else; `keep` commits although the status is an error."""
    name = partial if partial and is_htmx() else page
    response = make_response(render_template(in_language(name, locale()), **context), status)
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
    """Hang sign-in, logs and headers on `app`; its errors are answered by `portal.refusals`."""
    app.extensions["portal"] = parts
    login = LoginManager()
    login.init_app(app, add_context_processor=False)  # its processor would load the person again on every render
    login.session_protection = None  # sign-ins are rows of ours, ended by us
    login.user_loader(lambda _token: g.get("viewer"))  # `enter` has asked already
    app.before_request(_begin)
    app.after_request(_finish)
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
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Permissions-Policy"] = "camera=(self), microphone=(self), geolocation=(self)"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if portal().settings.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint not in ("static", "bootstrap.static") or response.status_code >= 400:
        headers["Cache-Control"] = "no-store"
        person = g.get("viewer")
        # open chats ask every few seconds whether anything is new
        tell = log.debug if response.status_code == HTTPStatus.NOT_MODIFIED else log.info
        tell(
            "request",
            method=request.method,
            path=logged_path(),
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
            person=person.public_id if person else None,
        )
    return response


def logged_path() -> str:
    """Return the path as the log keeps it: without a token that lets somebody in."""
    rule = request.url_rule
    return rule.rule if rule is not None and "token" in rule.arguments else request.path


@lru_cache(maxsize=64)
def _addresses(_root: str, _host: str) -> Callable[..., str]:
    """Return what templates call `url_for`: under one root, addresses with texts alone are remembered."""
    plain: dict[str, str] = {}

    @lru_cache(maxsize=1024)
    def of_texts(endpoint: str, *values: tuple[str, Any]) -> str:
        return url_for(endpoint, **dict(values))

    def address_of(endpoint: str, **values: Any) -> str:
        if endpoint.startswith("."):  # a dot means the blueprint of this request
            return url_for(endpoint, **values)
        if values:
            remembered = all(value is None or type(value) is str for value in values.values())
            return of_texts(endpoint, *values.items()) if remembered else url_for(endpoint, **values)
        found = plain.get(endpoint)
        if found is None:
            found = plain[endpoint] = url_for(endpoint)
        return found

    return address_of


def context() -> dict[str, Any]:
    """Return what every template knows; CSRF protection puts its own token there first, and this one stays."""
    language = locale()
    return {
        "viewer": g.get("viewer"),
        "fmt": formats(language),
        "_": texts(language),
        "url_for": _addresses(request.script_root, request.host),
        "locale": language,
        "html_lang": "zh-Hans" if language == "zh" else "en",
        "theme": theme(),
        "csrf_token": csrf_token,
        "is_htmx": is_htmx(),
        "demo": portal().settings.demo,
        "asked_path": request.full_path.rstrip("?") if request.method in SAFE_METHODS else "/",
    }


def babel_locale() -> str:
    """Return the locale as Babel calls it."""
    return BABEL_LOCALES[locale()]

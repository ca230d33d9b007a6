"""Errors as programs read them: problem+json with a code, the field and a sentence in the language they ask for."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from flask import Blueprint, Response, g
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from portal.api.schema import Mistake
from portal.db import is_retryable
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, PortalError, TooMany
from portal.formats import message_of
from portal.web import locale
from portal.words import N_

MEDIA_TYPE: Final = "application/problem+json"
log = structlog.get_logger("portal.api")
TITLES: Final[Mapping[int, str]] = {
    400: N_("This request could not be understood"),
    401: N_("A valid token is needed"),
    403: N_("You may not do this"),
    404: N_("There is nothing here"),
    405: N_("This cannot be done here"),
    409: N_("Something changed in the meantime"),
    413: N_("That was too much"),
    415: N_("Only JSON is read here"),
    422: N_("Something needs to be corrected"),
    429: N_("Too many attempts"),
    500: N_("That went wrong on our side"),
    503: N_("The portal is resting for a moment"),
}
CODES: Final[Mapping[int, str]] = {
    400: "bad_request", 401: "unauthorised", 403: "not_allowed", 404: "not_found", 405: "method", 409: "conflict",
    413: "too_large", 415: "media_type", 422: "invalid", 429: "too_many", 500: "defect", 503: "unavailable",
}  # fmt: skip


class Problem(Exception):
    """An error with a code of its own and further members."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more


def sentence(message: str, params: Mapping[str, Any] | None = None) -> str:
    """Return a text of ours in the language that the program asks for."""
    return message_of(PortalError(message, **(params or {})), locale())


def body_of(status: int, code: str = "", detail: str = "", **more: Any) -> dict[str, Any]:
    """Return what a problem says."""
    title, code = sentence(TITLES.get(status, TITLES[400])), code or CODES[status]
    body = {"type": f"/api/#{code}", "title": title, "status": status, "code": code, "detail": detail or title}
    return {**body, "request_id": g.get("request_id", ""), **more}


def problem(status: int, code: str = "", detail: str = "", **more: Any) -> Response:
    """Return an error as problem+json."""
    body = body_of(status, code, detail, **more)
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type=MEDIA_TYPE)
    response.headers["Content-Language"] = locale()
    response.vary.add("Accept-Language")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="portal"'
    return response


def invalid(mistakes: Sequence[Mistake]) -> Response:
    """Return what does not fit the schema, field by field."""
    errors = [{"field": m.field, "code": m.code, "detail": sentence(m.message, m.params)} for m in mistakes]
    first = errors[0]
    return problem(422, "invalid", first["detail"], field=first["field"], errors=errors)


def register(blueprint: Blueprint) -> None:
    """Answer every error under `blueprint` here."""
    blueprint.register_error_handler(Problem, _problem)
    blueprint.register_error_handler(PortalError, _portal_error)
    blueprint.register_error_handler(HTTPException, _http_error)
    blueprint.register_error_handler(StaleDataError, lambda _error: problem(409))
    blueprint.register_error_handler(DBAPIError, _database_error)
    blueprint.register_error_handler(NoConnection, lambda _error: problem(503))
    blueprint.register_error_handler(Exception, _defect)


def _problem(error: Problem) -> Response:
    return problem(error.status, error.code, sentence(error.message), **error.more)


def _portal_error(error: PortalError) -> Response:
    if isinstance(error, NotFound):
        return problem(404)
    if isinstance(error, NotAllowed):
        return problem(403)
    detail = message_of(error, locale())
    if isinstance(error, Invalid):
        errors = [{"field": error.field, "code": "value", "detail": detail}]
        return problem(422, "invalid", detail, field=error.field, errors=errors)
    if isinstance(error, TooMany):
        response = problem(429, detail=detail)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    return problem(409 if isinstance(error, Conflict) else 400, detail=detail)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    return problem(status if status in CODES else 400)


def _database_error(error: DBAPIError) -> Response:
    if isinstance(error, IntegrityError):
        return problem(409)
    if isinstance(error, DataError):  # a text or number that no column holds: what was sent is wrong, not we
        return problem(422)
    gone = isinstance(error, OperationalError) or error.connection_invalidated or is_retryable(error)
    log.error("database", error=type(error.orig).__name__, exc_info=not gone)
    return problem(503 if gone else 500)


def _defect(error: Exception) -> Response:
    log.error("defect", error=type(error).__name__, exc_info=error)
    return problem(500)

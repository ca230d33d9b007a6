"""One operation of the interface: who may call it, what it takes and gives, and how it runs."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final, cast

import structlog
from flask import Blueprint, Response, g, request

from portal.api import problems, remembering
from portal.api.problems import Problem
from portal.api.remembering import OtherRequest, Remembered
from portal.api.schema import Mistake, Schema, check
from portal.api.scopes import NEEDED, Scope
from portal.api.strictjson import NotJson, read_json
from portal.api.tokens import LONGEST_SECRET, Bearer, bearer_of, count_request
from portal.db import RollBack, ScopedSession
from portal.policy import SYSTEM, Actor
from portal.web import db, now, portal
from portal.words import LOCALES, N_

PREFIX: Final = "/api/v1"
KEY: Final = re.compile(r"[!-~]{1,100}")
blueprint = Blueprint("api", __name__, url_prefix=PREFIX)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an operation answers; one of 400 and above saves nothing unless `keep` says so."""

    body: Mapping[str, Any]
    status: int = 200
    location: str = ""
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as the document describes it."""

    name: str
    method: str
    path: str
    scope: Scope
    summary: str
    takes: str  # name of a component, empty without a body
    gives: str  # name of a component, or a media type
    status: int
    query: Mapping[str, Schema] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """Return the path as documents write it, `/quotes/{public_id}`."""
        return re.sub(r"<(\w+)>", r"{\1}", self.path)


OPERATIONS: Final[list[Operation]] = []
COMPONENTS: Final[dict[str, Schema]] = {}


def component(name: str, schema: Schema) -> str:
    """Give a schema a name in the document; return the name."""
    assert COMPONENTS.setdefault(name, schema) == schema, f"two schemas are called {name}"
    return name


def endpoint(
    method: str,
    path: str,
    *,
    scope: Scope,
    summary: str,
    gives: str,
    takes: str = "",
    status: int = 200,
    query: Mapping[str, Schema] | None = None,
) -> Callable[[Callable[..., Reply | Response]], Callable[..., Response]]:
    """Make a function an operation: token, scope, body and key are checked before it runs in one unit of work."""

    def decorate(view: Callable[..., Reply | Response]) -> Callable[..., Response]:
        described = Operation(view.__name__, method, path, scope, summary, takes, gives, status, dict(query or {}))

        @wraps(view)
        def run(**values: Any) -> Response:
            bearer = _bearer()
            if scope.value not in bearer.scopes:
                raise Problem(403, "scope", N_("The token may not do this; its owner can make one that may."),
                              needs=scope.value)  # fmt: skip
            return _call(bearer, described, view, values)

        run.permission = NEEDED[scope]  # type: ignore[attr-defined]
        OPERATIONS.append(described)
        blueprint.add_url_rule(path, described.name, run, methods=[method])
        return run

    return decorate


def actor() -> Actor:
    """Return on whose behalf this request is: the organisation of the token, within its scopes."""
    found = db().actor
    assert found is not None
    return found


@blueprint.before_request
def _without_cookies() -> None:
    """Forget whatever a browser says of itself: only the token counts."""
    g.viewer = None
    g.locale = request.accept_languages.best_match(LOCALES, "en")


def _bearer() -> Bearer:
    """Return who asks; raises Problem for anything but one live token."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    found = None
    if scheme.lower() == "bearer" and secret.isascii() and 0 < len(secret) <= LONGEST_SECRET:
        with portal().database.reading(SYSTEM) as session:  # whoever has no token takes no lock either
            found = bearer_of(session, secret, now=now())
    if found is None:
        raise Problem(401, "unauthorised", N_("Send a token that is neither revoked nor over: Authorization: Bearer …"))
    portal().database.write(SYSTEM, lambda session: count_request(session, found, now=now()))
    structlog.contextvars.bind_contextvars(token=found.prefix)
    return found


def _call(
    bearer: Bearer, described: Operation, view: Callable[..., Reply | Response], path: Mapping[str, Any]
) -> Response:
    """Read the request, refuse what does not fit, and run the operation: reading, or writing once for each key."""
    content = request.get_data(cache=True)
    values = dict(path)
    mistakes = _query(described, values)
    if described.takes:
        values["body"] = _body(content)
        mistakes += check(values["body"], COMPONENTS[described.takes])
    elif content:
        mistakes.append(Mistake("", "unknown_field", N_("This takes no body."), {}))
    if mistakes:
        return problems.invalid(mistakes)
    if described.method == "GET":
        with portal().database.reading(bearer.actor) as unit:
            return _response(_enter(unit, bearer, view, values))
    return _write_once(bearer, _key(), content, lambda unit: _enter(unit, bearer, view, values))


def _write_once(
    bearer: Bearer, key: str, content: bytes, operation: Callable[[ScopedSession], Reply | Response]
) -> Response:
    """Run an operation in one unit of work together with what its key is answered."""
    digest = remembering.request_hash(request.method, request.path, content)

    def work(unit: ScopedSession) -> Response:
        if (known := _known(unit, bearer, key, digest)) is not None:
            return _again(known)
        reply = operation(unit)
        response = _response(reply)
        if response.status_code >= 400 and not (isinstance(reply, Reply) and reply.keep):
            raise RollBack(response)
        written = response.get_data(as_text=True)
        answer = Remembered(response.status_code, response.headers.get("Location", ""), written)
        remembering.keep(unit, bearer.token_id, key, answer)
        return response

    try:
        return portal().database.write(bearer.actor, work)
    except RollBack as carried:
        return cast(Response, carried.value)


def _enter(
    unit: ScopedSession, bearer: Bearer, view: Callable[..., Reply | Response], values: Mapping[str, Any]
) -> Reply | Response:
    g.session = unit
    unit.actor = bearer.actor
    unit.info["via"] = bearer.prefix  # the history names the token
    return view(**values)


def _known(unit: ScopedSession, bearer: Bearer, key: str, digest: str) -> Remembered | None:
    try:
        return remembering.take(unit, bearer.token_id, key, digest, now=now())
    except OtherRequest:
        raise Problem(422, "key_reused", N_("This Idempotency-Key was used for another request.")) from None


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not KEY.fullmatch(key):
        raise Problem(
            400,
            "key_missing",
            N_("Send an Idempotency-Key of 1 to 100 visible characters with every request that writes."),
        )
    return key


def _body(content: bytes) -> Any:
    if request.mimetype != "application/json":
        raise Problem(415, "media_type", N_("Send the body as application/json."))
    try:
        return read_json(content)
    except NotJson as error:
        raise Problem(400, "not_json", N_("The body is no JSON that can be read safely."), reason=str(error)) from None


def _query(described: Operation, values: dict[str, Any]) -> list[Mistake]:
    """Read the query into `values`; return what is wrong with it."""
    found = []
    for name, given in request.args.lists():
        schema = described.query.get(name)
        if schema is None or len(given) > 1:
            found.append(Mistake(name[:60], "unknown_field", N_("There is no such field."), {}))
        else:
            found += [Mistake(name, m.code, m.message, m.params) for m in check(given[0], schema)]
    values |= {name: request.args.get(name, "") for name in described.query}
    return found


def _response(reply: Reply | Response) -> Response:
    if isinstance(reply, Response):
        return reply
    media = problems.MEDIA_TYPE if reply.status >= 400 else "application/json"
    response = Response(json.dumps(reply.body, ensure_ascii=False), reply.status, content_type=media)
    if reply.location:
        response.headers["Location"] = reply.location
    return response


def _again(known: Remembered) -> Response:
    media = problems.MEDIA_TYPE if known.status >= 400 else "application/json"
    response = Response(known.body, known.status, content_type=media)
    response.headers["Idempotency-Replayed"] = "true"
    if known.location:
        response.headers["Location"] = known.location
    return response


problems.register(blueprint)

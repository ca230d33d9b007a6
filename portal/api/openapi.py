"""The OpenAPI document, made from the operations and the very schemas that requests are checked by."""

import re
from functools import cache
from typing import Any, Final

from portal.api import beginnings, calls, configurations, explanations, orders, quotes
from portal.api.endpoint import COMPONENTS, OPERATIONS, PREFIX, Operation
from portal.api.problems import CODES, MEDIA_TYPE, TITLES
from portal.api.schema import integer, many, obj, text

MODULES: Final = (
    beginnings,
    calls,
    configurations,
    explanations,
    quotes,
    orders,
)  # importing them is what makes the operations known
VERSION: Final = "1.0"
ERRORS: Final = (400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503)
WRITING: Final = frozenset({400, 409, 413, 415})
PROBLEM: Final = {
    **obj(
        {
            "type": text(200),
            "title": text(200),
            "status": integer(400, 599),
            "code": text(40),
            "detail": text(1000),
            "request_id": text(60, least=0),
        },
        {
            "field": text(300, least=0, description="of the first error"),
            "errors": many(obj({"field": text(300, least=0), "code": text(40), "detail": text(1000)}), 20),
        },
    ),
    "additionalProperties": True,  # codes have members of their own, such as both versions of a stale change
}


@cache
def document() -> dict[str, Any]:
    """Return the document; OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.template, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Partner Portal", "version": VERSION, "description": "See /api/ for examples."},
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**COMPONENTS, "Problem": PROBLEM},
            "responses": {CODES[status]: _problem(status) for status in ERRORS},
        },
    }


def _problem(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": TITLES[status], "content": content}


def _operation(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.path.split("/")[1]],
        "security": [{"token": []}],
        "description": f"Needs the scope {operation.scope.value}.",
        "parameters": list(_parameters(operation)),
        "responses": {str(operation.status): _answer(operation), **_errors(operation)},
    }
    if operation.takes:
        schema = {"$ref": f"#/components/schemas/{operation.takes}"}
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


def _errors(operation: Operation) -> dict[str, Any]:
    possible = [status for status in ERRORS if operation.method != "GET" or status not in WRITING - {409}]
    return {str(status): {"$ref": f"#/components/responses/{CODES[status]}"} for status in possible}


def _answer(operation: Operation) -> dict[str, Any]:
    if "/" in operation.gives:
        return {"description": operation.summary, "content": {operation.gives: {}}}
    schema = {"$ref": f"#/components/schemas/{operation.gives}"}
    return {"description": operation.summary, "content": {"application/json": {"schema": schema}}}


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"<(\w+)>", operation.path)
    ]
    found += [
        {"name": name, "in": "query", "required": False, "schema": dict(schema)}
        for name, schema in operation.query.items()
    ]
    if operation.method == "POST":
        key = {"type": "string", "minLength": 1, "maxLength": 100}
        found.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": key})
    return found

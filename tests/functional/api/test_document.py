"""The OpenAPI document: valid, complete, and the same as what the code does."""

import re

from flask import Flask
from openapi_spec_validator import validate

from portal.api.endpoint import COMPONENTS, OPERATIONS, PREFIX
from portal.api.openapi import document
from portal.api.schema import KNOWN


def test_the_document_is_valid_openapi(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.get_json() == document()
    validate(answer.get_json())


def test_every_route_is_in_the_document_and_nothing_else(app: Flask) -> None:
    routes = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule.removeprefix(PREFIX)))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint not in ("api.nowhere", "api.openapi")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(method.upper(), path) for path, found in document()["paths"].items() for method in found}
    assert routes == described
    assert len(routes) == len(OPERATIONS)


def test_our_checks_hold_every_word_of_every_schema() -> None:
    def walk(schema: dict) -> None:  # type: ignore[type-arg]
        assert schema.keys() <= KNOWN
        for part in (*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")):
            if isinstance(part, dict):
                walk(part)
        if "string" in ([schema["type"]] if isinstance(schema["type"], str) else schema["type"]):
            assert schema["maxLength"] > 0
        if "array" in schema["type"]:
            assert schema["maxItems"] > 0
        if "object" in schema["type"]:
            assert "additionalProperties" in schema

    for schema in COMPONENTS.values():
        walk(dict(schema))


def test_the_guide_names_every_operation_in_both_languages(app: Flask) -> None:
    client = app.test_client()
    for language in ("en", "zh"):
        page = client.get("/api/", headers={"Accept-Language": language}).text
        for operation in OPERATIONS:
            assert operation.scope.value in page
            path = operation.path.replace("<", "{").replace(">", "}")
            assert f"{operation.method} {PREFIX}{path}" in page

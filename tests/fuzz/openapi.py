"""The house's routes as an OpenAPI document: what schemathesis makes its requests from."""

from __future__ import annotations

import re
from typing import Any

from tests.fuzz.nasty import VALUES
from tests.fuzz.posts import NAMES
from tests.fuzz.world import World

_PART = re.compile(r"<(?:(?P<kind>[a-z]+)(?:\([^)]*\))?:)?(?P<name>[a-z_]+)>")


def document(world: World) -> dict[str, Any]:
    """Every route with its methods; tokens are sometimes good ones, numbers sometimes those of the term."""
    tokens = world.tokens()
    paths: dict[str, Any] = {}
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        parts = list(_PART.finditer(rule.rule))
        path = _PART.sub(lambda found: "{" + found["name"] + "}", rule.rule)
        parameters = [_parameter(found, tokens.get(rule.rule.split("/")[1], "")) for found in parts]
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            operation: dict[str, Any] = {
                "parameters": parameters,
                "responses": {"default": {"description": ""}},
            }
            if method == "POST":
                operation["requestBody"] = {
                    "content": {"application/x-www-form-urlencoded": {"schema": _FORM}}
                }
            paths.setdefault(path, {})[method.lower()] = operation
    return {"openapi": "3.0.2", "info": {"title": "pages", "version": "1"}, "paths": paths}


_FIELD = {"anyOf": [{"type": "string", "maxLength": 40}, {"enum": [one[:200] for one in VALUES]}]}
_NAMED = (
    "nickname",
    "phone",
    "email",
    "address",
    "services-0-minutes",
    "services-0-time",
    "first_day",
    "day",
    "body",
)
_FORM = {"type": "object", "properties": dict.fromkeys(sorted({*NAMES, *_NAMED}), _FIELD)}


def _parameter(found: re.Match[str], token: str) -> dict[str, Any]:
    if found["kind"] == "int":
        schema: dict[str, Any] = {"anyOf": [{"enum": [1, 2, 3]}, {"type": "integer"}]}
    elif found["name"] in ("token", "key"):
        schema = {"anyOf": [{"enum": [token or "MQ.aaaa"]}, {"type": "string", "minLength": 1}]}
    else:
        schema = {
            "anyOf": [{"enum": ["speech", "thank_you", "pdf", "docx"]}, {"type": "string", "minLength": 1}]
        }
    return {"name": found["name"], "in": "path", "required": True, "schema": schema}

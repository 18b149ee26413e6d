"""Twilio's own OpenAPI description, and a check of our requests against it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx

CONTRACTS = Path(__file__).resolve().parents[5] / "shared" / "contracts"
FILE = CONTRACTS / "twilio_api_v2010.json"
FORM = "application/x-www-form-urlencoded"


class NotDescribed(AssertionError):
    """We asked Twilio for something that it does not describe."""


@cache
def description() -> dict[str, Any] | None:
    """The description; None on a machine that does not have it."""
    return dict(json.loads(FILE.read_text())) if FILE.exists() else None


def check(request: httpx.Request) -> None:
    """NotDescribed unless path, method, query and form are as Twilio describes them."""
    described = description()
    if described is None:
        return
    asked = _operation(described, request)
    _check_query(described, asked, request)
    if request.method == "POST":
        _check_form(described, asked, request)
    elif request.content:
        raise NotDescribed(f"A {request.method} carries no body.")


def _operation(described: dict[str, Any], request: httpx.Request) -> dict[str, Any]:
    for path, item in sorted(described["paths"].items(), key=lambda entry: entry[0].count("{")):
        server = item.get("servers", [{"url": "https://api.twilio.com"}])[0]["url"]
        if str(request.url).startswith(server) and _matches(path, request.url.path):
            if request.method.lower() not in item:
                raise NotDescribed(f"Twilio has no {request.method} {request.url.path}")
            return dict(item[request.method.lower()])
    raise NotDescribed(f"Twilio has no {request.url}")


def _matches(path: str, asked: str) -> bool:
    parts, given = path.split("/"), asked.split("/")
    return len(parts) == len(given) and all(map(_matches_part, parts, given))


def _matches_part(part: str, given: str) -> bool:
    if not part.startswith("{"):
        return part == given
    ending = part.partition("}")[2]
    return given.endswith(ending) and len(given) > len(ending) and "{" not in given


def _check_query(described: dict[str, Any], asked: dict[str, Any], request: httpx.Request) -> None:
    entries = [entry for entry in asked.get("parameters", ()) if entry["in"] == "query"]
    known = {entry["name"]: entry["schema"] for entry in entries}
    for name, value in request.url.params.multi_items():
        if name not in known:
            raise NotDescribed(f"{asked['operationId']} has no {name} in its query.")
        _check_value(described, known[name], name, value)
    needed = {entry["name"] for entry in entries if entry.get("required")}
    _check_needed(asked, needed, set(request.url.params))


def _check_form(described: dict[str, Any], asked: dict[str, Any], request: httpx.Request) -> None:
    if not request.headers["content-type"].startswith(FORM):
        raise NotDescribed(f"{asked['operationId']} takes a form.")
    schema = asked["requestBody"]["content"][FORM]["schema"]
    fields = parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True)
    for name, value in fields:
        if name not in schema["properties"]:
            raise NotDescribed(f"{asked['operationId']} has no field {name}.")
        _check_value(described, schema["properties"][name], name, value)
    sent = [name for name, _ in fields]
    for name in set(sent):
        if sent.count(name) > 1 and schema["properties"][name].get("type") != "array":
            raise NotDescribed(f"{name} is sent twice.")
    _check_needed(asked, set(schema.get("required", ())), set(sent))


def _check_needed(asked: dict[str, Any], needed: set[str], sent: set[str]) -> None:
    if missing := needed - sent:
        raise NotDescribed(f"{asked['operationId']} needs {', '.join(sorted(missing))}.")


def _check_value(described: dict[str, Any], schema: dict[str, Any], name: str, value: str) -> None:
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "array":
        schema = schema["items"]
    if "enum" in schema and value not in schema["enum"]:
        raise NotDescribed(f"{name} is none of {schema['enum']}: {value}")
    right = {
        "integer": value.lstrip("-").isdecimal(),
        "boolean": value in {"true", "false"},
    }.get(schema.get("type", "string"), True)
    if not right:
        raise NotDescribed(f"{name} is no {schema['type']}: {value}")
    if schema.get("format") == "uri" and not value.startswith(("http://", "https://")):
        raise NotDescribed(f"{name} is no address: {value}")

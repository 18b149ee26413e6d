"""The reference of the API, made from its OpenAPI document: for the page and for docs/reference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

_REF = "#/components/schemas/"
_PLAIN = {"integer": "whole number", "number": "number", "boolean": "true or false"}
_TEXTS = {"date-time": "moment", "date": "day"}
_ANSWERS = {
    "200": "Done",
    "201": "Made",
    "202": "Kept, and waits",
    "206": "A part",
    "401": "No key, or one that is not known",
    "403": "The key may not do this",
    "404": "There is no such thing in this business",
    "409": "Not possible as things are",
    "413": "Too much in one call",
    "422": "A value will not do",
    "429": "Too many calls; Retry-After says how long to wait",
    "503": "Not now; try again in a minute",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a shape or a parameter. `shape` is what it refers to, or empty."""

    name: str
    type: str
    required: bool
    description: str
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    meaning: str
    shape: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One call. `body` is the shape that it takes, `example` a whole one, both empty for none."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: str
    example: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    title: str
    description: str
    operations: tuple[Operation, ...]
    shapes: tuple[Shape, ...]


def reference(document: Json) -> Reference:
    """What a reader of the API needs of its OpenAPI `document`, in its order."""
    schemas: Json = document["components"]["schemas"]
    operations = tuple(
        _operation(path, method, details, schemas)
        for path, methods in document["paths"].items()
        for method, details in methods.items()
    )
    return Reference(
        title=document["info"]["title"],
        description=document["info"]["description"],
        operations=operations,
        shapes=tuple(_shape(name, schema) for name, schema in _used(document, schemas)),
    )


def markdown(given: Reference) -> str:
    """The reference as a document of the repository."""
    return "\n".join(_lines(given)) + "\n"


def _operation(path: str, method: str, details: Json, schemas: Json) -> Operation:
    content = details.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = _ref(content.get("schema", {}))
    return Operation(
        id=details["operationId"],
        method=method.upper(),
        path=path,
        summary=details["summary"],
        description=_flowing(details.get("description", "")),
        parameters=tuple(
            _field(each["name"], each["schema"], required=each["required"])
            for each in details["parameters"]
        ),
        body=body,
        example=json.dumps(_example(schemas[body], schemas), indent=2) if body else "",
        answers=tuple(_answers(details["responses"])),
    )


def _answers(responses: Mapping[object, Json]) -> Iterator[Answer]:
    for status, details in sorted(responses.items(), key=lambda item: str(item[0])):
        schema = details.get("content", {}).get("application/json", {}).get("schema", {})
        yield Answer(str(status), _ANSWERS.get(str(status), ""), _ref(schema))


def _used(document: Json, schemas: Json) -> Iterator[tuple[str, Json]]:
    """The shapes that a call takes or answers, and what those are made of, by name."""
    waiting = [_ref(found) for found in _referring(document["paths"])]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [_ref(found) for found in _referring(schemas[name])]
    for name in sorted(seen):
        yield name, schemas[name]


def _referring(node: object) -> Iterator[Json]:
    if isinstance(node, Mapping):
        if "$ref" in node:
            yield node
        for value in node.values():
            yield from _referring(value)
    elif isinstance(node, list):
        for value in node:
            yield from _referring(value)


def _shape(name: str, schema: Json) -> Shape:
    required = set(schema.get("required", ()))
    fields = tuple(
        _field(key, details, required=key in required)
        for key, details in schema.get("properties", {}).items()
    )
    return Shape(name, _flowing(schema.get("description", "")), fields)


def _field(name: str, schema: Json, *, required: bool) -> Field:
    refs = [_ref(found) for found in _referring(schema)]
    shape = refs[0] if refs else ""
    return Field(name, _type(schema), required, _flowing(schema.get("description", "")), shape)


def _type(schema: Json) -> str:
    if "$ref" in schema:
        return _ref(schema)
    if "allOf" in schema:  # a reference with words of its own beside it
        return _type(schema["allOf"][0])
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    kind = schema.get("type", "")
    if kind == "array":
        return f"list of {_type(schema['items'])}"
    if kind == "string":
        return _TEXTS.get(schema.get("format", ""), "text")
    return _PLAIN.get(kind, kind or "anything")


def _ref(schema: Json) -> str:
    return str(schema.get("$ref", "")).removeprefix(_REF)


def _example(schema: Json, schemas: Json) -> object:
    """A value of a shape: those fields that are required or have an example."""
    if ref := _ref(schema):
        return _example(schemas[ref], schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("type") == "array":
        return [_example(schema["items"], schemas)]
    required = set(schema.get("required", ()))
    properties: Json = schema.get("properties", {})
    return {
        name: _example(details, schemas)
        for name, details in properties.items()
        if name in required or "examples" in details
    }


def _flowing(text: str) -> str:
    """A docstring as one line."""
    return " ".join(text.split())


def _lines(given: Reference) -> Iterator[str]:
    yield f"# {given.title}"
    yield ""
    yield given.description
    yield ""
    yield "```"
    yield 'curl https://app.example.com/api/v1/links -H "Authorization: Bearer tr_…"'
    yield "```"
    yield ""
    yield "## Calls"
    for operation in given.operations:
        yield from ("", f"### {operation.summary}", "", f"`{operation.method} {operation.path}`")
        if operation.description:
            yield from ("", operation.description)
        if operation.parameters:
            yield from ("", *_table(operation.parameters, "parameter"))
        if operation.body:
            yield from ("", f"Takes {_anchor(operation.body)}:", "", "```json")
            yield from (operation.example, "```")
        done = [each for each in operation.answers if each.status < "400"]
        words = ", ".join(f"{each.status} with {_said(each)}" for each in done)
        yield from ("", f"Answers {words}.")
    yield from ("", "## Shapes")
    for shape in given.shapes:
        yield from ("", f"### {shape.name}")
        if shape.description:
            yield from ("", shape.description)
        yield from ("", *_table(shape.fields, "field"))


def _table(fields: tuple[Field, ...], heading: str) -> Iterator[str]:
    yield f"| {heading} | is | |"
    yield "| --- | --- | --- |"
    for field in fields:
        kind = field.type
        if field.shape:
            kind = kind.replace(field.shape, _anchor(field.shape))
        needed = "Required. " if field.required and heading == "parameter" else ""
        yield f"| `{field.name}` | {kind} | {needed}{field.description} |"


def _said(answer: Answer) -> str:
    return _anchor(answer.shape) if answer.shape else "the bytes themselves"


def _anchor(shape: str) -> str:
    return f"[{shape}](#{shape.lower()})"

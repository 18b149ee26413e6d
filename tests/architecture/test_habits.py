"""The habits of the house that a program can check. A remark made twice becomes a test here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "textrail"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
SMELLS = {"utils", "util", "common", "helpers", "helper", "core", "manager", "service", "misc"}


def name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def first_line(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Where a function begins to do something: behind its parameters and its docstring."""
    has_docstring = ast.get_docstring(function) is not None and len(function.body) > 1
    return function.body[1 if has_docstring else 0].lineno


def test_no_module_is_named_for_what_it_is_not() -> None:
    assert [
        name(path) for path in MODULES if path.stem in SMELLS or path.parent.name in SMELLS
    ] == []


def test_modules_stay_small() -> None:
    ours = [path for path in MODULES if "tests" not in path.parts]
    lengths = {name(path): len(path.read_text().splitlines()) for path in ours}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_functions_stay_small() -> None:
    """A test may be longer: it is a story, told in order."""
    long = {
        f"{name(path)}:{function.name}": (function.end_lineno or 0) - first_line(function) + 1
        for path in MODULES
        if "tests" not in path.parts
        for function in functions(path)
    }
    assert {place: lines for place, lines in long.items() if lines > LONGEST_FUNCTION} == {}


def test_nobody_but_the_configuration_reads_the_environment() -> None:
    allowed = {"project/config.py", "project/settings.py", "project/cli.py", "project/asgi.py"}
    readers = {name(path) for path in MODULES if "os.environ" in path.read_text()}
    assert {path for path in readers - allowed if "/tests/" not in path} <= {"project/door.py"}


def test_nothing_happens_behind_a_save() -> None:
    """No `save` of our own and no signals: what a write causes stands in the action that writes."""
    for path in MODULES:
        text = path.read_text()
        assert "django.db.models.signals" not in text, name(path)
        assert "django.dispatch" not in text, name(path)
        if path.name == "models.py":
            assert not [f for f in functions(path) if f.name in {"save", "delete"}], name(path)


def test_rules_never_ask_for_the_time() -> None:
    for path in MODULES:
        if path.stem == "rules" or path.parent.name == "rules":
            text = path.read_text()
            assert ".now()" not in text, name(path)
            assert "time.time" not in text, name(path)


@pytest.mark.parametrize(
    "room", sorted(p.name for p in (SOURCE / "domain").iterdir() if p.is_dir())
)
def test_queries_begin_with_the_business(room: str) -> None:
    """So that no query can forget whose rows it reads. What belongs to nobody says so by name."""
    if room in {"__pycache__", "accounts"}:
        return
    folder = SOURCE / "domain" / room
    files = [folder / "queries.py"] if (folder / "queries.py").exists() else []
    files += (folder / "queries").glob("*.py") if (folder / "queries").is_dir() else []
    for path in files:
        for function in ast.parse(path.read_text()).body:
            if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
                continue
            first = function.args.args[0].arg if function.args.args else ""
            assert first in WITHIN_ONE_BUSINESS or function.name in OF_NO_BUSINESS, (
                f"{name(path)}:{function.name} begins with “{first}”"
            )


# A row of a business stands for it as well as the business itself.
WITHIN_ONE_BUSINESS = {
    "business",
    "business_id",
    "call",
    "conversation",
    "balance",
    "campaign",
    "domain",
    "link",
    "message",
    "note",
    "assignment",
    "contact",
    "person",
    "number",
    "scope",
}
# Asked before the business is known, or by the operator of the installation.
OF_NO_BUSINESS = {
    "number_held",
    "kept_rules",
    "unclaimed",
    "public_attachment",
    "public_sound",
    "taken_codes",
    "admission",
    "hosts_of_links",
    "gather_evidence",
    "known_machines",
    "nearby_taps",
    "sendings",
    "wanted",
}

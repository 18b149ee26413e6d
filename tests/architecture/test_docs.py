"""What operators and developers rely on is documented, and the documents point at what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from textrail.project import cli

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_every_metric_is_documented() -> None:
    source = "\n".join(
        path.read_text()
        for path in (ROOT / "src").rglob("*.py")
        if path.name in {"metrics.py", "receipts.py"} or "prometheus_client" in path.read_text()
    )
    metrics = set(re.findall(r'"(textrail_[a-z_]+)"', source))
    text = (ROOT / "docs" / "reference" / "door.md").read_text()
    assert len(metrics) >= 8
    assert {metric for metric in metrics if f"`{metric}`" not in text} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_every_named_test_exists(page: Path) -> None:
    text = page.read_text()
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [target for target in targets if not (page.parent / target).exists()] == []
    named = re.findall(r"`((?:tests|benchmarks)/[\w/.]+\.py)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def anchors(page: Path) -> set[str]:
    """The names of the headings of a page, as they are made from their words."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-") for words in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_heading_that_is_linked_exists(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)]+)\)", page.read_text())
    assert [
        f"{target}#{name}"
        for target, name in links
        if name not in anchors(page.parent / target if target else page)
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_exists(page: Path) -> None:
    blocks = re.split(r"^```.*$", page.read_text(), flags=re.MULTILINE)
    inline = [code for text in blocks[::2] for code in re.findall(r"`([^`\n]+)`", text)]
    code = "\n".join([*blocks[1::2], *inline])
    named = set(re.findall(r"(?:^|bin/|\| )textrail ([a-z][a-z-]+)", code, re.MULTILINE))
    assert {name for name in named if not is_command(name)} == set()


def is_command(name: str) -> bool:
    """What the parser knows fails for want of arguments, or prints its help; not as unknown."""
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    return ended.value.code == 0

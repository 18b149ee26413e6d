"""What operators and developers rely on is documented, and the documents point at what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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

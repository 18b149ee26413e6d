"""The examples of docs/reference/webhooks.md are what a receiver gets, field by field."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from textrail.domain.hooks.rules.payloads import TYPES

PAGE = (Path(__file__).parents[5] / "docs" / "reference" / "webhooks.md").read_text()
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.+?)\n```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["type"]))
def test_an_example_is_a_whole_payload(example: dict[str, object]) -> None:
    kind = TYPES[str(example["type"])]
    assert example.keys() == {"type", "timestamp", "business", "data"}
    again = msgspec.to_builtins(msgspec.convert(example["data"], kind))
    assert again == example["data"]


def test_every_type_is_described() -> None:
    assert {name for name in TYPES if f"`{name}`" not in PAGE} == set()
    assert len(EXAMPLES) >= 3

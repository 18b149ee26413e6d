"""docs/reference/webhooks.md says what is sent: its examples are whole, its tables name all."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook

from textrail.domain.hooks.rules import payloads
from textrail.domain.hooks.rules.signing import signed_headers
from textrail.vocabulary.events import EventName

PAGE = (Path(__file__).parents[5] / "docs" / "reference" / "webhooks.md").read_text()
FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
SECRET = "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"


def block(language: str) -> str:
    return str(next(code for name, code in FENCE.findall(PAGE) if name == language))


def section(name: str) -> str:
    return PAGE.partition(f"\n### {name}\n")[2].partition("\n#")[0]


@pytest.mark.parametrize("text", [code for name, code in FENCE.findall(PAGE) if name == "json"])
def test_an_example_is_what_is_sent(text: str) -> None:
    example = msgspec.json.decode(text)
    data = msgspec.convert(example["data"], payloads.TYPES[example["type"]])
    at = datetime.fromisoformat(example["timestamp"])
    body = payloads.body(
        example["type"],
        at=at,
        business=example["business"],
        data=data,  # type: ignore[arg-type]
    )
    assert msgspec.json.decode(body) == example


def test_the_receiver_of_the_example_takes_what_we_sign() -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102 -- our own document
    body = block("json").strip()
    headers = signed_headers("evt_1", body, at=datetime.now(UTC), secrets=[SECRET])
    assert names["receive"](SECRET, headers, body.encode())["type"] == "link.clicked"


def test_every_event_and_every_field_is_described() -> None:
    assert set(payloads.TYPES) == {*(name.value for name in EventName), payloads.TEST}
    for name, kind in payloads.TYPES.items():
        assert re.search(rf"\| `{re.escape(name)}` \|.*\[{kind.__name__}\]", PAGE), name
        described = set(re.findall(r"`(\w+)`", section(kind.__name__)))
        assert set(kind.__struct_fields__) <= described, kind


def test_the_signature_is_the_one_of_the_standard() -> None:
    """The vector of domain rule D7, computed from the specification."""
    at = datetime.fromtimestamp(1674087231, UTC)
    headers = signed_headers("msg_test", '{"type":"x"}', at=at, secrets=[SECRET, SECRET])
    one = "v1,9kidrqfai+LFr5i4al9SsghBYU63F0xDl/LxNwfLhXQ="
    assert headers == {
        "webhook-id": "msg_test",
        "webhook-timestamp": "1674087231",
        "webhook-signature": f"{one} {one}",
    }
    assert Webhook(SECRET).sign("msg_test", at, '{"type":"x"}') == one


def test_a_type_carries_no_other_data_than_its_own() -> None:
    with pytest.raises(TypeError):
        payloads.body(
            "link.clicked",
            at=datetime.now(UTC),
            business="x",
            data=payloads.Tested(sentence="x"),
        )

"""Call flows as their owners make them: presets, cards, drafts, numbers, sound files, a walk."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import MONDAY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.numbers import actions, queries
from textrail.domain.numbers.models import CallFlow, Hours, Sound, TrackingNumber
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.flow_presets import KINDS, PRESETS, new_step, preset
from textrail.vocabulary.flows import (
    MOST_STEPS,
    Flow,
    Greeting,
    HoursSwitch,
    Line,
    Menu,
    Ring,
    Voicemail,
    check,
    decode_flow,
    encode_flow,
)
from textrail.vocabulary.opening import Hours as Opening
from textrail.vocabulary.opening import encode_hours
from textrail.vocabulary.sounds import sniff_sound

pytestmark = pytest.mark.django_db
TOM, MAYA = Line("+14155550171", "Tom"), Line("+14155550172", "Maya")
FLOWS = "/b/harbor-hvac/numbers/flows/"
WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0" + bytes(40)
MAIL = Flow(first="mail", steps=(Voicemail(id="mail", text="Leave a message."),))


@pytest.fixture
def row(business: Business, ada: User) -> CallFlow:
    flow = preset("team", business="Harbor HVAC", lines=(TOM, MAYA))
    return actions.create_flow(business=business, name="Office", flow=flow, at=MONDAY, actor=ada)


@pytest.fixture
def hours(business: Business) -> Hours:
    closed = encode_hours(Opening(time_zone="America/New_York", week=((),) * 7)).decode()
    return Hours.objects.create(
        business=business, name="Office hours", opening=closed, created_at=MONDAY
    )


def address(row: CallFlow, rest: str = "") -> str:
    return f"{FLOWS}{row.pk}/{rest}"


def seen(row: CallFlow) -> str:
    row.refresh_from_db()
    return actions.version_of(row)


def ring_form(row: CallFlow, **fields: str) -> dict[str, str]:
    form = {"step": "ring1", "seen": seen(row), "phone-1": "(415) 555-0171", "name-1": "Tom"}
    return form | {"seconds": "20", "shows": "caller", "no_answer": "voicemail1"} | fields


@pytest.mark.parametrize("key", [each.key for each in PRESETS])
def test_every_preset_is_a_flow_that_holds(key: str) -> None:
    check(preset(key, business="Harbor HVAC", lines=(TOM, MAYA), hours_id=1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_step_has_a_name_of_its_own(kind: str) -> None:
    flow = preset("menu", business="Harbor HVAC", lines=(TOM,))
    assert flow.step(new_step(kind, flow, business="Harbor HVAC").id) is None


def test_a_flow_is_made_from_a_preset_and_numbers_follow_it(
    as_ada: Client, number: TrackingNumber
) -> None:
    form = {"preset": "forward", "name": "Office", "phone-1": "415 555 0171", "name-1": "Tom"}
    made = as_ada.post(f"{FLOWS}new/", form)
    row = CallFlow.objects.get()
    assert made["location"] == address(row)
    assert decode_flow(row.flow).steps[0] == Ring(id="ring1", lines=(TOM,), no_answer="voicemail1")
    form = {"do": "settle", "name": "Days", "numbers": str(number.pk), "language": "en-US"}
    assert as_ada.post(address(row, "change/"), form | {"seen": seen(row)}).status_code == 302
    number.refresh_from_db()
    assert number.call_flow == row
    assert "Days" in as_ada.get(FLOWS).content.decode()
    strange = {"numbers": [str(number.pk), "x"], "name": "Nights", "seen": seen(row)}
    assert as_ada.post(address(row, "change/"), form | strange).status_code == 422
    row.refresh_from_db()
    assert row.name == "Days"
    refused = as_ada.post(address(row, "change/"), {"do": "remove"})
    assert refused.status_code == 409
    assert "A number uses this call flow." in refused.content.decode()
    as_ada.post(address(row, "change/"), form | {"numbers": [], "seen": seen(row)})
    assert as_ada.post(address(row, "change/"), {"do": "remove"}).status_code == 302
    assert queries.call_flows(row.business) == []
    actions_told = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"call_flow.added", "call_flow.renamed", "call_flow.removed"} <= actions_told
    assert {"number.call_flow_set", "number.call_flow_taken_away"} <= actions_told


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"preset": "team", "name": "Office"}, "There is no phone to ring."),
        ({"preset": "team", "name": "", "phone-1": "4155550171"}, "A name is missing."),
        ({"preset": "team", "name": "X", "phone-1": "hello"}, "not a phone number"),
        (
            {"preset": "team", "name": "X", "phone-1": "+14155550100"},
            "is a tracking number: a call would go round in circles.",
        ),
    ],
)
def test_a_flow_that_cannot_be_says_why(
    as_ada: Client, number: TrackingNumber, form: dict[str, str], sentence: str
) -> None:
    refused = as_ada.post(f"{FLOWS}new/", form)
    assert refused.status_code == 422
    assert sentence in refused.content.decode()
    assert not CallFlow.objects.exists()


def test_a_change_is_a_draft_until_it_is_used(as_ada: Client, row: CallFlow) -> None:
    form = ring_form(row, in_turn="1", record="1", whisper="Office")
    form |= {"phone-2": "+1 415 555 0173"}
    answer = as_ada.post(address(row, "step/"), form)
    assert answer["location"] == address(row) + "#ring1"
    row.refresh_from_db()
    assert decode_flow(row.flow).step("ring1") == Ring(
        id="ring1", lines=(TOM, MAYA), no_answer="voicemail1"
    )
    changed = decode_flow(row.draft).step("ring1")
    assert isinstance(changed, Ring)
    assert [line.phone for line in changed.lines] == ["+14155550171", "+14155550173"]
    assert (changed.in_turn, changed.record, changed.whisper) == (True, True, "Office")
    assert "Callers do not hear your changes yet." in as_ada.get(address(row)).content.decode()
    as_ada.post(address(row, "change/"), {"do": "use", "seen": seen(row)})
    row.refresh_from_db()
    assert (decode_flow(row.flow).step("ring1"), row.draft) == (changed, "")


def test_a_draft_can_be_thrown_away(as_ada: Client, row: CallFlow) -> None:
    as_ada.post(address(row, "step/"), ring_form(row))
    before = row.flow
    as_ada.post(address(row, "change/"), {"do": "discard"})
    row.refresh_from_db()
    assert (row.flow, row.draft) == (before, "")


def test_a_way_out_can_lead_to_a_new_step_which_is_opened(as_ada: Client, row: CallFlow) -> None:
    answer = as_ada.post(address(row, "step/"), ring_form(row, no_answer="new:ring"))
    assert answer["location"] == address(row) + "?step=ring2#ring2"
    row.refresh_from_db()
    led = decode_flow(row.draft).step("ring1")
    assert isinstance(led, Ring)
    assert led.no_answer == "ring2"
    page = as_ada.get(address(row)).content.decode()
    assert "There is no phone to ring." in page
    refused = as_ada.post(address(row, "change/"), {"do": "use", "seen": seen(row)})
    assert refused.status_code == 422


def test_a_menu_is_edited_key_by_key(as_ada: Client, row: CallFlow) -> None:
    as_ada.post(address(row, "change/"), {"do": "add_step", "kind": "new:menu", "seen": seen(row)})
    row.refresh_from_db()
    assert decode_flow(row.draft).first == "menu1"
    form = {
        "step": "menu1",
        "seen": seen(row),
        "text": "Press 1 or 2.",
        "tries": "3",
        "no_key": "ring1",
        "key-1": "1",
        "label-1": "Service",
        "next-1": "ring1",
        "key-2": "2",
        "label-2": "Sales",
        "next-2": "new:voicemail",
        "key-3": "",
        "label-3": "Nothing",
        "next-3": "",
    }
    assert as_ada.post(address(row, "step/"), form).status_code == 302
    row.refresh_from_db()
    flow = decode_flow(row.draft)
    menu = flow.step("menu1")
    assert isinstance(menu, Menu)
    assert [(each.key, each.label, each.next) for each in menu.choices] == [
        ("1", "Service", "ring1"),
        ("2", "Sales", "voicemail2"),
    ]
    twice = as_ada.post(address(row, "step/"), form | {"key-2": "1", "seen": seen(row)})
    assert twice.status_code == 422
    assert "Two choices have the same key." in twice.content.decode()
    check(flow)


def test_a_draft_has_no_more_steps_than_a_flow(as_ada: Client, row: CallFlow) -> None:
    for _ in range(MOST_STEPS - len(decode_flow(row.flow).steps)):
        form = {"do": "add_step", "kind": "greeting", "seen": seen(row)}
        assert as_ada.post(address(row, "change/"), form).status_code == 302
    refused = as_ada.post(
        address(row, "change/"), {"do": "add_step", "kind": "greeting", "seen": seen(row)}
    )
    assert refused.status_code == 422
    assert f"at most {MOST_STEPS} steps" in refused.content.decode()
    more = as_ada.post(address(row, "step/"), ring_form(row, no_answer="new:greeting"))
    assert more.status_code == 422
    row.refresh_from_db()
    assert len(decode_flow(row.draft).steps) == MOST_STEPS


def test_a_removed_step_is_passed_over(as_ada: Client, row: CallFlow) -> None:
    form = {"do": "remove_step", "step": "ring1", "seen": seen(row)}
    as_ada.post(address(row, "change/"), form)
    row.refresh_from_db()
    flow = decode_flow(row.draft)
    assert [step.id for step in flow.steps] == ["greeting1", "voicemail1"]
    greeting = flow.step("greeting1")
    assert isinstance(greeting, Greeting)
    assert greeting.next == "voicemail1"


def test_the_second_of_two_who_change_a_flow_at_once_is_told(as_ada: Client, row: CallFlow) -> None:
    form = ring_form(row, seconds="30")
    as_ada.post(address(row, "step/"), form)
    CallFlow.objects.filter(id=row.pk).update(updated_at=MONDAY.replace(hour=16))
    refused = as_ada.post(address(row, "step/"), form | {"seconds": "40"})
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "Somebody changed this call flow meanwhile." in page
    assert 'value="40"' in page


def test_hours_that_are_gone_are_refused_before_anybody_hears_them(
    business: Business, row: CallFlow, hours: Hours
) -> None:
    switch = HoursSwitch(id="when", hours_id=hours.pk, open="mail", closed="mail")
    flow = Flow(first="when", steps=(switch, *MAIL.steps))
    actions.draft_flow(call_flow=row, flow=flow, seen=seen(row), at=MONDAY)
    row.refresh_from_db()
    hours.delete()
    with pytest.raises(Malformed) as refused:
        actions.use_draft(call_flow=row, seen=seen(row), at=MONDAY)
    assert refused.value.field == "hours_id"


def test_a_number_of_another_business_cannot_follow_a_flow(
    row: CallFlow, other_business: Business, number: TrackingNumber
) -> None:
    TrackingNumber.objects.filter(id=number.pk).update(business=other_business)
    number.refresh_from_db()
    with pytest.raises(Conflict):
        actions.set_call_flow(number=number, call_flow=row, at=MONDAY)


def test_the_walk_shows_what_the_caller_hears(as_ada: Client, row: CallFlow, hours: Hours) -> None:
    page = as_ada.get(address(row, "try/")).content.decode()
    assert "Thank you for calling Harbor HVAC." in page
    assert "(415) 555-0171 picks up" in page
    page = as_ada.get(address(row, "try/?a=n")).content.decode()
    assert "Tom and Maya did not answer" in page
    assert "Beep." in page
    page = as_ada.get(address(row, "try/?a=n&a=m")).content.decode()
    assert "The call ends." in page
    page = as_ada.get(address(row, "try/?a=y%2B14155550172")).content.decode()
    assert "Maya answered" in page
    flow = preset("hours", business="Harbor HVAC", lines=(TOM,), hours_id=hours.pk)
    CallFlow.objects.filter(id=row.pk).update(flow=encode_flow(flow).decode())
    assert "Closed" in as_ada.get(address(row, "try/")).content.decode()
    assert "picks up" in as_ada.get(address(row, "try/?when=open")).content.decode()


def test_an_agent_looks_and_does_not_change(client: Client, row: CallFlow, bo: User) -> None:
    client.force_login(bo)
    page = client.get(address(row) + "?step=ring1").content.decode()
    assert "Ring phones" in page
    assert "Save step" not in page
    assert "Remove call flow" not in page
    assert client.post(address(row, "step/"), ring_form(row)).status_code == 403
    assert client.get(f"{FLOWS}new/").status_code == 403


def test_a_sound_file_is_kept_by_what_it_is_and_served_to_who_knows_its_address(
    as_ada: Client,
    client: Client,
    business: Business,
    row: CallFlow,
    settings: object,
    tmp_path: Path,
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]
    sounds = "/b/harbor-hvac/numbers/sounds/"
    for data, sentence in (
        (b"<html><script>alert(1)</script>", "This file is no MP3 and no WAV."),
        (WAV + bytes(5 * 1024 * 1024), "The file is larger than 5 MB."),
    ):
        file = SimpleUploadedFile("hello.wav", data, content_type="audio/wav")
        refused = as_ada.post(f"{sounds}add/", {"file": file})
        assert sentence in refused.content.decode()
    assert not any(tmp_path.rglob("*.*"))
    file = SimpleUploadedFile("hello.wav", WAV, content_type="text/html")
    assert as_ada.post(f"{sounds}add/", {"file": file}).status_code == 302
    sound = Sound.objects.get()
    assert (sound.name, sound.content_type) == ("hello", "audio/wav")
    heard = Client().get(f"/sounds/{sound.token}", headers={"range": "bytes=0-3"})
    assert (heard.status_code, heard.content, heard["Content-Type"]) == (206, b"RIFF", "audio/wav")
    assert Client().get(f"/sounds/{sound.token[:-1]}").status_code == 404
    flow = Flow(first="a", steps=(Greeting(id="a", sound=sound.token),))
    CallFlow.objects.filter(id=row.pk).update(flow=encode_flow(flow).decode())
    assert as_ada.post(f"{sounds}{sound.pk}/remove/").status_code == 409
    CallFlow.objects.filter(id=row.pk).update(flow=encode_flow(MAIL).decode())
    assert as_ada.post(f"{sounds}{sound.pk}/remove/").status_code == 302
    assert not any(tmp_path.rglob("*.wav"))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (WAV, "audio/wav"),
        (b"ID3\x04\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xe3\x18\xc4", "audio/mpeg"),
        (b"\xff\xd8\xff\xe0", None),
        (b"\xff\xff\xff\xff", None),
        (b"RIFF\0\0\0\0WEBP", None),
        (b"<!doctype html>", None),
        (b"", None),
    ],
)
def test_a_sound_is_known_by_its_first_bytes(data: bytes, kind: str | None) -> None:
    assert sniff_sound(data) == kind


def test_a_phone_abroad_stays_what_it_is_when_its_step_is_saved(
    as_ada: Client, row: CallFlow
) -> None:
    as_ada.post(address(row, "step/"), ring_form(row, **{"phone-1": "+44 20 7946 0018"}))
    page = as_ada.get(f"{address(row)}?step=ring1").content.decode()
    assert 'value="+44 20 7946 0018"' in page
    assert 'value="020 7946 0018"' not in page

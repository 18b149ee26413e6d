"""Files of texts: which may go, who may ask for them, and for which part."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from textrail.domain.inbox import actions, rules
from textrail.domain.inbox.models import Attachment, Message

FILM = b"\0\0\0\x18ftypmp42" + bytes(range(200))


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["%00", "a%00b", "%ED%A0%80", "a" * 65, "caf%C3%A9"])
def test_an_address_that_is_no_token_never_reaches_the_database(
    token: str, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert client.get(f"/media/{token}").status_code == 404


@pytest.fixture
def film(text: Message, settings: Settings, tmp_path: Path) -> Attachment:
    settings.MEDIA_ROOT = str(tmp_path)
    kept = actions.keep_media(folder=tmp_path, data=FILM, name="père.mp4")
    return Attachment.objects.create(
        message=text, content_type=kept.content_type, path=kept.path, name=kept.name
    )


@pytest.mark.django_db
def test_a_film_is_played_in_stretches(as_ada: Client, film: Attachment) -> None:
    for address in (f"/b/harbor-hvac/conversations/files/{film.pk}/", f"/media/{film.token}"):
        first = as_ada.get(address, headers={"range": "bytes=0-1"})
        assert (first.status_code, first.content) == (206, FILM[:2])
        assert first["Content-Range"] == f"bytes 0-1/{len(FILM)}"
        assert first["Content-Disposition"] == "inline; filename*=utf-8''p%C3%A8re.mp4"
        beyond = as_ada.get(address, headers={"range": "bytes=9999-"})
        assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(FILM)}")
        whole = as_ada.get(address)
        assert (whole.status_code, whole.content) == (200, FILM)
        assert whole["Accept-Ranges"] == "bytes"


@pytest.mark.django_db
def test_a_stretch_of_another_file_than_before_is_answered_with_the_whole(
    as_ada: Client, film: Attachment, tmp_path: Path
) -> None:
    address = f"/b/harbor-hvac/conversations/files/{film.pk}/"
    tag = as_ada.get(address)["ETag"]
    asked = {"range": "bytes=4-7", "if-range": tag}
    assert as_ada.get(address, headers=asked).content == FILM[4:8]
    os.utime(tmp_path / film.path, (1, 1))
    answer = as_ada.get(address, headers=asked)
    assert (answer.status_code, answer.content) == (200, FILM)
    assert answer["ETag"] != tag
    assert as_ada.head(address, headers={"range": "bytes=4-7"}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([rules.LARGEST_MEDIA + 1], "roof0.mp4 is larger than 5 MB. Attach a smaller one."),
        ([1000] * 11, "A text carries at most 10 files; these are 11. Leave some out"),
    ],
)
@pytest.mark.parametrize("address", ["new/", "{}/reply/"])
def test_without_a_script_files_that_cannot_go_leave_the_words_in_the_form(
    as_ada: Client,
    text: Message,
    settings: Settings,
    tmp_path: Path,
    address: str,
    sizes: list[int],
    said: str,
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    files = [
        SimpleUploadedFile(f"roof{place}.mp4", FILM.ljust(size, b"\0"))
        for place, size in enumerate(sizes)
    ]
    form = {"number": text.number_id, "recipient": "+14155550142", "body": "Is this <the> roof?"}
    answer = as_ada.post(
        f"/b/harbor-hvac/conversations/{address.format(text.conversation_id)}",
        {**form, "media": files},
    )
    shown = answer.content.decode()
    assert answer.status_code in (413, 422)
    assert "<h1>" in shown
    assert said in " ".join(re.sub("<[^>]+>", " ", shown).split())
    assert "Is this &lt;the&gt; roof?</textarea>" in shown
    assert "Choose the files again" in shown
    assert list(Message.objects.all()) == [text]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_a_script_keeps_the_files_of_a_reply_that_was_refused(
    as_ada: Client, text: Message, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    lie = SimpleUploadedFile("x.png", b"<html>", content_type="image/png")
    answer = as_ada.post(
        f"/b/harbor-hvac/conversations/{text.conversation_id}/reply/",
        {"body": "Look", "media": lie},
        headers={"HX-Request": "true"},
    )
    assert "This kind of file cannot be sent" in answer.content.decode()
    assert "Choose the files again" not in answer.content.decode()

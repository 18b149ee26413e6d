from __future__ import annotations

from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from conftest import MONDAY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client
from pytest_django import Settings

from textrail.domain.accounts.models import Business, User
from textrail.domain.links import actions, queries, tasks
from textrail.domain.links.actions.handout_files import Files
from textrail.domain.links.models import Handout, HandoutStatus, Link
from textrail.domain.links.rules import Utm
from textrail.outbox.contract import Context, Task

LIST = "/b/harbor-hvac/links/handouts/"
CONTENT = b"phone,name,email\r\n4155550123,Ann,a@x.example\r\n4155550124,Ben,\r\nnone,Cal,\r\n"
COLUMNS = {
    "encoding": "utf-8",
    "delimiter": ",",
    "headed": "1",
    "phone": "0",
    "name": "1",
    "email": "",
    "customer_id": "",
    "link_heading": "short_link",
}


@pytest.fixture(autouse=True)
def media(settings: Settings, context: Context) -> Path:
    settings.MEDIA_ROOT = context.media_folder
    return context.media_folder


@pytest.fixture
def link(business: Business) -> Link:
    return actions.create_link(
        business=business, name="Sale", destination="https://x.example/", utm=Utm(), at=MONDAY
    )


def send(client: Client, link: Link | None, content: bytes, name: str = "a.csv") -> HttpResponse:
    given = {"link": link.pk if link else "", "file": SimpleUploadedFile(name, content)}
    return client.post(f"{LIST}new/", given)  # type: ignore[return-value]


def uploaded(client: Client, link: Link, content: bytes = CONTENT) -> Handout:
    assert send(client, link, content).status_code == 302
    return Handout.objects.latest("id")


def work(context: Context, handout: Handout) -> None:
    tasks.make_handout(context, Task(1, "links.make_handout", {"handout_id": handout.pk}, 1))


def test_the_way_begins_with_a_link_and_then_a_list(as_ada: Client, business: Business) -> None:
    assert "No lists yet" in as_ada.get(LIST).content.decode()
    assert "First a link" in as_ada.get(f"{LIST}new/").content.decode()


def test_a_list_goes_the_whole_way(as_ada: Client, link: Link, context: Context, ada: User) -> None:
    handout = uploaded(as_ada, link)
    here = f"{LIST}{handout.pk}/"
    page = as_ada.get(here).content.decode()
    assert "Columns to choose" in page
    assert '<option value="0" selected>1 · phone</option>' in page
    assert "a@x.example" in page
    assert as_ada.post(f"{here}start/", COLUMNS)["Location"] == here
    page = as_ada.get(here).content.decode()
    assert "every 1s" in page
    assert "Make the links" not in page
    work(context, handout)
    fragment = as_ada.get(here, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "every 1s" not in fragment
    assert "Download the list" in fragment
    assert "Ready" in as_ada.get(LIST).content.decode()

    async def download() -> tuple[StreamingHttpResponse, bytes]:
        client = AsyncClient()
        await client.aforce_login(ada)
        answer = await client.get(f"{here}list.csv")
        assert isinstance(answer, StreamingHttpResponse)
        return answer, b"".join([piece async for piece in answer])

    answer, content = async_to_sync(download)()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "a-links.csv" in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "private, no-store"
    lines = content.decode().split("\r\n")
    assert lines[0] == "phone,name,email,short_link,error"
    assert lines[1].startswith("4155550123,Ann,a@x.example,http://127.0.0.1:8001/")
    assert lines[3] == "none,Cal,,,This is not a phone number that can exist."
    assert int(answer["Content-Length"]) == len(content)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The submitted file is empty.|Which file?|The file is empty."),
        (b"phone,name\n", "nothing below it"),
        (b"PK\x03\x04abc", "Excel workbook"),
        (b",".join([b"c"] * 300) + b"\n1\n", "300 columns"),
    ],
)
def test_a_refused_file_says_why_and_leaves_nothing(
    as_ada: Client, link: Link, media: Path, content: bytes, sentence: str
) -> None:
    answer = send(as_ada, link, content)
    assert answer.status_code == 422
    assert any(part in answer.content.decode() for part in sentence.split("|"))
    assert not Handout.objects.exists()
    assert list(media.rglob("*.csv")) == []


def test_what_is_missing_is_asked_for(as_ada: Client, link: Link) -> None:
    assert "Which link?" in send(as_ada, None, CONTENT).content.decode()
    answer = as_ada.post(f"{LIST}new/", {"link": link.pk})
    assert "Which file?" in answer.content.decode()
    actions.archive_link(link=link, at=MONDAY)
    assert "This link is archived." in send(as_ada, link, CONTENT).content.decode()


def test_how_the_file_is_read_can_be_corrected(as_ada: Client, link: Link) -> None:
    content = "4155550123;Zoë, A\n4155550124;Ben\n".encode("cp1252")
    handout = uploaded(as_ada, link, content)
    here = f"{LIST}{handout.pk}/"
    page = as_ada.get(here).content.decode()
    assert '<option value="cp1252" selected>' in page
    assert "Zoë, A" in page
    assert '<option value="0" selected>Is a person</option>' in page
    other = {"encoding": "utf-8", "delimiter": ",", "headed": "1"}
    page = as_ada.get(here, other).content.decode()
    assert "Zo\ufffd" in page
    assert '<option value="1" selected>Names the columns</option>' in page
    strange = {"encoding": "utf-16-le", "delimiter": "x", "headed": "maybe"}
    assert "Zoë, A" in as_ada.get(here, strange).content.decode()


def test_wrong_columns_are_refused_and_kept_as_they_were_chosen(as_ada: Client, link: Link) -> None:
    handout = uploaded(as_ada, link)
    start = f"{LIST}{handout.pk}/start/"
    answer = as_ada.post(start, COLUMNS | {"phone": "", "link_heading": "go"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Which column holds the phone numbers?" in page
    assert 'value="go"' in page
    for wrong in ({"phone": "9"}, {"phone": "1"}, {"phone": "x"}, {"link_heading": "name"}):
        assert as_ada.post(start, COLUMNS | wrong).status_code == 422
    assert Handout.objects.get().status == HandoutStatus.WAITING


def test_a_failed_list_says_why_and_may_be_tried_again(
    as_ada: Client, link: Link, context: Context
) -> None:
    handout = uploaded(as_ada, link, b'phone,name\n4155550123,Ann\n4155550124,"Ben\n')
    here = f"{LIST}{handout.pk}/"
    as_ada.post(f"{here}start/", COLUMNS)
    work(context, handout)
    page = as_ada.get(here).content.decode()
    assert "A quotation mark in row 3 never closes" in page
    assert "Make the links" in page
    assert as_ada.post(f"{here}start/", COLUMNS).status_code == 302


def test_a_list_whose_file_is_gone_can_only_be_deleted(
    as_ada: Client, link: Link, media: Path
) -> None:
    handout = uploaded(as_ada, link)
    Files(media, handout.token).discard()
    here = f"{LIST}{handout.pk}/"
    assert "The file is gone." in as_ada.get(here).content.decode()
    assert as_ada.post(f"{here}start/", COLUMNS).status_code == 409
    assert as_ada.post(f"{here}remove/")["Location"] == LIST
    assert not Handout.objects.exists()


def test_what_is_not_ready_cannot_be_downloaded(as_ada: Client, link: Link) -> None:
    handout = uploaded(as_ada, link)
    assert as_ada.get(f"{LIST}{handout.pk}/list.csv").status_code == 404


def test_deleting_removes_the_files(as_ada: Client, link: Link, media: Path) -> None:
    handout = uploaded(as_ada, link)
    assert as_ada.post(f"{LIST}{handout.pk}/remove/").status_code == 302
    assert list(media.rglob("*.csv")) == []


def test_names_of_files_are_shown_and_never_opened(as_ada: Client, link: Link) -> None:
    send(as_ada, link, CONTENT, name="../../<b>x.csv")
    page = as_ada.get(LIST).content.decode()
    assert "&lt;b&gt;x.csv" in page
    assert "../" not in Handout.objects.get().name


@pytest.mark.parametrize(
    ("who", "reads", "opens"),
    [("max_", 200, 200), ("bo", 200, 403), ("vi", 200, 403), ("cy", 404, 404)],
)
def test_who_may_see_that_there_is_a_list_and_who_may_have_it(
    client: Client,
    request: pytest.FixtureRequest,
    as_ada: Client,
    link: Link,
    context: Context,
    who: str,
    reads: int,
    opens: int,
) -> None:
    handout = uploaded(as_ada, link)
    as_ada.post(f"{LIST}{handout.pk}/start/", COLUMNS)
    work(context, handout)
    here = f"{LIST}{handout.pk}/"
    user: User = request.getfixturevalue(who)
    other = Client()
    other.force_login(user)
    assert other.get(LIST).status_code == reads
    assert other.get(here).status_code == opens
    assert other.get(f"{LIST}new/").status_code == opens
    if opens != 200:
        for path in ("start/", "remove/"):
            assert other.post(here + path).status_code == opens
        assert other.get(f"{here}list.csv").status_code == opens
    assert Handout.objects.exists()


def test_lists_of_another_business_do_not_exist(
    as_ada: Client, link: Link, other_business: Business
) -> None:
    handout = uploaded(as_ada, link)
    Handout.objects.filter(pk=handout.pk).update(business=other_business)
    here = f"{LIST}{handout.pk}/"
    for path in ("", "list.csv"):
        assert as_ada.get(here + path).status_code == 404
    for path in ("start/", "remove/"):
        assert as_ada.post(here + path, COLUMNS).status_code == 404
    assert "No lists yet" in as_ada.get(LIST).content.decode()
    theirs = actions.create_link(
        business=other_business, name="X", destination="https://x.example/", utm=Utm(), at=MONDAY
    )
    assert send(as_ada, theirs, CONTENT).status_code == 404


def test_the_lists_page_by_key(as_ada: Client, link: Link) -> None:
    for number in range(51):
        Handout.objects.create(
            business=link.business,
            link=link,
            name=f"List {number}",
            token=f"t{number}",
            status=HandoutStatus.WAITING,
            created_at=MONDAY,
        )
    page = as_ada.get(LIST).content.decode()
    assert "List 50<" in page
    assert "List 0<" not in page
    after = Handout.objects.get(name="List 1").pk
    assert f"?after={after}" in page
    assert "List 0<" in as_ada.get(LIST, {"after": after}).content.decode()
    assert as_ada.get(LIST, {"after": "x"}).status_code == 200


def test_two_columns_of_one_name_are_left_to_who_knows(as_ada: Client, link: Link) -> None:
    handout = uploaded(as_ada, link, b"phone,phone\n4155550123,4155550124\n")
    page = as_ada.get(f"{LIST}{handout.pk}/").content.decode()
    assert "2 columns are called “phone”: choose the right one by its number." in page
    assert '<option value="0" selected>1 · phone</option>' not in page


def test_a_link_that_is_not_among_the_newest_is_given_from_its_own_page(
    as_ada: Client, link: Link, monkeypatch: pytest.MonkeyPatch, business: Business
) -> None:
    monkeypatch.setattr(queries, "LINKS_TO_GIVE", 1)
    monkeypatch.setattr("textrail.domain.links.queries.handouts.LINKS_TO_GIVE", 1)
    actions.create_link(
        business=business, name="Newer", destination="https://x.example/", utm=Utm(), at=MONDAY
    )
    page = as_ada.get(f"{LIST}new/").content.decode()
    assert "begin on its own page" in page
    assert ">Sale</option>" not in page
    way = f"{LIST}new/?link={link.pk}"
    assert way in as_ada.get(f"/b/harbor-hvac/links/{link.pk}/").content.decode()
    assert f'<option value="{link.pk}" selected>Sale</option>' in as_ada.get(way).content.decode()

"""Stores, and the links that lead to the nearest one: they follow every change at once."""

from __future__ import annotations

import pytest
from conftest import MONDAY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from textrail.domain.accounts.models import AuditEntry, Business
from textrail.domain.links import actions, queries
from textrail.domain.links.models import Link, Store
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.stores import NewStore, check_store, read_stores
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.routing import Plan, decode_plan

pytestmark = pytest.mark.django_db

TAMPA = NewStore("Tampa", "https://x.example/tampa", 27.9506, -82.4572)
MIAMI = NewStore("Miami", "https://x.example/miami", 25.7617, -80.1918)
STORES = "/b/harbor-hvac/links/stores/"


def any_address(url: str) -> str:
    if not url.startswith("https://"):
        raise Malformed("The address is not complete.")
    return url


def store(business: Business, new: NewStore = TAMPA) -> Store:
    return actions.add_store(business=business, store=new, at=MONDAY)


def nearest_link(business: Business, **rule: object) -> Link:
    link = actions.create_link(
        business=business,
        name="Find us",
        destination="https://x.example/",
        utm=Utm(source="sms"),
        at=MONDAY,
    )
    return actions.set_rules(
        link=link, rules=[{"name": "Nearest shop", "nearest": True, **rule}], at=MONDAY
    )


def plan(link: Link) -> Plan:
    return decode_plan(Link.objects.get(id=link.pk).route.encode())


def spots(link: Link) -> list[tuple[str, str]]:
    return [(spot.name, spot.landing) for rule in plan(link).rules for spot in rule.spots]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", " \n ", "A store needs a name."),
        ("name", "x" * 121, "A name has at most 120 characters; this one has 121."),
        ("destination", "tampa", "The address is not complete."),
        ("latitude", "91", "“91” is no latitude: it is a number from −90 to 90."),
        ("latitude", "north", "“north” is no latitude: it is a number from −90 to 90."),
        ("longitude", "nan", "“nan” is no longitude: it is a number from −180 to 180."),
        ("longitude", "", "The longitude is missing."),
    ],
)
def test_each_wrong_value_of_a_store_has_one_sentence(
    field: str, value: str, sentence: str
) -> None:
    given = {
        "name": "Tampa",
        "destination": "https://x.example/",
        "latitude": "27.9",
        "longitude": "-82.4",
    }
    with pytest.raises(Malformed) as refused:
        check_store(**given | {field: value}, admit=any_address)
    assert refused.value.sentence == sentence
    assert refused.value.field == field


def test_a_list_from_a_spreadsheet_is_read_as_it_comes() -> None:
    """A byte order mark, semicolons, decimal commas, a true minus, other names of columns."""
    text = "Store;URL;Lat;Lng\r\n“Ybor”;https://x.example/y;27,96;−82,44\r\n;;;\r\n"
    read = read_stores(text.encode("utf-8-sig"), admit=any_address)
    assert read.stores == (NewStore("“Ybor”", "https://x.example/y", 27.96, -82.44),)
    assert read.bad == ()
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "cp1252"):
        written = text.replace("−", "-").encode(encoding)
        assert read_stores(written, admit=any_address) == read, encoding


def test_each_wrong_row_is_named_with_its_line() -> None:
    text = (
        "name,destination,latitude,longitude\n"
        "Tampa,https://x.example/t,27.9,-82.4\n"
        "Miami,nowhere,25.7,-80.1\n"
        "\n"
        "TAMPA,https://x.example/t,27.9,-82.4\n"
        "Short,https://x.example/s\n"
    )
    read = read_stores(text.encode(), admit=any_address)
    assert [(row.line, row.name, row.problem) for row in read.bad] == [
        (3, "Miami", "The address is not complete."),
        (5, "TAMPA", "Line 2 has the same name."),
        (6, "Short", "The latitude is missing."),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"name,destination,latitude\nx", "The file has no column called longitude."),
        (b"name,lat,latitude,lon,url\n", "The file has more than one column called latitude."),
        (b"name,destination,latitude,longitude\n", "The file names no store."),
        (b"PK\x03\x04\0\0", "This is an Excel workbook, not a CSV file."),
        (b"%PDF-1.7", "This is a PDF, not a CSV file."),
        (b"name,destination\0" + b"x" * 40, "This is not a text file."),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_stores(content, admit=any_address)
    assert refused.value.sentence == sentence


def test_links_follow_when_a_store_comes_moves_or_goes(business: Business) -> None:
    tampa = store(business)
    link = nearest_link(business)
    assert spots(link) == [("Tampa", "https://x.example/tampa?utm_source=sms")]

    miami = store(business, MIAMI)
    assert [name for name, _ in spots(link)] == ["Tampa", "Miami"]

    moved = NewStore("Ybor", "https://x.example/ybor", 27.96, -82.43)
    actions.change_store(store=tampa, new=moved, at=MONDAY)
    assert spots(link)[0] == ("Ybor", "https://x.example/ybor?utm_source=sms")

    actions.remove_store(store=miami, at=MONDAY)
    assert [name for name, _ in spots(link)] == ["Ybor"]


def test_a_store_that_a_rule_needs_stays(business: Business) -> None:
    tampa, miami = store(business), store(business, MIAMI)
    link = nearest_link(business, stores=[tampa.pk, miami.pk])
    actions.remove_store(store=tampa, at=MONDAY)
    link.refresh_from_db()
    assert link.rules[0]["stores"] == [miami.pk]

    with pytest.raises(Conflict) as refused:
        actions.remove_store(store=miami, at=MONDAY)
    assert refused.value.sentence == "The rule “Nearest shop” of “Find us” leads to “Miami” alone."
    assert [name for name, _ in spots(link)] == ["Miami"]
    assert Store.objects.filter(id=miami.pk).exists()


def test_a_name_is_there_once_for_a_business(business: Business, other_business: Business) -> None:
    tampa, miami = store(business), store(business, MIAMI)
    store(other_business)
    with pytest.raises(Conflict):
        store(business)
    with pytest.raises(Conflict):
        actions.change_store(store=miami, new=TAMPA, at=MONDAY)
    assert [row.name for row in queries.stores(business)] == ["Miami", "Tampa"]
    assert tampa.pk != miami.pk


def test_an_import_adds_and_brings_up_to_date_and_links_follow(business: Business) -> None:
    store(business)
    link = nearest_link(business)
    fresh = NewStore("tampa", "https://x.example/new", 27.0, -82.0)
    assert actions.import_stores(business=business, stores=[fresh, MIAMI], at=MONDAY) == (1, 1)
    assert spots(link) == [
        ("tampa", "https://x.example/new?utm_source=sms"),
        ("Miami", "https://x.example/miami?utm_source=sms"),
    ]
    assert AuditEntry.objects.filter(action="store.imported", subject="2 stores").exists()


def test_stores_of_another_business_are_none_of_ours(
    business: Business, other_business: Business
) -> None:
    theirs = store(other_business)
    with pytest.raises(Malformed) as refused:
        nearest_link(business)
    assert "there are no stores yet" in refused.value.sentence
    store(business, MIAMI)
    with pytest.raises(Malformed) as refused:
        nearest_link(business, stores=[theirs.pk])
    assert "names a store that is not there any more" in refused.value.sentence
    link = nearest_link(business)
    assert [name for name, _ in spots(link)] == ["Miami"]


def test_the_pages_of_stores(as_ada: Client, business: Business) -> None:
    assert "No stores yet" in as_ada.get(STORES).content.decode()
    given = {
        "name": "Tampa <b>",
        "destination": "https://shop.example.com/tampa",
        "latitude": "27.9506",
        "longitude": "-82.4572",
    }
    refused = as_ada.post(f"{STORES}new/", given | {"latitude": "127"})
    assert refused.status_code == 422
    assert "is no latitude" in refused.content.decode()
    assert as_ada.post(f"{STORES}new/", given).status_code == 302
    page = as_ada.get(STORES).content.decode()
    assert "Tampa &lt;b&gt;" in page
    assert "shop.example.com/tampa" in page

    row = Store.objects.get()
    assert as_ada.get(f"{STORES}{row.pk}/").status_code == 200
    as_ada.post(f"{STORES}{row.pk}/", given | {"name": "Ybor"})
    assert Store.objects.get().name == "Ybor"
    nearest_link(business)
    kept = as_ada.post(f"{STORES}{row.pk}/remove/")
    assert kept.status_code == 409
    assert "leads to “Ybor” alone" in kept.content.decode()


def test_a_file_with_one_wrong_row_changes_nothing(as_ada: Client) -> None:
    def upload(text: str) -> str:
        file = SimpleUploadedFile("stores.csv", text.encode())
        return as_ada.post(f"{STORES}import/", {"file": file}, follow=True).content.decode()

    head = "name,destination,latitude,longitude\n"
    good = "Tampa,https://shop.example.com/t,27.9,-82.4\n"
    page = upload(head + good + "Miami,ftp://shop.example.com/,25.7,-80.1\n")
    assert "Nothing was taken over: 1 row cannot be read." in page
    assert "Links lead to http and https pages only" in page
    assert not Store.objects.exists()
    assert "1 added, 0 brought up to date" in upload(head + good)
    assert "Which file?" in as_ada.post(f"{STORES}import/").content.decode()

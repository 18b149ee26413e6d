from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.links import actions, queries, tasks
from textrail.domain.links.models import Code, Domain, Link
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.addresses import (
    check_host,
    record_type,
    short_address,
    spelled_host,
    tries_per_hit,
)
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.outside.fetching import open_public_client
from textrail.outside.visiting import Visitor
from textrail.vocabulary.errors import Conflict, Malformed, Refusal, Transient
from textrail.vocabulary.sealing import Seal

BASE = "/b/harbor-hvac/links/domains/"
OWN = ("https://go.textrail.example", "https://app.textrail.example:8443")


def add(business: Business, host: str = "go.harbor.example") -> Domain:
    return actions.add_domain(business=business, host=host, own=OWN, private=False, at=MONDAY)


@pytest.fixture
def domain(business: Business) -> Domain:
    return add(business)


@pytest.fixture
def ready(domain: Domain) -> Domain:
    actions.note_check(domain_id=domain.pk, problem="", at=MONDAY)
    domain.refresh_from_db()
    return domain


def link_on(domain: Domain, *, back_half: str = "") -> Link:
    return actions.create_link(
        business=domain.business,
        name="Sale",
        destination="https://shop.example/",
        utm=Utm(),
        at=MONDAY,
        domain=domain,
        back_half=back_half,
        shared=True,
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" GO.Harbor.example. ", "go.harbor.example"),
        ("go.bücher.example", "go.xn--bcher-kva.example"),
        ("go.xn--bcher-kva.example", "go.xn--bcher-kva.example"),
    ],
)
def test_a_host_is_kept_as_browsers_look_it_up(given: str, kept: str) -> None:
    assert check_host(given, own=OWN, private=False) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        "localhost",
        "go",
        "go.harbor.example:8080",
        "https://go.harbor.example",
        "go.harbor.example/x",
        "a@go.harbor.example",
        "203.0.113.9",
        "0x7f.1",
        "[2001:db8::1]",
        "go.lan",
        "go_x.harbor.example",
        "-go.harbor.example",
        "go..harbor.example",
        "go.har\nbor.example",
        "a" * 64 + ".example",
        ".".join(["a" * 60] * 5),
        "go.textrail.example",
        "APP.textrail.example",
    ],
)
def test_what_cannot_be_a_domain_is_refused_in_one_sentence(given: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_host(given, own=OWN, private=False)
    assert refused.value.field == "host"
    assert refused.value.sentence.endswith(".")


def test_what_the_record_of_a_domain_is() -> None:
    targets = ("go.textrail.example", "203.0.113.9", "2001:db8::1")
    assert [record_type(target) for target in targets] == ["CNAME", "A", "AAAA"]
    assert spelled_host("go.xn--bcher-kva.example") == "go.bücher.example"


def test_in_a_private_network_domains_may_be_private_too() -> None:
    assert check_host("go.harbor.lan", own=OWN, private=True) == "go.harbor.lan"


def test_a_short_address_has_the_scheme_and_port_of_the_installation() -> None:
    assert short_address("k7Qm", host="", links_url="https://l.example") == "https://l.example/k7Qm"
    assert short_address("3/sale", host="go.x.example", links_url="https://l.example") == (
        "https://go.x.example/sale"
    )
    trial = short_address("k7Qm", host="go.x.example", links_url="http://127.0.0.1:8001")
    assert trial == "http://go.x.example:8001/k7Qm"


def test_the_odds_of_a_guess() -> None:
    assert tries_per_hit(8, 2_000_000) == 57**8 // 2_000_000 == 55_714_578
    assert tries_per_hit(6, 0) == 57**6


def test_a_domain_is_added_once_and_checked_at_once(
    domain: Domain, business: Business, other_business: Business
) -> None:
    assert (domain.code_length, domain.is_default, domain.checked_at) == (8, False, None)
    assert Work.objects.get().payload == {"domain_id": domain.pk}
    for of in (business, other_business):
        with pytest.raises(Conflict) as refused:
            add(of, "GO.harbor.example")
        assert ("another business" in refused.value.sentence) == (of == other_business)
    assert Domain.objects.count() == 1
    assert AuditEntry.objects.filter(action="domain.added").count() == 1


def test_links_are_made_on_a_domain_only_while_it_leads_here(domain: Domain) -> None:
    with pytest.raises(Conflict) as early:
        link_on(domain)
    assert early.value.sentence == "go.harbor.example does not lead here yet."
    with pytest.raises(Conflict):
        actions.make_default_domain(domain=domain, at=MONDAY)
    actions.note_check(domain_id=domain.pk, problem="Nobody knows this name.", at=MONDAY)
    with pytest.raises(Conflict) as failing:
        link_on(domain)
    assert failing.value.hint == "Nobody knows this name."
    actions.note_check(domain_id=domain.pk, problem="", at=MONDAY)
    assert link_on(domain).domain == domain
    assert Link.objects.count() == 1


def test_there_is_one_default_at_most(ready: Domain, business: Business) -> None:
    other = add(business, "l.harbor.example")
    actions.note_check(domain_id=other.pk, problem="", at=MONDAY)
    other.refresh_from_db()
    for domain in (ready, other, other):
        actions.make_default_domain(domain=domain, at=MONDAY)
    assert queries.default_domain(business) == other
    made = actions.create_link(
        business=business, name="Sale", destination="https://x.example", utm=Utm(), at=MONDAY
    )
    assert made.domain == other
    actions.leave_default_domain(domain=other, at=MONDAY)
    assert queries.default_domain(business) is None


def test_a_domain_of_another_business_is_no_domain(ready: Domain, other_business: Business) -> None:
    with pytest.raises(Malformed) as refused:
        actions.create_link(
            business=other_business,
            name="Sale",
            destination="https://x.example",
            utm=Utm(),
            at=MONDAY,
            domain=ready,
        )
    assert refused.value.field == "domain"


def test_codes_are_as_long_as_the_domain_says(ready: Domain) -> None:
    actions.set_code_length(domain=ready, code_length=12, at=MONDAY)
    ready.refresh_from_db()
    assert len(link_on(ready).share_code) == 12
    for length in (5, 17):
        with pytest.raises(Malformed):
            actions.set_code_length(domain=ready, code_length=length, at=MONDAY)


def test_each_domain_has_its_own_back_halves(ready: Domain, business: Business) -> None:
    first = link_on(ready, back_half="Sale")
    assert first.share_code == f"{ready.pk}/sale"
    own = actions.create_link(
        business=business,
        name="Sale",
        destination="https://x.example",
        utm=Utm(),
        at=MONDAY,
        back_half="sale",
    )
    assert own.share_code == "0/sale"
    with pytest.raises(Conflict) as refused:
        link_on(ready, back_half="SALE")
    assert refused.value.hint == "SALE-2 is free."


def test_a_back_half_that_reads_like_a_code_in_use_is_taken(ready: Domain) -> None:
    code = link_on(ready).share_code
    with pytest.raises(Conflict):
        link_on(ready, back_half=code)


@pytest.mark.parametrize(
    "back_half", ["in", "shops", "v1", "Track", "batch", "capture", "e", "i", "P", "healthz"]
)
def test_what_the_door_answers_itself_with_a_slash_behind_it_is_no_back_half(
    ready: Domain, back_half: str
) -> None:
    with pytest.raises(Malformed) as refused:
        link_on(ready, back_half=back_half)
    assert refused.value.sentence == f"“{back_half}” is taken by Textrail itself."


@pytest.mark.parametrize("back_half", ["8135550100", "spring-813-555-0100", "1_813_555_0100"])
def test_a_phone_number_is_no_back_half(ready: Domain, back_half: str) -> None:
    with pytest.raises(Malformed) as refused:
        link_on(ready, back_half=back_half)
    assert "phone number" in refused.value.sentence


def test_a_back_half_tells_nothing_of_the_codes_of_others(
    ready: Domain, other_business: Business
) -> None:
    code = link_on(ready).share_code
    link = actions.create_link(
        business=other_business,
        name="Bay",
        destination="https://bay.example/",
        utm=Utm(),
        at=MONDAY,
        back_half=code,
    )
    assert link.share_code == f"0/{code.lower()}"


def test_a_changed_back_half_goes_on_working(ready: Domain, business: Business) -> None:
    link = link_on(ready, back_half="sale")
    for back_half in ("sale-24", "sale"):
        link = actions.edit_link(business=business, link=link, at=MONDAY, back_half=back_half)
        assert link.share_code == f"{ready.pk}/{back_half}"
    assert Code.objects.filter(link=link).count() == 2
    other = link_on(ready)
    with pytest.raises(Conflict):
        actions.edit_link(business=business, link=other, at=MONDAY, back_half="Sale-24")


def test_a_domain_with_links_stays(ready: Domain, business: Business) -> None:
    link = link_on(ready)
    actions.archive_link(link=link, at=MONDAY)
    with pytest.raises(Conflict) as refused:
        actions.remove_domain(domain=ready, at=MONDAY)
    assert refused.value.sentence.startswith("A link is on go.harbor.example")
    free = add(business, "l.harbor.example")
    actions.remove_domain(domain=free, at=MONDAY)
    assert list(Domain.objects.all()) == [ready]


class Door(BaseHTTPRequestHandler):
    """What answers at the domain: the status, headers and body that the test put down."""

    def do_GET(self) -> None:
        status, headers, body = self.server.said  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


@contextmanager
def answering(status: int, body: object, **headers: str) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.said = (status, headers, json.dumps(body).encode())  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def check(context: Context, domain: Domain, port: int, *, attempt: int = 1) -> Domain:
    """Check the domain as if its name led to this machine."""
    with open_public_client(allow_private=True, look_up=lambda *_: ["127.0.0.1"]) as http:
        here = replace(context, links_url=f"http://127.0.0.1:{port}", visitor=Visitor(http))
        payload = {"domain_id": domain.pk}
        tasks.check_domain(here, Task(1, "links.check_domain", payload, attempt))
    domain.refresh_from_db()
    return domain


def test_a_domain_that_leads_here_is_found_good(
    domain: Domain, context: Context, seal: Seal
) -> None:
    signed = {"status": "ok", "installation": seal.sign("installation")}
    with answering(200, signed) as port:
        check(context, domain, port)
    assert queries.is_ready(domain)
    assert domain.checked_at == MONDAY


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (200, {"status": "ok"}, {}, "another site"),
        (200, {"status": "ok", "installation": "wrong"}, {}, "another site"),
        (200, {"installation": 5}, {}, "another site"),
        (200, [], {}, "another site"),
        (200, "x" * 10_000, {}, "another site"),
        (404, {}, {}, "another site"),
        (502, {}, {}, "The proxy answers 502"),
        (301, {}, {"Location": "/elsewhere"}, "sends people on"),
    ],
)
def test_a_domain_that_leads_elsewhere_is_told_apart(
    domain: Domain, context: Context, status: int, body: object, headers: dict[str, str], said: str
) -> None:
    with answering(status, body, **headers) as port:
        check(context, domain, port)
    assert said in domain.problem
    assert not queries.is_ready(domain)


def test_what_may_pass_takes_nothing_away_at_once(ready: Domain, context: Context) -> None:
    with answering(200, {}) as port:
        pass  # nobody listens there any more
    for attempt in (1, 2):
        with pytest.raises(Transient):
            check(context, ready, port, attempt=attempt)
    ready.refresh_from_db()
    assert queries.is_ready(ready)
    check(context, ready, port, attempt=3)
    assert "nothing answers" in ready.problem


def test_a_domain_inside_a_private_network_is_not_called(domain: Domain, context: Context) -> None:
    public = replace(context, links_url="https://go.textrail.example")
    with open_public_client(look_up=lambda *_: ["127.0.0.1"]) as http:
        here = replace(public, visitor=Visitor(http))
        tasks.check_domain(here, Task(1, "links.check_domain", {"domain_id": domain.pk}, 1))
    domain.refresh_from_db()
    assert "private network" in domain.problem


def test_every_domain_is_checked_on_a_schedule_and_waits_once(
    domain: Domain, context: Context, other_business: Business
) -> None:
    other = add(other_business, "go.cy.example")
    for _ in range(2):
        tasks.check_domains(context, Task(1, "links.check_domains", {}, 1))
    waiting = [work.payload["domain_id"] for work in Work.objects.order_by("id")]
    assert waiting == [domain.pk, other.pk]


def test_a_check_of_a_removed_domain_does_nothing(domain: Domain, context: Context) -> None:
    gone = domain.pk
    actions.remove_domain(domain=domain, at=MONDAY)
    tasks.check_domain(context, Task(1, "links.check_domain", {"domain_id": gone}, 1))
    assert not Domain.objects.exists()


def test_an_empty_page_says_what_a_domain_is_for(as_ada: Client) -> None:
    page = as_ada.get(BASE).text
    assert "No domain of your own yet" in page
    assert "http://127.0.0.1:8001" in page


def test_a_domain_is_added_on_the_page_with_the_record_to_copy(
    as_ada: Client, business: Business
) -> None:
    answer = as_ada.post(f"{BASE}add/", {"host": "go.harbor.example"}, follow=True)
    assert "Being checked" in answer.text
    assert "<dt>Type</dt><dd>A</dd>" in answer.text  # this installation has no name
    refused = as_ada.post(f"{BASE}add/", {"host": "https://go.harbor.example"})
    assert refused.status_code == 422
    assert "A domain is a name alone" in refused.text
    assert 'value="https://go.harbor.example"' in refused.text


def test_the_page_shows_what_is_wrong_and_what_follows(as_ada: Client, ready: Domain) -> None:
    as_ada.post(f"{BASE}{ready.pk}/default/", {"on": "1"})
    assert "Leads here" in as_ada.get(BASE).text
    actions.note_check(domain_id=ready.pk, problem="Nobody knows this name.", at=MONDAY)
    page = as_ada.get(BASE).text
    assert "New links begin with go.harbor.example, and it does not lead here." in page
    assert "Nobody knows this name." in page


def test_the_page_is_drawn_again_only_when_a_check_was_made(as_ada: Client, domain: Domain) -> None:
    seen = as_ada.get(BASE).context["seen"]
    assert as_ada.get(f"{BASE}rows/", {"seen": seen}).status_code == 204
    actions.note_check(domain_id=domain.pk, problem="", at=MONDAY)
    assert "Leads here" in as_ada.get(f"{BASE}rows/", {"seen": seen}).text


def test_a_domain_in_use_is_not_removed_on_the_page(as_ada: Client, ready: Domain) -> None:
    link_on(ready)
    answer = as_ada.post(f"{BASE}{ready.pk}/remove/")
    assert answer.status_code == 409
    assert "would stop working" in answer.text


def test_who_only_looks_changes_nothing(client: Client, vi: User, domain: Domain) -> None:
    client.force_login(vi)
    page = client.get(BASE)
    assert page.status_code == 200
    assert "<form" not in page.text.partition('id="content"')[2]
    for action in ("default", "codes", "check", "remove"):
        assert client.post(f"{BASE}{domain.pk}/{action}/").status_code == 403


def test_domains_of_another_business_do_not_exist(as_ada: Client, other_business: Business) -> None:
    theirs = add(other_business, "go.cy.example")
    assert "go.cy.example" not in as_ada.get(BASE).text
    for action in ("default", "codes", "check", "remove"):
        assert as_ada.post(f"{BASE}{theirs.pk}/{action}/", {"code_length": "9"}).status_code == 404


def test_an_idle_claim_gives_way_after_a_day(domain: Domain, other_business: Business) -> None:
    def claim(at: datetime) -> Domain:
        return actions.add_domain(
            business=other_business, host=domain.host, own=OWN, private=False, at=at
        )

    with pytest.raises(Conflict):
        claim(MONDAY + timedelta(hours=23))
    taken = claim(MONDAY + timedelta(hours=25))
    assert [row.business for row in Domain.objects.all()] == [other_business]
    lapsed = AuditEntry.objects.get(action="domain.lapsed")
    assert lapsed.business == domain.business
    actions.note_check(domain_id=taken.pk, problem="", at=MONDAY)
    with pytest.raises(Conflict):
        actions.add_domain(
            business=domain.business,
            host=domain.host,
            own=OWN,
            private=False,
            at=MONDAY + timedelta(days=9),
        )

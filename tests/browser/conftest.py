"""A whole installation on loopback, and Chromium in front of it."""

from __future__ import annotations

import functools
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.installed import set_up
from tests.ports import free_port

PASSWORD = "a-long-test-password"
CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60
# How long to look for something before it is missing. Nothing here is about speed, and the machine
# may be busy.
expect.set_options(timeout=20_000)
# What a test does to a page right after it was opened; no person is as fast as its scripts.
ACTS = ("check", "click", "fill", "press", "press_sequentially", "select_option", "set_input_files")

# Run in a process of its own, because this one may hold another database open.
SEED = """
import json
import django
django.setup()
from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Membership, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.rules import NewContact
from textrail.domain.inbox import actions as inbox
from textrail.domain.numbers import actions as numbers
from textrail.domain.numbers.models import Connection
from textrail.project import settings, start
from textrail.vocabulary.clock import SystemClock

now = SystemClock().now()
business = start.add_owner(settings.CONFIG, email="ada@harbor.example", business="Harbor",
    password="PASSWORD")
for name, role in (("max", "admin"), ("bo", "agent"), ("vi", "viewer")):
    user = User.objects.create_user(f"{name}@harbor.example", "PASSWORD", name=name.title())
    Membership.objects.create(user=user, business=business, role=role, created_at=now)
connection = Connection.objects.get(business=business)
number = numbers.add_number(business=business, connection=connection, phone="+14155550100",
    name="Billboard", source_name="Billboard", at=now)
contacts.add_contacts(business=business, at=now, rows=[
    NewContact(phone="+17275550142", name="Maya Alvarez", tags=("customers",)),
    NewContact(phone="+17275550143", name="Tom Brooks", tags=("customers",)),
])
inbox.set_quiet_hours(business=business, kept=False, opens=0, closes=24, at=now)
key = accounts.create_api_key(business=business, name="Shop", at=now)
print(json.dumps({"slug": business.slug, "key": key.plain}))
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A running installation with one business, its four members, one number, two contacts."""

    pages_url: str
    links_url: str
    phone_url: str
    slug: str
    log: Path
    """What `textrail serve` writes."""

    cookies: dict[str, list[Any]] = field(default_factory=dict)
    """Of whoever has signed in."""

    def url(self, path: str) -> str:
        """An address below the business, such as `conversations/`."""
        return f"{self.pages_url}/b/{self.slug}/{path}"

    def sign_in(self, page: Page, who: str = "ada") -> None:
        """Through the page the first time, and with the same session ever after."""
        if who in self.cookies:
            page.context.add_cookies(self.cookies[who])
            page.goto(self.url("conversations/"))
            return
        page.goto(f"{self.pages_url}/account/login/")
        page.get_by_label("Email").fill(f"{who}@harbor.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/conversations/")
        self.cookies[who] = list(page.context.cookies())


@dataclass(frozen=True, slots=True)
class Someone:
    """A person with a telephone whom no other test knows: all that reaches it is this test's."""

    phone: str
    """In E.164."""

    national: str
    """As the pages show it."""


_strangers = itertools.count()


@pytest.fixture
def someone() -> Someone:
    line = 400 + next(_strangers)
    return Someone(f"+1305555{line:04}", f"(305) 555-{line:04}")


def once_scripts_run(act: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(act)
    def patient(locator: Locator, *values: object, **options: object) -> object:
        locator.page.wait_for_load_state("domcontentloaded")
        return act(locator, *values, **options)

    return patient


for name in ACTS:
    setattr(Locator, name, once_scripts_run(getattr(Locator, name)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (on Debian: apt install chromium)")
    folder = tmp_path_factory.mktemp("site")
    ports = [free_port() for _ in range(3)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TEXTRAIL_")}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "textrail.project.settings",
        "TEXTRAIL_DATA": str(folder),
    }
    for name, port in zip(("PAGES", "LINKS", "PHONE"), ports, strict=True):
        environment[f"TEXTRAIL_{name}_URL"] = f"http://127.0.0.1:{port}"
        environment[f"TEXTRAIL_{name}_LISTEN"] = f"127.0.0.1:{port}"

    def run(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=environment, check=True, stdout=-1, text=True).stdout

    set_up(folder)
    seed = json.loads(run("-c", SEED.replace("PASSWORD", PASSWORD)))
    configure_shop(folder, f"http://127.0.0.1:{ports[1]}/v1/track", seed["key"])
    log = folder / "serve.log"
    with log.open("wb") as written:
        serving = subprocess.Popen(
            [sys.executable, "-m", "textrail.project.cli", "serve"],
            env=environment,
            stdout=written,
            stderr=written,
        )
    pages_url, links_url, phone_url = (f"http://127.0.0.1:{port}" for port in ports)
    made = Site(pages_url, links_url, phone_url, seed["slug"], log)
    try:
        wait_for(f"{made.pages_url}/account/login/", log)
        wait_for(f"{made.links_url}/healthz", log)
        wait_for(f"{made.phone_url}/", log)
        yield made
    finally:
        serving.terminate()
        try:
            serving.wait(timeout=30)
        finally:
            serving.kill()  # what it started ends with it


def configure_shop(folder: Path, intake_url: str, key: str) -> None:
    """Give the shop its write key, as the demo does, before the world is served."""
    from textrail.carriers.simulator.world import World
    from textrail.vocabulary.clock import SystemClock

    with httpx.Client() as http:
        world = World(folder / "simulator.db", SystemClock(), 1, http)
        world.configure_shop(intake_url, key)
        world.close()


def wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    pytest.fail(f"{url} does not answer:\n{log.read_text()[-3000:]}")


def wait_until(page: Page, holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        page.wait_for_timeout(20)


def reload_until(page: Page, address: str, there: Locator) -> None:
    """Open a page that does not follow what happens, again and again, until `there` is on it."""
    deadline = time.monotonic() + PATIENCE
    page.goto(address)
    while not there.count() and time.monotonic() < deadline:
        page.wait_for_timeout(300)
        page.goto(address)
    expect(there.first).to_be_visible()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails says what its pages showed, and what the installation wrote last."""
    report = yield
    if report.failed and call.when == "call" and "chromium" in item.funcargs:
        chromium = cast(Browser, item.funcargs["chromium"])
        for page in (page for context in chromium.contexts for page in context.pages):
            report.sections.append((page.url, shown(page)))
    if report.failed and "site" in item.funcargs:
        site = cast(Site, item.funcargs["site"])
        report.sections.append(("what serve wrote last", site.log.read_text()[-3000:]))
    return report


def shown(page: Page) -> str:
    try:
        return page.locator("body").inner_text(timeout=2_000)[:3000]
    except Error as error:
        return str(error)


@pytest.fixture(scope="session")
def engine() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(engine: Playwright) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (on Debian: apt install chromium)")
    browser = engine.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a fresh browser; what it complains about on its console fails the test. What a test
    opened beside it, such as a phone that goes on asking for news, is closed with it."""
    others = chromium.contexts
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    listen(page, complaints)
    context.on("page", lambda opened: listen(opened, complaints))
    yield page
    for opened in chromium.contexts:
        if opened not in others:
            opened.close()
    assert complaints == []


def listen(page: Page, complaints: list[str]) -> None:
    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))

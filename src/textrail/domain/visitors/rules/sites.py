"""What a site may be called, on which hosts it lies, and how a page carries our script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urlsplit

from textrail.vocabulary.errors import Malformed

LONGEST_NAME: Final = 80
MOST_HOSTS: Final = 30
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\Z"
)


@dataclass(frozen=True, slots=True)
class SiteForm:
    """A site as somebody typed it in; `hosts` with commas, spaces or lines between them."""

    name: str
    hosts: str = ""
    takes_purchases: bool = False
    heeds_signals: bool = True


def clean_site(form: SiteForm) -> SiteForm:
    """The site as it is kept, a host on each line; Malformed with what is wrong about it."""
    name = " ".join(form.name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Malformed(
            "The site needs a name.",
            hint=f"Write 1 to {LONGEST_NAME} characters, such as Online shop.",
            field="name",
        )
    hosts = list(dict.fromkeys(_host(text) for text in re.split(r"[\s,]+", form.hosts) if text))
    if len(hosts) > MOST_HOSTS:
        raise Malformed(
            f"A site has at most {MOST_HOSTS} hosts; these are {len(hosts)}.",
            hint="A host stands for everything below it: shop.example for www.shop.example.",
            field="hosts",
        )
    return SiteForm(name, "\n".join(hosts), form.takes_purchases, form.heeds_signals)


def snippet(links_url: str, key: str, *, heeds_signals: bool) -> str:
    """The line that a page carries in its head."""
    more = "" if heeds_signals else ' data-signals="ignore"'
    source = escape(f"{links_url.rstrip('/')}/t.js")
    return f'<script defer src="{source}" data-site="{escape(key)}"{more}></script>'


def _host(text: str) -> str:
    """A host, also from a whole address that was pasted."""
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        host = host.encode("idna").decode() if not host.isascii() else host
    except ValueError:
        host = ""
    host = host.removeprefix("www.").rstrip(".")
    if not _HOST.match(host):
        raise Malformed(
            f"“{text[:60]}” is not a host.",
            hint="Write it as shop.example, without a path.",
            field="hosts",
        )
    return host

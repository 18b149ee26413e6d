"""The pages of the world: the phone, the shop, and what a tapped link answers."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from html import escape
from importlib import resources
from string import Template
from urllib.parse import parse_qsl

from textrail.carriers.simulator import browsing, shop
from textrail.carriers.simulator.exchange import (
    Reply,
    Request,
    html_reply,
    policy_with,
    redirect,
)
from textrail.carriers.simulator.store import Land
from textrail.vocabulary.errors import Malformed, NotFound, Refusal
from textrail.vocabulary.phone import require_e164

CONTENT_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}


def show_phone(land: Land, request: Request) -> Reply:
    return html_reply(_template("phone.html").template)


def show_static(land: Land, request: Request, name: str) -> Reply:
    """A file of the static folder; names come from the route and hold no dots but one."""
    file = resources.files(__package__).joinpath("static", *name.split("/"))
    if not file.is_file():
        raise NotFound("There is no such file.")
    headers = {
        "content-type": CONTENT_TYPES[name.rpartition(".")[2]],
        "cache-control": "no-cache",
    }
    return Reply(200, headers, file.read_bytes())


def tap(land: Land, request: Request) -> Reply:
    """Open a short link as the handset `as`; the browser goes on to where it leads."""
    if "prefetch" in request.headers.get("sec-purpose", ""):
        raise Malformed("A tap is made by a finger, not by a prefetch.")
    phone = require_e164(request.query.get("as", ""))
    return redirect(browsing.tap(land, phone, request.query.get("url", "")))


def show_shop(land: Land, request: Request) -> Reply:
    cards = "".join(
        f'<li class="card"><a href="/shop/{item.slug}">'
        f'<img src="/static/shop/{item.slug}.svg" alt="" width="320" height="200">'
        f"<h2>{escape(item.name)}</h2></a><p>{escape(item.blurb)}</p>"
        f'<p class="price">{item.price}</p></li>'
        for item in shop.products().values()
    )
    return _shop_page(land, "Harbor Supply", f'<h1>In the shop</h1><ul class="cards">{cards}</ul>')


def show_product(land: Land, request: Request, slug: str) -> Reply:
    return _product_page(land, slug, landing=request.query_string, given={})


def buy(land: Land, request: Request, slug: str) -> Reply:
    return _submit(land, request, slug, is_sale=True)


def book(land: Land, request: Request, slug: str) -> Reply:
    return _submit(land, request, slug, is_sale=False)


def show_problem(land: Land, refusal: Refusal) -> Reply:
    """A page for people that says what went wrong and what to do."""
    page = _template("problem.html").substitute(
        sentence=escape(refusal.sentence), hint=escape(refusal.hint)
    )
    return html_reply(page, status=refusal.status)


def _submit(land: Land, request: Request, slug: str, *, is_sale: bool) -> Reply:
    given = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    landing = given.get("landing", "")
    shopper = shop.Shopper(
        given.get("name", "").strip(),
        given.get("email", "").strip(),
        given.get("phone", "").strip(),
        landing,
    )
    try:
        if is_sale:
            quantity = given.get("quantity", "1")
            count = int(quantity) if quantity.isdecimal() and len(quantity) < 4 else 0
            ref = shop.buy(land, slug, shopper, quantity=count)
        else:
            ref = shop.book(land, slug, shopper)
    except Malformed as refusal:
        return _product_page(land, slug, landing=landing, given=given, refusal=refusal)
    return redirect(f"/shop/{slug}/thanks/{ref}" + (f"?{landing}" if landing else ""), status=303)


def show_thanks(land: Land, request: Request, slug: str, ref: str) -> Reply:
    item = shop.product(slug)
    order = shop.order(land, ref)
    page = _template("thanks.html").substitute(
        heading="Thank you. It is yours." if order.is_sale else "Thank you. We will be in touch.",
        ref=escape(ref),
        product=escape(item.name),
        amount=f"{order.total}" if order.is_sale else "No charge",
        slug=escape(slug),
        visit=_visit_panel(land, request.query_string),
    )
    return _shop_page(land, "Thank you", page)


def _product_page(
    land: Land,
    slug: str,
    *,
    landing: str,
    given: dict[str, str],
    refusal: Malformed | None = None,
) -> Reply:
    item = shop.product(slug)
    failed = given.get("form", "")
    fields = {name: escape(given.get(name, "")) for name in ("name", "email", "phone")}
    problem = f'<p class="problem" role="alert">{escape(refusal.sentence)}</p>' if refusal else ""
    page = _template("product.html").substitute(
        fields,
        slug=escape(item.slug),
        product=escape(item.name),
        price=str(item.price),
        unit=escape(item.unit),
        blurb=escape(item.blurb),
        points="".join(f"<li>{escape(point)}</li>" for point in item.points),
        landing=escape(landing),
        buy_problem=problem if failed != "book" else "",
        book_problem=problem if failed == "book" else "",
        booking_open="open" if failed == "book" else "",
        visit=_visit_panel(land, landing),
    )
    return _shop_page(land, item.name, page, status=refusal.status if refusal else 200)


def _visit_panel(land: Land, landing: str) -> str:
    visit = shop.visit(landing)
    rows = [*visit.utm, *([(shop.CLICK_PARAMETER, visit.click_id)] if visit.click_id else [])]
    listed = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows)
    told = f"<dl>{listed}</dl>" if rows else "<p>Nobody sent you: the address carries nothing.</p>"
    reports = "" if shop.is_configured(land) else "<p>This shop does not report its sales yet.</p>"
    return told + reports


def _shop_page(land: Land, title: str, content: str, *, status: int = 200) -> Reply:
    source, key = shop.script_of(land)
    script = ""
    if source:
        script = f'<script defer src="{escape(source)}" data-site="{escape(key)}"></script>'
    page = _template("shop.html").substitute(title=escape(title), content=content, script=script)
    reply = html_reply(page, status=status)
    if not source:
        return reply
    return replace(reply, headers={**reply.headers, **policy_with(source)})


@cache
def _template(name: str) -> Template:
    return Template(resources.files(__package__).joinpath("templates", name).read_text())

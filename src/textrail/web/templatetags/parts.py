"""The parts of every page, each once. web/README.md shows a line of usage for each.

A builtin library: templates use these without `{% load %}`. No part writes an inline style or
script, because the content security policy forbids both.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

from textrail.web import formats
from textrail.web.charts import BUNDLE, Chart
from textrail.web.long_words import breakable
from textrail.web.templatetags import fields
from textrail.web.templatetags.fields import attributes

register = template.Library()
# One builtin library for templates; the fields live in a module of their own for its size.
register.tags.update(fields.register.tags)

for name in (
    "phone",
    "phone_text",
    "money",
    "micros",
    "micros_column",
    "count",
    "percent",
    "change",
    "duration",
    "wait",
    "waited",
    "zone",
    "day",
    "time_of_day",
    "exact",
    "ago",
    "at",
    "initials",
    "hue",
):
    register.filter(name, getattr(formats, name))


@register.simple_tag
def icon(name: str, size: int = 16) -> str:
    """A Lucide icon beside words that say the same; it is hidden from screen readers."""
    return str(lucide(name, size=size, aria_hidden="true", **{"class": "icon"}))


# Buttons and links


@register.inclusion_tag("web/parts/button.html")
def button(
    label: str, *, kind: str = "", href: str = "", icon: str = "", bare: bool = False, **rest: Any
) -> dict[str, Any]:
    """A button, or a link that looks like one when `href` is given. `bare` shows the icon only."""
    if not href:
        rest.setdefault("type", "submit")
    return {
        "label": label,
        "kind": kind,
        "href": href,
        "icon": icon,
        "bare": bare,
        "rest": attributes(rest),
    }


@register.inclusion_tag("web/parts/copy.html")
def copy(text: str, *, label: str = "Copy") -> dict[str, Any]:
    """A small button that copies `text`."""
    return {"text": text, "label": label}


@register.simple_block_tag(end_name="endcode")
def code(content: str, *, label: str = "Code", language: str = "") -> str:
    """A block of code with a copy button. Its values are escaped by the template."""
    text = mark_safe(content.strip("\n"))  # noqa: S308 - escaped once already
    return render_to_string(
        "web/parts/code.html", {"text": text, "label": label, "language": language}
    )


# Filter line


@register.simple_block_tag(takes_context=True, end_name="endfilters")
def filters(context: Context, content: str, *, target: str = "#content", **rest: Any) -> str:
    """The line of filters above a page's content: a GET form that replaces `target` in place."""
    return render_to_string(
        "web/parts/filters.html",
        {
            "content": content,
            "target": target,
            "path": context["request"].path,
            "rest": attributes(rest),
        },
    )


@register.inclusion_tag("web/parts/search.html")
def search(name: str = "q", *, value: str = "", label: str = "Search") -> dict[str, Any]:
    """The search field that `/` leads to."""
    return {"name": name, "value": value, "label": label}


@register.inclusion_tag("web/parts/date_range.html")
def date_range(
    start: date | str = "", end: date | str = "", *, names: str = "from to", label: str = "Dates"
) -> dict[str, Any]:
    """Two dates, both included."""
    first, last = names.split()
    return {"start": start or "", "end": end or "", "first": first, "last": last, "label": label}


# Tables


@register.simple_block_tag(end_name="endtable")
def table(content: str, *, label: str, stacked: bool = False, **rest: Any) -> str:
    """A table that scrolls sideways in its own box and moves by arrow keys among linked rows.

    `stacked` makes each row a small block on a phone, where `data-label` names a cell. Long
    words break.
    """
    rows = mark_safe(breakable(content))  # noqa: S308 - escaped by the template that wrote it
    return render_to_string(
        "web/parts/table.html",
        {"content": rows, "label": label, "stacked": stacked, "rest": attributes(rest)},
    )


@register.simple_tag(takes_context=True)
def column(
    context: Context, label: str, *, sort: str = "", number: bool = False, wide: bool = False
) -> SafeString:
    """A heading cell; with `sort`, a link that sets `?sort=` (again: `-sort`), keeping the rest.

    A `wide` column is left out on a phone; its cells carry the class too.
    """
    kind = attributes({"class": " ".join(["number"] * number + ["wide"] * wide) or None})
    if not sort:
        return format_html('<th scope="col"{}>{}</th>', kind, label)
    query = context["request"].GET.copy()
    current = query.get("sort", "")
    query["sort"] = f"-{sort}" if current == sort else sort
    query.pop("after", None)
    order = {sort: "ascending", f"-{sort}": "descending"}.get(current)
    return format_html(
        '<th scope="col"{}{}><a href="?{}">{}<span aria-hidden="true">{}</span></a></th>',
        kind,
        attributes({"aria_sort": order}),
        query.urlencode(),
        label,
        {"ascending": " ↑", "descending": " ↓"}.get(order or "", ""),
    )


@register.inclusion_tag("web/parts/empty.html")
def empty(
    title: str, sentence: str = "", *, action: str = "", href: str = "", icon: str = ""
) -> dict[str, Any]:
    """What belongs here, and the one action that begins it."""
    return {"title": title, "sentence": sentence, "action": action, "href": href, "icon": icon}


@register.simple_tag(takes_context=True)
def more(context: Context, after: object, *, label: str = "Show more") -> SafeString | str:
    """The link to the next page by key (`?after=`), or nothing on the last page."""
    if after in (None, ""):
        return ""
    query = context["request"].GET.copy()
    query["after"] = str(after)
    return format_html(
        '<p class="more"><a class="button" href="?{}">{}</a></p>', query.urlencode(), label
    )


# Values


@register.inclusion_tag("web/parts/figure.html")
def figure(
    label: str,
    value: object,
    *,
    href: str = "",
    change: float | None = None,
    good: str = "up",
    hint: str = "",
) -> dict[str, Any]:
    """A large figure with its relative change; `good` says which direction is good news."""
    tone = "muted"
    if change and round(change, 2):  # as it is written: in whole percent
        tone = "good" if (change > 0) == (good == "up") else "danger"
    return {
        "label": label,
        "value": value,
        "href": href,
        "change": change,
        "tone": tone,
        "hint": hint,
    }


@register.inclusion_tag("web/parts/chart.html")
def chart(drawing: Chart) -> dict[str, Any]:
    """A chart with the same data as a table behind a toggle."""
    return {"chart": drawing, "bundle": static(BUNDLE)}


@register.simple_tag
def tag(label: str, *, href: str = "") -> SafeString:
    """A small label that somebody gave: a tag, a source, a variant."""
    if href:
        return format_html('<a class="tag" href="{}">{}</a>', href, label)
    return format_html('<span class="tag">{}</span>', label)


@register.simple_tag
def badge(label: str, *, tone: str = "") -> SafeString:
    """A state. Tones: none (neutral), accent, good, warning, danger."""
    return format_html('<span class="badge {}">{}</span>', tone, label)


@register.simple_tag
def bar(share: float) -> SafeString:
    """A bar for a table cell; `share` is 0 to 1 of the longest."""
    return format_html(
        '<svg class="bar" aria-hidden="true"><rect width="{}%" height="100%" rx="2"></rect></svg>',
        round(max(0.0, min(1.0, share)) * 100, 1),
    )


@register.inclusion_tag("web/parts/progress.html")
def progress(value: int, of: int, *, label: str) -> dict[str, Any]:
    """How far something is, as a bar and in figures."""
    return {"value": value, "of": of, "label": label}


@register.simple_tag
def avatar(name: str) -> SafeString:
    """A round of initials; it says nothing that the name beside it does not."""
    return format_html(
        '<span class="avatar hue-{}" aria-hidden="true">{}</span>',
        formats.hue(name),
        formats.initials(name),
    )


# Structure


@register.simple_block_tag(end_name="endtabs")
def tabs(content: str, *, label: str = "Sections") -> str:
    return format_html(
        '<nav class="tabs" aria-label="{}">{}</nav>',
        label,
        mark_safe(content),  # noqa: S308
    )


@register.simple_tag
def crumb(label: str, href: str, *, id: str = "") -> SafeString:  # noqa: A002 - the word of HTML
    """The way up from a page that lies below another, above its title."""
    return format_html(
        '<p class="crumb"{}><a href="{}">{}{}</a></p>',
        attributes({"id": id or None}),
        href,
        mark_safe(icon("chevron-left", 14)),  # noqa: S308 - our own
        label,
    )


@register.simple_tag
def tab(label: str, href: str, *, current: bool = False, count: int | None = None) -> SafeString:
    """One of the tabs: a link to a page of its own."""
    return format_html(
        '<a class="tab" href="{}"{}>{}{}</a>',
        href,
        attributes({"aria_current": "page" if current else None}),
        label,
        "" if count is None else format_html(' <span class="tally">{}</span>', count),
    )


@register.simple_block_tag(end_name="enddialog")
def dialog(content: str, name: str, *, title: str) -> str:
    """A dialog that `{% opener name %}` opens; escape and the cross close it."""
    return render_to_string(
        "web/parts/dialog.html", {"content": content, "name": name, "title": title}
    )


@register.inclusion_tag("web/parts/opener.html")
def opener(
    name: str, label: str, *, kind: str = "", icon: str = "", href: str = ""
) -> dict[str, Any]:
    """The button that opens a dialog; `href` is a page that does the same without a script."""
    return {"name": name, "label": label, "kind": kind, "icon": icon, "href": href}


@register.simple_block_tag(end_name="endtimeline_row")
def timeline_row(content: str, *, icon: str, at: Any = None, tone: str = "") -> str:
    """A slim row of the timeline: an icon, one sentence, the time."""
    return render_to_string(
        "web/parts/timeline_row.html", {"content": content, "icon": icon, "at": at, "tone": tone}
    )


@register.simple_block_tag(end_name="endbubble")
def bubble(
    content: str,
    *,
    ours: bool,
    at: Any = None,
    status: str = "",
    tone: str = "",
    by: str = "",
    why: str = "",
) -> str:
    """A text in a conversation; ours stand right. The content is escaped by the template, and `why`
    is what hovering over `by` says."""
    values = {"content": content, "ours": ours, "at": at, "status": status, "tone": tone}
    return render_to_string("web/parts/bubble.html", {**values, "by": by, "why": why})


@register.simple_block_tag(takes_context=True, end_name="endnavigation")
def navigation(context: Context, content: str) -> str:
    """The rail and the bottom bar; the content is the key of the place that the page is in."""
    shell = context.get("shell")
    if shell is None or not shell.places:
        return ""
    return render_to_string(
        "web/navigation.html", {"shell": shell, "current": content.strip()}, context["request"]
    )

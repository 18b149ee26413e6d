"""The fields of every form: label, hint and error around a control, and what was refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.forms import BoundField
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from textrail.vocabulary.errors import Refusal

register = template.Library()


def attributes(given: dict[str, Any]) -> SafeString:
    """` hx-get="…" disabled` from keyword arguments: True stands bare, None and False stay out."""
    written = []
    for key, value in given.items():
        if value is None or value is False:
            continue
        name = key.strip("_").replace("_", "-")
        written.append(f" {name}" if value is True else f' {name}="{escape(value)}"')
    return mark_safe("".join(written))  # noqa: S308 - escaped above


@register.inclusion_tag("web/parts/field.html")
def field(bound: BoundField, *, hint: str = "") -> dict[str, Any]:
    """A field of a Django form, with its label, hint (help_text) and error."""
    return {
        "id": bound.id_for_label,
        "label": bound.label,
        "control": bound,
        "hint": hint or bound.help_text,
        "errors": bound.errors,
        "optional": not bound.field.required,
        "check": getattr(bound.field.widget, "input_type", "") == "checkbox",
    }


def _field(
    control: SafeString, where: str, label: str, hint: str, error: str, *, optional: bool
) -> SafeString:
    return render_to_string(
        "web/parts/field.html",
        {
            "id": where,
            "label": label,
            "control": control,
            "hint": hint,
            "errors": [error] if error else [],
            "optional": optional,
        },
    )


def _described(context: Context, name: str, where: str, hint: str, error: str) -> dict[str, Any]:
    """Its hint, its error, and whether it is what the page's refusal is about."""
    refused = context.get("refusal")
    wrong = bool(error) or (isinstance(refused, Refusal) and refused.field == name)
    ids = [f"{where}_helptext"] * bool(hint) + [f"{where}_error"] * bool(error)
    return {"aria_describedby": " ".join(ids) or None, "aria_invalid": "true" if wrong else None}


@register.simple_tag(takes_context=True)
def input(  # noqa: A001 - the word of HTML
    context: Context,
    name: str,
    *,
    label: str,
    value: object = "",
    hint: str = "",
    error: str = "",
    optional: bool = False,
    **rest: Any,
) -> SafeString:
    """A single-line field without a Django form. Two of one name on a page: the second has an `id`
    of its own."""
    where = str(rest.pop("id", f"field-{name}"))
    control = format_html(
        '<input class="control" id="{}" name="{}" value="{}"{}>',
        where,
        name,
        "" if value is None else value,
        attributes(
            {"type": "text", "required": not optional}
            | rest
            | _described(context, name, where, hint, error)
        ),
    )
    return _field(control, where, label, hint, error, optional=optional)


@register.simple_tag(takes_context=True)
def textarea(
    context: Context,
    name: str,
    *,
    label: str,
    value: str = "",
    hint: str = "",
    error: str = "",
    optional: bool = False,
    **rest: Any,
) -> SafeString:
    """A field of several lines without a Django form."""
    where = str(rest.pop("id", f"field-{name}"))
    control = format_html(
        '<textarea class="control" id="{}" name="{}"{}>\n{}</textarea>',
        where,
        name,
        attributes(
            {"rows": 4, "required": not optional}
            | rest
            | _described(context, name, where, hint, error)
        ),
        value or "",
    )
    return _field(control, where, label, hint, error, optional=optional)


@register.simple_tag(takes_context=True)
def select(
    context: Context,
    name: str,
    options: Iterable[tuple[object, str]],
    *,
    label: str,
    value: object = "",
    hint: str = "",
    error: str = "",
    optional: bool = False,
    inline: bool = False,
    **rest: Any,
) -> SafeString:
    """A choice among `options` (value, words). `inline` is the small form of a filter line."""
    where = str(rest.pop("id", f"field-{name}"))
    choices = mark_safe(  # noqa: S308 - each option is escaped
        "".join(
            format_html(
                '<option value="{}"{}>{}</option>',
                key,
                SafeString(" selected") if str(key) == str(value) else "",
                words,
            )
            for key, words in options
        )
    )
    control = format_html(
        '<select class="control" id="{}" name="{}"{}>{}</select>',
        where,
        name,
        attributes(rest | _described(context, name, where, hint, error)),
        choices,
    )
    if inline:
        return format_html('<label class="filter"><span>{}</span> {}</label>', label, control)
    return _field(control, where, label, hint, error, optional=optional)


@register.inclusion_tag("web/parts/refusal.html", takes_context=True)
def refusal(context: Context, error: Refusal | None) -> dict[str, Any]:
    """What was refused, what to do and where, above a form; nothing when there is no refusal."""
    shell = context.get("shell")
    return {"error": error, "step": shell.next_step(error) if shell and error else None}


@register.simple_block_tag(end_name="endnote")
def note(content: str, *, tone: str = "info") -> str:
    """A boxed remark. Tones: info, good, warning, danger."""
    return render_to_string("web/parts/note.html", {"content": content, "tone": tone})

"""The fields of every form: label, hint and error around a control, and what was refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.forms import BoundField
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
    control: SafeString, name: str, label: str, hint: str, error: str, *, optional: bool
) -> SafeString:
    return render_to_string(
        "web/parts/field.html",
        {
            "id": f"field-{name}",
            "label": label,
            "control": control,
            "hint": hint,
            "errors": [error] if error else [],
            "optional": optional,
        },
    )


def _described(name: str, hint: str, error: str) -> dict[str, Any]:
    ids = [f"field-{name}_helptext"] * bool(hint) + [f"field-{name}_error"] * bool(error)
    return {"aria_describedby": " ".join(ids) or None, "aria_invalid": "true" if error else None}


@register.simple_tag
def input(  # noqa: A001 - the word of HTML
    name: str,
    *,
    label: str,
    value: object = "",
    hint: str = "",
    error: str = "",
    optional: bool = False,
    **rest: Any,
) -> SafeString:
    """A single-line field without a Django form."""
    control = format_html(
        '<input class="control" id="field-{}" name="{}" value="{}"{}>',
        name,
        name,
        "" if value is None else value,
        attributes(
            {"type": "text", "required": not optional} | rest | _described(name, hint, error)
        ),
    )
    return _field(control, name, label, hint, error, optional=optional)


@register.simple_tag
def textarea(
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
    control = format_html(
        '<textarea class="control" id="field-{}" name="{}"{}>\n{}</textarea>',
        name,
        name,
        attributes({"rows": 4, "required": not optional} | rest | _described(name, hint, error)),
        value or "",
    )
    return _field(control, name, label, hint, error, optional=optional)


@register.simple_tag
def select(
    name: str,
    options: Iterable[tuple[object, str]],
    *,
    label: str,
    value: object = "",
    hint: str = "",
    error: str = "",
    inline: bool = False,
    **rest: Any,
) -> SafeString:
    """A choice among `options` (value, words). `inline` is the small form of a filter line."""
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
        '<select class="control" id="field-{}" name="{}"{}>{}</select>',
        name,
        name,
        attributes(rest | _described(name, hint, error)),
        choices,
    )
    if inline:
        return format_html('<label class="filter"><span>{}</span> {}</label>', label, control)
    return _field(control, name, label, hint, error, optional=False)


@register.inclusion_tag("web/parts/refusal.html")
def refusal(error: Refusal | None) -> dict[str, Any]:
    """What was refused and what to do, above a form; nothing when there is no refusal."""
    return {"error": error}


@register.simple_block_tag(end_name="endnote")
def note(content: str, *, tone: str = "info") -> str:
    """A boxed remark. Tones: info, good, warning, danger."""
    return render_to_string("web/parts/note.html", {"content": content, "tone": tone})

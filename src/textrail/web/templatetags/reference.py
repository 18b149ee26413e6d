"""Words of the API's reference, in which `backticks` mark what is typed as it stands."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def marked(text: str) -> SafeString:
    """The text, escaped, with what stands between backticks as code."""
    parts = text.split("`")
    return mark_safe(  # noqa: S308 - each part is escaped
        "".join(
            format_html("<code>{}</code>" if odd % 2 else "{}", part)
            for odd, part in enumerate(parts)
        )
    )

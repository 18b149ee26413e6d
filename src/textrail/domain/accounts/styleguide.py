"""All the parts on one page, in both themes, for whoever builds or runs the installation."""

from __future__ import annotations

from datetime import date, timedelta
from math import sin

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import now, open_page
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.money import Money
from textrail.web.charts import Chart, over_time, ranked


class _SampleForm(forms.Form):
    email = forms.EmailField(label="Email", help_text="They get their sign-in at this address.")
    weekly = forms.BooleanField(label="Send the weekly report", required=False)


@require_GET
@open_page
def styleguide(request: HttpRequest) -> HttpResponse:
    """Shown in development, and to operators."""
    if not (settings.DEBUG or getattr(request.user, "is_operator", False)):
        raise Http404
    form = _SampleForm({"email": "ada@harbor"})
    form.is_valid()
    moment = now()
    return render(
        request,
        "accounts/styleguide.html",
        {
            "themes": ["light", "dark"],
            "form": form,
            "refusal": Conflict("This number is not ready for texts.", hint="Switch texts on."),
            "moments": [moment - timedelta(minutes=5), moment - timedelta(days=40)],
            "choices": [("all", "All numbers"), ("1", "Billboard I-80")],
            "today": moment.date(),
            "week_ago": moment.date() - timedelta(days=7),
            "revenue": Money(1_234_550, "USD"),
            "charts": _charts(moment.date()),
        },
    )


def _charts(today: date) -> list[Chart]:
    days = [today - timedelta(days=age) for age in range(27, -1, -1)]
    this = [(day, round(900 + 400 * sin(i / 3) + 20 * i)) for i, day in enumerate(days)]
    past = [(day, round(800 + 350 * sin(i / 3 + 1) + 14 * i)) for i, day in enumerate(days)]
    money = "${:,.0f}".format
    return [
        over_time(
            "Revenue by day",
            {"These four weeks": this, "The four weeks before": past},
            text=money,
            before="The four weeks before",
        ),
        ranked(
            "Revenue by campaign",
            [("Spring sale", 8200.0), ("Filter reminder", 5100.0), ("Winter check-up", 1900.0)],
            text=money,
            headings=("Campaign", "Revenue"),
        ),
    ]

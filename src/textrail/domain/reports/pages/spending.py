"""What each day cost, behind a cost."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.reports import queries
from textrail.domain.reports.earners import NAMES, read_earner
from textrail.domain.reports.pages.credits import earner_words
from textrail.domain.reports.pages.frame import answer, choice_of, frame_of

# The newest; a file has all of them.
MOST_ROWS: Final = 500


@require_safe
@member_page(Permission.LOOK)
def spending(request: MemberRequest) -> HttpResponse:
    choice = choice_of(request)
    earner = read_earner(request.GET.dict())
    reading = queries.Reading()
    kept = {name: text for name in NAMES if (text := request.GET.get(name)) is not None}
    frame = {
        **frame_of(request, reading, choice, kept),
        "narrowed": earner_words(request.business, earner),
    }

    def look() -> dict[str, object]:
        rows = queries.spending(request.business, reading, choice, earner)
        return {
            "rows": [(row, round(row.cost)) for row in rows[:MOST_ROWS]],
            "more": max(0, len(rows) - MOST_ROWS),
            "left_out": queries.left_out(request.business, reading, choice).costs,
            "in_all": round(sum(row.cost for row in rows)),
        }

    return answer(request, "reports/spending.html", frame, look)

"""Which tables a dashboard has, in their order, and who makes each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from textrail.domain.reports.exports import sections
from textrail.domain.reports.exports.sheets import Sheet
from textrail.domain.reports.exports.tables import Tables, days, figures, origins, ranked

_MAKERS: Final[dict[str, tuple[str, Callable[[Tables], Sheet]]]] = {
    "figures": ("Figures", figures),
    "days": ("Days", days),
    "channels": ("Channels", sections.channels),
    "origins": ("Origins", origins),
    "campaigns": ("Campaigns", partial(ranked, key="campaigns")),
    "variants": ("Wordings", partial(ranked, key="variants")),
    "numbers": ("Numbers", partial(ranked, key="numbers")),
    "links": ("Links", partial(ranked, key="links")),
    "ways": ("Visits without a text", partial(ranked, key="ways")),
    "visits": ("Campaigns of visits", sections.visits),
    "kinds": ("Types of text", sections.kinds),
    "delays": ("Time to conversion", sections.delays),
    "paths": ("Paths", sections.paths),
    "roles": ("Parts of channels", sections.roles),
    "hours": ("Hours of the week", sections.hours),
    "tags": ("Tags", sections.tags),
    "models_channels": ("Models by channel", sections.models_of_channels),
    "models_origins": ("Models by origin", sections.models_of_origins),
}
# For the menu: a CSV holds one of them.
TABLES: Final = tuple((key, name) for key, (name, _) in _MAKERS.items())


def dashboard_sheets(asked: Tables, *, only: str = "") -> list[Sheet]:
    """Every table of the dashboard, or `only` the one that is wanted; all of them where there is no
    such table."""
    wanted = [only] if only in _MAKERS else list(_MAKERS)
    return [_MAKERS[key][1](asked) for key in wanted]

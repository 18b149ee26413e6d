"""Questions to the columns, and the names of what they are about. Business first, always."""

from textrail.domain.reports.queries.credited import (
    CreditPage,
    credit_page,
    earner_names,
)
from textrail.domain.reports.queries.dashboard import Figures, Overview, overview
from textrail.domain.reports.queries.paths import Path, path
from textrail.domain.reports.queries.rankings import Rankings, Row, rankings
from textrail.domain.reports.queries.reading import Reading

__all__ = [
    "CreditPage",
    "Figures",
    "Overview",
    "Path",
    "Rankings",
    "Reading",
    "Row",
    "credit_page",
    "earner_names",
    "overview",
    "path",
    "rankings",
]

"""Looking at conversions, their types, and what waits. Business first, always."""

from textrail.domain.conversions.queries.conversions import (
    ConversionPage,
    ConversionRow,
    TimelineEntry,
    conversion,
    conversion_page,
    doubtful_clicks,
    people_of_clicks,
    reported_before,
    timeline_entries,
)
from textrail.domain.conversions.queries.facts import Facts, facts_of
from textrail.domain.conversions.queries.imports import import_, imports, refused_rows
from textrail.domain.conversions.queries.parked import (
    ReasonCount,
    parked_before,
    parked_count,
    parked_page,
    parked_reasons,
    parked_report,
    waiting,
    waiting_for_rates,
    waiting_reports,
)
from textrail.domain.conversions.queries.rates import RatesKnown, rates_before, rates_known
from textrail.domain.conversions.queries.repeats import counted_instead
from textrail.domain.conversions.queries.shops import shop, shops
from textrail.domain.conversions.queries.types import (
    TypeRow,
    conversion_type,
    draft_of,
    refund_events,
    type_names,
    types,
    unmatched_events,
    valued_events,
)

__all__ = [
    "ConversionPage",
    "ConversionRow",
    "Facts",
    "RatesKnown",
    "ReasonCount",
    "TimelineEntry",
    "TypeRow",
    "conversion",
    "conversion_page",
    "conversion_type",
    "counted_instead",
    "doubtful_clicks",
    "draft_of",
    "facts_of",
    "import_",
    "imports",
    "parked_before",
    "parked_count",
    "parked_page",
    "parked_reasons",
    "parked_report",
    "people_of_clicks",
    "rates_before",
    "rates_known",
    "refund_events",
    "refused_rows",
    "reported_before",
    "shop",
    "shops",
    "timeline_entries",
    "type_names",
    "types",
    "unmatched_events",
    "valued_events",
    "waiting",
    "waiting_for_rates",
    "waiting_reports",
]

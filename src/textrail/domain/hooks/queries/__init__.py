"""Looking at endpoints and deliveries, and at what an event has to tell. Business first, always."""

from textrail.domain.hooks.queries.describing import described
from textrail.domain.hooks.queries.endpoints import (
    PAGE,
    EndpointRow,
    delivery,
    delivery_page,
    endpoint,
    endpoint_rows,
    failed_since,
    hearing,
    wanted,
)

__all__ = [
    "PAGE",
    "EndpointRow",
    "delivery",
    "delivery_page",
    "described",
    "endpoint",
    "endpoint_rows",
    "failed_since",
    "hearing",
    "wanted",
]

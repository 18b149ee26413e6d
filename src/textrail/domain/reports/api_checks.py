"""What of a call asks for nothing that is there: a typing error must not pass for an answer, nor a
broken place in a list for its beginning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from textrail.domain.accounts.models import Business
from textrail.domain.reports.earners import LONGEST_PATH
from textrail.domain.reports.queries import known
from textrail.vocabulary.channels import CHANNEL_NAMES
from textrail.vocabulary.errors import Malformed
from textrail.web.api_schemas import no_such_place

_PLACE: Final = re.compile(r"[0-9]{1,18}~[0-9]{1,18}")
_CHANNELS: Final = ("via", "channel", "way", "path")
_CALLED: Final = {"type": "type of conversion", "tag": "tag", "via_source": "source"}


def check_narrowing(business: Business, given: Mapping[str, str]) -> None:
    """Malformed, by its parameter, for a channel, source, type or tag that the business has not."""
    for name in _CHANNELS:
        if given.get(name):
            _check_channels(business, name, given[name].split(","))
    for name, called in _CALLED.items():
        if name in given and not known.has_row(business, name, int(given[name])):
            raise Malformed(
                f"There is no {called} {given[name]}.",
                hint="Send the id of one of this business.",
                field=name,
            )
    source = given.get("via_way_source", "")
    if source and known.first_way(business, source) is None:
        raise Malformed(
            f"No visit came from “{source[:40]}”.",
            hint="Send a source as the table of sources of visits names it.",
            field="via_way_source",
        )


def check_place(after: str) -> None:
    """Malformed for what is no `next` of a list of credits."""
    if after and not _PLACE.fullmatch(after):
        raise no_such_place()


def _check_channels(business: Business, name: str, codes: list[str]) -> None:
    if len(codes) > (LONGEST_PATH if name == "path" else 1):
        most = f"at most {LONGEST_PATH} channels" if name == "path" else "one channel"
        raise Malformed(f"“{name}” takes {most}.", field=name)
    strange = known.unknown_channels(business, codes)
    if strange:
        raise Malformed(
            f"There is no channel “{strange[0][:40]}”.",
            hint=f"Send a code, in small letters: {', '.join(CHANNEL_NAMES)}, or one of your own.",
            field=name,
        )

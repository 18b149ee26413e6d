"""A report as PDF, set by typst. What a report says is data to it and never markup."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from textrail.domain.reports.exports.report import Report

_TEMPLATE: Final = Path(__file__).parent / "data" / "report.typ"
# Where paper is Letter, as Unicode's CLDR has it (supplemental/measurementData); elsewhere A4.
_LETTER: Final = (
    *("BZ", "CA", "CL", "CO", "CR", "GT", "MX"),
    *("NI", "PA", "PH", "PR", "SV", "US", "VE"),
)


def pdf_of(report: Report, *, country: str, made_at: datetime) -> bytes:
    """The report as a tagged PDF on the paper of `country` (ISO 3166). Letters that typst's own
    font has not are looked for among the fonts of this machine."""
    import typst

    said = {**asdict(report), "paper": "us-letter" if country in _LETTER else "a4"}
    return typst.compile(
        _template(),
        format="pdf",
        sys_inputs={"report": json.dumps(said)},
        timestamp=int(made_at.timestamp()),
    )


@cache
def _template() -> bytes:
    return _TEMPLATE.read_bytes()

"""Whose place counts: what a contact told, then their address."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from textrail.vocabulary.routing import Place
from textrail.vocabulary.whereabouts import place_of_contact


@dataclass(frozen=True)
class Told:
    country: str = ""
    region: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None


TAMPA = Place("US", "FL", "Tampa", 27.95, -82.46)


@pytest.mark.parametrize(
    ("told", "place"),
    [
        (Told(), TAMPA),
        (Told("US", "FL", "Miami"), Place("US", "FL", "Miami", 27.95, -82.46, known=True)),
        # A country alone, as in most lists: the address says the rest.
        (Told("US"), TAMPA),
        (Told("us", "FL"), TAMPA),
        (Told(city="tampa"), TAMPA),
        (Told("US", "FL", "Tampa"), Place("US", "FL", "Tampa", 27.95, -82.46, known=True)),
        (Told("US", "", "", 25.8, -80.2), Place("US", "FL", "Tampa", 25.8, -80.2)),
        (Told("US", "", "Miami"), Place("US", "", "Miami", 27.95, -82.46, known=True)),
        (Told("US", "ga", "Atlanta"), Place("US", "ga", "Atlanta", known=True)),
        (Told("DE"), Place("DE", known=True)),
        (Told("", "", "", 25.8, -80.2), Place(latitude=25.8, longitude=-80.2, known=True)),
    ],
)
def test_what_somebody_told_comes_before_their_address(told: Told, place: Place) -> None:
    """The address helps out as long as it does not lie somewhere else."""
    assert place_of_contact(told, TAMPA) == place


@pytest.mark.parametrize("told", [Told("US"), Told("US", "FL"), Told("US", "FL", "Tampa")])
def test_without_a_file_of_places_the_record_is_all_there_is(told: Told) -> None:
    assert place_of_contact(told, Place()) == Place(
        told.country, told.region, told.city, known=True
    )

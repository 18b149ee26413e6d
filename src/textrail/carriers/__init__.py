"""Carriers: one folder each. A carrier's own words stop at its folder."""

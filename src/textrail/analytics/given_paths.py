"""Paths that somebody else counted, from a CSV: to hold our models beside those of other tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from textrail.analytics.attribution import TeamModel
from textrail.analytics.counted import SEPARATOR, CountedPaths
from textrail.analytics.heuristics import PATH_MODELS, path_shares
from textrail.analytics.markov import removal_effects
from textrail.analytics.shapley import shares
from textrail.vocabulary.errors import Malformed

# Column of the file → of the counted paths.
_COUNTS: Final = {"conversions": "conversions", "value": "value_minor", "nulls": "null_paths"}
_HINT: Final = (
    "Its first line is path,conversions,value,nulls, of which the last two may be missing;"
    " a path is a > b > c, and numbers are like 12.5."
)
_NO_STEP: Final = f"^{SEPARATOR}|{SEPARATOR}{SEPARATOR}|{SEPARATOR}$"


def read_paths(file: Path) -> CountedPaths:
    """A line for each path: its `path`, names with > between them, and how often it was gone: with
    `conversions` and their `value`, and without any, `nulls`. What is empty is 0. The names of the
    columns may be capitalised, as those of our own files are.

    Malformed where that is not what the file holds; OSError where there is none.
    """
    kinds = {"path": pa.string(), **dict.fromkeys(_COUNTS, pa.float64())}
    spelt = kinds | {name.capitalize(): kind for name, kind in kinds.items()}
    try:
        table = csv.read_csv(file, convert_options=csv.ConvertOptions(column_types=spelt))
    except pa.ArrowInvalid as error:
        raise _malformed(f"{file} is no file of paths: {error}.") from error
    table = table.rename_columns(
        [name.lower() if name in spelt else name for name in table.column_names]
    )
    known = [name for name in table.column_names if name in kinds]
    if {"path", "conversions"} - set(known) or len(set(known)) < len(known):
        raise _malformed(f"{file} needs one column path and one column conversions.")
    trimmed = pc.utf8_trim_whitespace(table["path"])
    columns = {"path": pc.replace_substring_regex(trimmed, r"\s*>\s*", SEPARATOR)}
    if pc.any(pc.match_substring_regex(columns["path"], _NO_STEP)).as_py():
        raise _malformed(f"A path in {file} has a step without a name.")
    for name, column in _COUNTS.items():
        counts = table[name] if name in known else pa.nulls(len(table), pa.float64())
        columns[column] = pc.fill_null(counts, 0.0)
        if not pc.all(pc.is_finite(columns[column])).as_py():
            raise _malformed(f"{file} has a number in its column {name} that is none.")
    return CountedPaths.of(pa.table(columns))


def weigh(paths: CountedPaths, *, order: int) -> Iterator[tuple[Any, ...]]:
    """The names of the columns, then a row for each state of the paths, by name: what each model
    that needs no more than paths gives it of the conversions and of their value, in fractions.

    Malformed for an `order` that Markov has not.
    """
    effects = removal_effects(paths, order=order)
    markov = {name: (each.conversions, each.value) for name, each in effects.items()}
    found = [
        *path_shares(PATH_MODELS, paths).items(),
        (TeamModel.MARKOV, markov),
        (TeamModel.SHAPLEY, shares(paths)),
    ]
    yield "state", *(f"{model} {what}" for model, _ in found for what in ("conversions", "value"))
    for name in paths.names:
        yield name, *(part for _, each in found for part in each[name])


def _malformed(sentence: str) -> Malformed:
    return Malformed(sentence, hint=_HINT, field="file")

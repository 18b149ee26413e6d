"""Attribution beside ChannelAttribution (C++) and DP6's marketing_attribution_models, in one run.

“Of paths” is on equal terms: Textrail and the peer weigh the same paths, ready in memory as texts,
each different path once with its counts. The second peer knows no counts, and no paths without a
conversion: it is given the path of each conversion, and Textrail the same ones counted, and then,
as “uncounted”, one for each conversion too. Each side is timed from columns that it takes (Arrow's,
as an engine answers them; a data frame) to the credits of every channel, in fractions, best of
three, the slowest peer once; “of cores” compares what the cores worked, which says more on a busy
machine.
“From files” is what reports do: Textrail reads the Parquet files
of single touches and conversions, finds the paths and credits each touch to the cent;
ChannelAttribution is given counted paths all the same, and the other peer the touches on the way to
conversions, in memory.

A step of a path is a campaign or a number, 60 in all. The newest marketing_attribution_models is
another program than DP6's, on Polars, so both are run.
Install them once, apart from Textrail, then run by hand on a quiet machine:

    python3 -m venv build/peers
    build/peers/bin/pip install ChannelAttribution==2.2.5 matplotlib \\
        marketing_attribution_models==2.1.1
    python3 -m venv build/peers-1.0
    build/peers-1.0/bin/pip install marketing_attribution_models==1.0.10 "pandas<2" "numpy<2" \\
        "matplotlib<3.8" "seaborn<0.13" setuptools
    .venv/bin/python benchmarks/attribution_peers.py
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attribution import _make, _print_machine

BUILD = Path(__file__).parents[1] / "build"
ARROW = " > "
# The columns of counted paths.
COUNTS = ("path", "conversions", "value_minor", "null_paths")
Seconds = tuple[float, float]
TIMED = """
import json, os, time
def timed(work, runs=3):
    taken = []
    for _ in range(runs):
        began, worked = time.perf_counter(), time.process_time()
        result = work()
        taken.append((time.perf_counter() - began, time.process_time() - worked))
    return [min(each) for each in zip(*taken)], result
"""
# Each prints one object: what was done → seconds, by the clock and of the cores, and credits, to
# compare with ours.
CHANNEL_ATTRIBUTION = f"""{TIMED}
import ChannelAttribution, pandas
paths = pandas.read_csv("paths.csv")
sizes = dict(var_path="path", var_conv="conversions", var_value="value", flg_pro=False)
heuristics, rows = timed(lambda: ChannelAttribution.heuristic_models(paths, **sizes))
chain = dict(var_null="nulls", order=int(os.environ["ORDER"]), seed=1, verbose=False, **sizes)
simulation, _ = timed(lambda: ChannelAttribution.markov_model(paths, **chain))
# As it comes, its walks end after the steps of the longest path, and its results vary by 5%.
markov = ChannelAttribution.markov_model(
    paths, max_step=10_000, nsim_start=2e6, conv_par=0.01, **chain)
print(json.dumps({{
    "heuristics": heuristics, "markov": simulation,
    "first": dict(zip(rows["channel_name"], rows["first_touch_value"])),
    "last": dict(zip(rows["channel_name"], rows["last_touch_value"])),
    "linear": dict(zip(rows["channel_name"], rows["linear_touch_value"])),
    "markov conversions": dict(zip(markov["channel_name"], markov["total_conversions"])),
}}))
"""
MODELS_1 = f"""{TIMED}
import pandas
from marketing_attribution_models import MAM
touches = pandas.read_csv("touches.csv")
touches["at"] = pandas.to_datetime(touches["at"], unit="ms")
journeys = pandas.read_csv("journeys.csv")
journeys["converted"] = True
def of_paths():
    models = MAM(journeys, channels_colname="path", journey_with_conv_colname="converted",
        conversion_value="value", group_channels=False)
    models.attribution_last_click()
    models.attribution_first_click()
    models.attribution_linear()
    models.attribution_position_based()
def from_touches():
    models = MAM(touches, channels_colname="step", journey_with_conv_colname="converted",
        conversion_value="value", group_channels=True, group_channels_by_id_list=["id"],
        group_timestamp_colname="at")
    models.attribution_last_click()
    models.attribution_first_click()
    linear = models.attribution_linear()[1]
    models.attribution_position_based()
    models.attribution_time_decay()
    return dict(zip(linear.iloc[:, 0], linear.iloc[:, 1]))
four, _ = timed(of_paths, 1)
five, linear = timed(from_touches, 1)
print(json.dumps({{"four": four, "five": five, "linear": linear}}))
"""
MODELS_2 = f"""{TIMED}
import polars
from mam import MAM
touches = polars.read_csv("touches.csv").with_columns(polars.from_epoch("at", time_unit="ms"))
journeys = polars.read_csv("journeys.csv").with_columns(
    polars.lit(True).alias("converted"), polars.lit("0").alias("hours"))
def of_paths():
    models = MAM(journeys, format_type="journey", user_id_colname="id", channels_colname="path",
        journey_with_conv_colname="converted", time_till_conv_colname="hours",
        conversion_value_colname="value")
    models.run_last_click()
    models.run_first_click()
    models.run_linear()
    models.run_position_based()
def from_touches():
    models = MAM(touches, format_type="session", user_id_colname="id", datetime_colname="at",
        channels_colname="step", journey_with_conv_colname="converted",
        conversion_value_colname="value")
    models.run_last_click()
    models.run_first_click()
    linear = models.run_linear().to_dict()
    models.run_position_based()
    models.run_time_decay()
    return dict(zip(linear["channels"], linear["attribution"]))
four, _ = timed(of_paths)
five, linear = timed(from_touches)
print(json.dumps({{"four": four, "five": five, "linear": linear}}))
"""


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="textrail-peers-") as home:
        folder = Path(home)
        os.environ["TEXTRAIL_DATA"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "textrail.project.settings")
        import django

        django.setup()
        _print_machine(options.threads)
        ours = _ours(folder, options)
        names = ", ".join(f"{name} {count:,}" for name, count in ours["sizes"].items())
        print(f"{names}; seconds:")
        _compare_channel_attribution(folder, ours, options)
        for name, place, script in (
            ("marketing_attribution_models 1.0.10", "peers-1.0", MODELS_1),
            ("marketing_attribution_models 2.1.1", "peers", MODELS_2),
        ):
            peer = _peer(place, script, folder)
            for what in ("four of paths", "four, uncounted"):
                _compare(name, what, ours[what], peer["four"])
            _compare(name, "five from files", ours["five from files"], peer["five"])
            _agree(name, "linear", ours["linear"], peer["linear"], within=0.001)
        _print_growth(options.states)


def _print_growth(counts: Sequence[int]) -> None:
    """Markov alone, exact, as campaigns grow in number: a state for each, ten steps a path."""
    import pyarrow as pa

    from textrail.analytics.counted import SEPARATOR, CountedPaths
    from textrail.analytics.markov import removal_effects

    dice = random.Random(1)
    for count in counts:
        names = [f"c{number}" for number in range(count)]
        paths = [
            (
                SEPARATOR.join(dice.choices(names, k=min(100, 1 + int(dice.expovariate(0.1))))),
                *(dice.randrange(most) for most in (3, 900, 9)),
            )
            for _ in range(100_000)
        ]
        table = pa.table(dict(zip(COUNTS, zip(*paths, strict=True), strict=True)))
        seconds, cores = _best(partial(removal_effects, CountedPaths.of(table)))
        print(f"Markov, {count:>5,} states, 100,000 paths: {seconds:.2f}, {cores:.2f} of cores")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--touchpoints", type=int, default=1_000_000)
    parser.add_argument("--states", type=int, nargs="*", default=(60, 300, 1000, 3000))
    parser.add_argument("--order", type=int, default=1, choices=(1, 2, 3))
    return parser.parse_args()


def _ours(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Our seconds and results; leaves `*.csv` for the peers."""
    import pyarrow.compute as pc

    from textrail.analytics.attribution import (
        VIEWS,
        Grain,
        Model,
        Scope,
        counts_query,
        credits_query,
    )
    from textrail.analytics.counted import SEPARATOR, CountedPaths
    from textrail.analytics.engine import Engine, Result
    from textrail.analytics.heuristics import path_shares
    from textrail.analytics.markov import removal_effects
    from textrail.domain.reports.columns import TABLES

    files = _make(folder / "columns", options.touchpoints)
    engine = Engine(folder, TABLES, VIEWS, memory="4GB", threads=options.threads)
    scope = Scope(business_id=1, from_ms=0, until_ms=2**60, grain=Grain.ORIGIN)
    three = (Model.FIRST, Model.LAST, Model.LINEAR)
    five = (*three, Model.POSITION, Model.DECAY)

    def weigh(models: tuple[Model, ...]) -> list[dict[str, Any]]:
        sums = ", ".join(f"SUM(credit_{model}) AS {model}" for model in models)
        select = f"SELECT state, {sums} FROM credits WHERE touch IS NOT NULL GROUP BY state"
        return engine.ask(credits_query(models, scope, select), files).records()

    everybody = engine.columns(counts_query(scope), files)
    counted = everybody.filter(pc.not_equal(everybody["path"], ""))
    converting = counted.filter(
        pc.or_(pc.not_equal(counted["conversions"], 0), pc.not_equal(counted["value_minor"], 0))
    )
    each = """SELECT conversion_id, touched_at_ms, state, CAST(position = length AS INT),
        CASE WHEN position = length THEN value_minor ELSE 0 END
        FROM credits WHERE touch IS NOT NULL ORDER BY conversion_id, position"""
    touches = engine.ask(credits_query((Model.LAST,), scope, each), files).rows
    of_each = f"""SELECT STRING_AGG(state, '{SEPARATOR}' ORDER BY position) AS path,
        1 AS conversions, MAX(value_minor) AS value_minor, 0 AS null_paths
        FROM credits WHERE touch IS NOT NULL GROUP BY conversion_id"""
    uncounted = engine.columns(credits_query((Model.LAST,), scope, of_each), files)
    journeys = [
        (number, path.replace(SEPARATOR, ARROW), value)
        for number, (path, _, value, _) in enumerate(Result.of(uncounted).rows)
    ]
    _write_csv(
        folder / "paths.csv",
        ("path", "conversions", "value", "nulls"),
        [(text.replace(SEPARATOR, ARROW), *counts) for text, *counts in Result.of(counted).rows],
    )
    _write_csv(folder / "journeys.csv", ("id", "path", "value"), journeys)
    _write_csv(folder / "touches.csv", ("id", "at", "step", "converted", "value"), touches)
    rows = weigh(three)
    four = (*three, Model.POSITION)
    return {
        "sizes": {
            "touchpoints": options.touchpoints,
            "touches on the way to conversions": len(touches),
            "different paths": counted.num_rows,
        },
        "three of paths": _best(lambda: path_shares(three, CountedPaths.of(counted))),
        "four of paths": _best(lambda: path_shares(four, CountedPaths.of(converting))),
        "four, uncounted": _best(lambda: path_shares(four, CountedPaths.of(uncounted))),
        "three from files": _best(lambda: weigh(three)),
        "five from files": _best(lambda: weigh(five)),
        "markov": _best(lambda: removal_effects(CountedPaths.of(counted), order=options.order)),
        **{model.value: {row["state"]: int(row[model]) for row in rows} for model in three},
        "markov conversions": {
            channel: removal.conversions
            for channel, removal in removal_effects(
                CountedPaths.of(everybody), order=options.order
            ).items()
        },
    }


def _compare_channel_attribution(
    folder: Path, ours: dict[str, Any], options: argparse.Namespace
) -> None:
    name = "ChannelAttribution 2.2.5"
    peer = _peer("peers", CHANNEL_ATTRIBUTION, folder, ORDER=str(options.order))
    for what in ("three of paths", "three from files"):
        _compare(name, what, ours[what], peer["heuristics"])
    _compare(name, f"Markov, order {options.order}", ours["markov"], peer["markov"])
    for model in ("first", "last", "linear"):
        _agree(name, model, ours[model], peer[model], within=0.001)
    _agree(name, "Markov", ours["markov conversions"], peer["markov conversions"], within=0.01)


def _best(work: Callable[[], object]) -> Seconds:
    """By the clock, and of all cores together."""
    taken = []
    for _ in range(3):
        began, worked = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - began, time.process_time() - worked))
    return min(clock for clock, _ in taken), min(cores for _, cores in taken)


def _peer(place: str, script: str, folder: Path, **environment: str) -> dict[str, Any]:
    """What the peer's script printed last, run by the Python that it was installed for."""
    python = BUILD / place / "bin" / "python"
    if not python.exists():
        raise SystemExit(f"{python} is missing: install the peers as this file's head says.")
    done = subprocess.run(
        [python, "-c", script],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _compare(name: str, what: str, ours: Seconds, theirs: Seconds) -> None:
    times, of_cores = theirs[0] / ours[0], theirs[1] / ours[1]
    print(
        f"{what:<18} Textrail {ours[0]:8.3f}   {name} {theirs[0]:8.3f}   {times:7.1f} times,"
        f" {of_cores:.1f} of cores"
    )


def _agree(
    name: str, model: str, ours: dict[str, float], theirs: dict[str, float], *, within: float
) -> None:
    """Stop where credits are, on the mean, further apart than `within` of themselves."""
    apart = sum(abs(theirs[step] - credit) for step, credit in ours.items())
    whole = sum(abs(credit) for credit in ours.values())
    print(f"  {model}: {apart / whole:.4%} apart")
    if apart > within * whole:
        raise SystemExit(f"{name} and Textrail do not agree on {model}.")


def _write_csv(path: Path, names: tuple[str, ...], rows: Any) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


if __name__ == "__main__":
    main()

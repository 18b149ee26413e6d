"""Our models beside ChannelAttribution's, on the data set that comes with that package.

The data (10,000 journeys of 12 channels; `PathData` in R, `Data.csv` in the source of the Python
package) has that package's licence, so it is not part of Textrail. Install the peer as the head of
`attribution_peers.py` says, take the data out of its source, and compare:

    build/peers/bin/pip download --no-deps --no-binary ChannelAttribution ChannelAttribution==2.2.5
    tar xzf channelattribution-2.2.5.tar.gz -C build/peers --strip-components=4 \\
        channelattribution-2.2.5/src/cypack/data/Data.csv
    .venv/bin/python benchmarks/peer_data.py build/peers/Data.csv

Its Markov model simulates walks. A channel with three conversions of 20,000 varies by tens of
percent between its own runs; all channels together are to be within one percent of ours.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
from pathlib import Path

PYTHON = Path(__file__).parents[1] / "build" / "peers" / "bin" / "python"
WITHIN = 0.01
SCRIPT = """
import json, os
import ChannelAttribution, pandas
data = pandas.read_csv(os.environ["DATA"], sep=";")
names = dict(var_path="path", var_conv="total_conversions", var_value="total_conversion_value",
    flg_pro=False)
rows = ChannelAttribution.heuristic_models(data, **names)
found = {"first": {}, "last": {}, "linear": {}}
for row in rows.to_dict("records"):
    for model in found:
        found[model][row["channel_name"]] = (
            row[model + "_touch_conversions"], row[model + "_touch_value"])
for order in (1, 2, 3):
    rows = ChannelAttribution.markov_model(data, var_null="total_null", order=order, seed=1,
        verbose=False, max_step=10_000, nsim_start=2e6, conv_par=0.01, **names)
    found["markov %d" % order] = {row["channel_name"]: (
        row["total_conversions"], row["total_conversion_value"])
        for row in rows.to_dict("records")}
print(json.dumps(found))
"""
Credits = dict[str, tuple[float, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path, help="Data.csv of ChannelAttribution")
    data = parser.parse_args().data.absolute()
    ours, theirs = _ours(data), _theirs(data)
    failed = False
    for model, expected in theirs.items():
        conversions, value = (_apart(ours[model], expected, place) for place in (0, 1))
        within = WITHIN if model.startswith("markov") else 1e-9
        failed |= max(conversions, value) > within
        print(f"{model:<9} conversions {conversions:9.4%} apart, value {value:9.4%} apart")
    if failed:
        raise SystemExit("Textrail and ChannelAttribution do not agree.")


def _ours(data: Path) -> dict[str, Credits]:
    import pyarrow as pa

    from textrail.analytics.attribution import Model
    from textrail.analytics.counted import SEPARATOR, CountedPaths
    from textrail.analytics.heuristics import path_shares
    from textrail.analytics.markov import removal_effects

    with data.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    counts = ("total_conversions", "total_conversion_value", "total_null")
    paths = CountedPaths.of(
        pa.table(
            [
                [SEPARATOR.join(map(str.strip, row["path"].split(">"))) for row in rows],
                *([float(row[name]) for row in rows] for name in counts),
            ],
            ["path", "conversions", "value_minor", "null_paths"],
        )
    )
    heuristics = path_shares((Model.FIRST, Model.LAST, Model.LINEAR), paths)
    found = {model.value: credits_ for model, credits_ in heuristics.items()}
    for order in (1, 2, 3):
        found[f"markov {order}"] = {
            channel: (each.conversions, each.value)
            for channel, each in removal_effects(paths, order=order).items()
        }
    return found


def _theirs(data: Path) -> dict[str, Credits]:
    if not PYTHON.exists():
        raise SystemExit(f"{PYTHON} is missing: install the peer as this file's head says.")
    environment = {**os.environ, "DATA": str(data)}
    done = subprocess.run(
        [PYTHON, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Credits] = json.loads(done.stdout.splitlines()[-1])
    return found


def _apart(ours: Credits, theirs: Credits, place: int) -> float:
    """How far all credits together are apart, as a part of what was credited."""
    whole = sum(credit[place] for credit in theirs.values())
    apart = sum(abs(ours[name][place] - credit[place]) for name, credit in theirs.items())
    return apart / whole


if __name__ == "__main__":
    main()

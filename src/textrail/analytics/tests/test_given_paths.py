"""A file of counted paths under all models, and files that are none."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from textrail.analytics.given_paths import read_paths
from textrail.project import cli
from textrail.vocabulary.errors import Malformed


def test_command_says_what_each_model_makes_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two, one and one conversions and a null path: removal effects of 0.75 and 0.5."""
    file = tmp_path / "paths.csv"
    file.write_text(
        "path,conversions,value,nulls,note\n"
        "Google Ads,2,200,1,x\n"
        'Mailing,1,100.5,,"a, b"\n'
        "Google Ads  >Mailing ,1,100,0,\n"
        ",9,900,0,nobody\n"
    )
    cli.main(["weigh", str(file)])
    ads, mailing = csv.DictReader(capsys.readouterr().out.splitlines())
    assert (ads["state"], mailing["state"]) == ("Google Ads", "Mailing")
    expected = {"first": (3, 1), "last": (2, 2), "linear": (2.5, 1.5), "markov": (2.4, 1.6)}
    for model, parts in expected.items():
        found = [float(row[f"{model} conversions"]) for row in (ads, mailing)]
        assert found == pytest.approx(parts), model
    assert float(mailing["shapley value"]) == pytest.approx(150.5)
    assert len(ads) == 1 + 2 * 7


def test_counts_of_value_and_nulls_may_be_missing(tmp_path: Path) -> None:
    file = tmp_path / "paths.csv"
    file.write_text("conversions,path\n3,a > b > a\n")
    paths = read_paths(file)
    assert (paths.names, paths.steps.tolist()) == (("a", "b"), [0, 1, 0])
    assert (paths.conversions.tolist(), paths.value.tolist(), paths.nulls.tolist()) == (
        [3.0],
        [0.0],
        [0.0],
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "Empty"),
        (b"path,conversions\n\xff,1\n", "UTF8"),
        (b"path,value\na,1\n", "needs one column path"),
        (b"path,path,conversions\na,b,1\n", "needs one column path"),
        (b"path,Path,conversions\na,b,1\n", "needs one column path"),
        (b"path,conversions\na,many\n", "many"),
        (b"path,conversions\na,inf\n", "column conversions that is none"),
        (b"path,conversions\na > b\n", "Expected 2 columns"),
        (b"path,conversions\na > > b,1\n", "step without a name"),
        (b"path,conversions\n> b,1\n", "step without a name"),
    ],
)
def test_file_that_is_none_of_paths_is_refused(tmp_path: Path, text: bytes, said: str) -> None:
    file = tmp_path / "paths.csv"
    file.write_bytes(text)
    with pytest.raises(Malformed, match=said) as refused:
        read_paths(file)
    assert "path,conversions,value,nulls" in refused.value.hint
    with pytest.raises(SystemExit, match="textrail: "):
        cli.main(["weigh", str(file)])


def test_order_that_markov_has_not_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "paths.csv"
    with pytest.raises(SystemExit, match=r"textrail: .*paths\.csv"):
        cli.main(["weigh", str(file)])
    file.write_text("path,conversions\na,1\n")
    with pytest.raises(SystemExit, match="order 1, 2 or 3, not 4"):
        cli.main(["weigh", str(file), "--order", "4"])

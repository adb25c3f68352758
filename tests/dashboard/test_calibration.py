"""The evidence for checks: words, what passes where, what the reference runs measured, and the figure of it."""

import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.shell import TASKS

from rexlab.authoring.calibration import Calibration, CalibrationRun
from rexlab.dashboard.calibration import Evidence, calibration_of, check_in_words, evidence_for, number_in_words
from rexlab.dashboard.calibration_figure import can_scale, evidence_figure
from rexlab.errors import ManifestError
from rexlab.task.checks import Absolute, Check, Exact, Greater, Interval, Less, Relative, Sigma
from rexlab.task.load import Task, load_task
from rexlab.task.manifest import ExperimentSection, JsonSource, MetricSection

ABSOLUTE = Absolute(kind="absolute", target=1.25, tolerance=0.03)


def record(runs: Sequence[Sequence[float]], others: Sequence[Sequence[float]] = ()) -> Calibration:
    def run(values: Sequence[float]) -> CalibrationRun:
        return CalibrationRun(seeds={"e": [0]}, values={"e": {"m": list(values)}}, seconds={"e": 1.0})

    return Calibration(
        schema=1,
        task_digest="d",
        created="2026-01-01T00:00:00Z",
        rexlab="0.1.0",
        sandbox="process",
        packages={},
        hardware={},
        runs=[run(v) for v in runs],
        seed_runs=[run(v) for v in others],
    )


def evidence(
    check: Check, runs: Sequence[Sequence[float]], *, count: int = 1, seeds: Sequence[int] = (0,), **more: Any
) -> Evidence:
    metric = MetricSection(name="m", source=JsonSource(file="r.json", pointer="/m"), count=count, check=check)
    experiment = ExperimentSection(name="e", command="run {seed}", seeds=list(seeds), metric=[metric])
    return evidence_for(experiment, metric, record(runs, **more))


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (Exact(kind="exact", target=743), "exactly 743"),
        (ABSOLUTE, "within 0.03 of 1.25"),
        (Relative(kind="relative", target=0.2226, tolerance=1e-4), "within 0.01 % of 0.2226"),
        (Relative(kind="relative", target=[2.0, 1.0], tolerance=0.5), "within 50 % of 2, 1"),
        (
            Relative(kind="relative", target=[3.5, 1.0, -2.0, 4.0], tolerance=0.5),
            "within 50 % of each of 4 values, between \N{MINUS SIGN}2 and 4",
        ),
        (Exact(kind="exact", target=[1, 2, 3, 4]), "exactly these 4 values, between 1 and 4"),
        (Sigma(kind="sigma", mean=1.25, sd=0.01, k=3), "within 3 sd (0.03) of 1.25"),
        (Interval(kind="interval", low=-1.5, high=2), "between \N{MINUS SIGN}1.5 and 2"),
        (Greater(kind="greater", bound=1.5), "more than 1.5"),
        (Less(kind="less", bound=1e-6), "less than 1.00e\N{MINUS SIGN}06"),
    ],
)
def test_checks_in_words(check: Check, words: str) -> None:
    assert check_in_words(check) == words


def test_numbers_have_enough_digits_to_tell_them_apart() -> None:
    assert number_in_words(743.0) == "743"
    assert number_in_words(1.149203766193574) == "1.1492038"
    assert number_in_words(-0.5) == "\N{MINUS SIGN}0.5"
    assert number_in_words(math.inf) == "\N{INFINITY}"


def test_a_value_has_its_band_and_how_far_inside_the_runs_are() -> None:
    found = evidence(ABSOLUTE, [[1.25], [1.265], [1.24]])
    (position,) = found.positions
    assert (position.low, position.high) == (1.22, 1.28)
    assert position.values == [1.25, 1.265, 1.24]
    assert position.room == pytest.approx(0.5)
    assert (found.runs, found.passing_runs, found.holds) == (3, 3, True)


def test_a_run_that_fails_is_counted_and_has_no_room() -> None:
    found = evidence(ABSOLUTE, [[1.25], [1.31]])
    assert (found.passing_runs, found.holds) == (1, False)
    assert found.positions[0].room == pytest.approx(-1.0)


def test_several_values_go_by_seed_and_each_has_its_own_target() -> None:
    check = Relative(kind="relative", target=[1.0, 2.0, 3.0, 4.0], tolerance=0.1)
    found = evidence(check, [[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.5]], count=2, seeds=[5, 6])
    assert [(p.number, p.seed, p.target) for p in found.positions] == [
        (1, 5, 1.0),
        (2, 5, 2.0),
        (3, 6, 3.0),
        (4, 6, 4.0),
    ]
    assert [p.passing for p in found.positions] == [[True, True]] * 3 + [[True, False]]
    assert found.passing_runs == 1


def test_bounds_are_open_on_one_side_and_have_no_room() -> None:
    (above,) = evidence(Greater(kind="greater", bound=1.5), [[2.0]]).positions
    (below,) = evidence(Less(kind="less", bound=1.5), [[1.5]]).positions
    assert (above.low, above.high, above.room, above.passing) == (1.5, math.inf, None, [True])
    assert (below.low, below.high, below.passing) == (-math.inf, 1.5, [False])


def test_runs_of_another_shape_are_left_out() -> None:
    check = Relative(kind="relative", target=[1.0, 2.0], tolerance=0.1)
    found = evidence(check, [[1.0, 2.0], [1.0]], count=2)
    assert found.runs == 1
    assert evidence(check, [[1.0]], count=2).runs == 0
    assert not evidence(check, [], count=2).holds


def test_other_seeds_compare_only_where_the_task_has_one_seed() -> None:
    assert evidence(ABSOLUTE, [[1.25]], others=[[1.4], [1.1]]).positions[0].other_values == [1.4, 1.1]
    check = Relative(kind="relative", target=[1.0, 2.0], tolerance=0.1)
    assert evidence(check, [[1.0, 2.0]], seeds=[1, 2], others=[[1.4]]).other_runs == 0


@pytest.fixture
def task(tmp_path: Path) -> Task:
    shutil.copytree(TASKS / "tiny" / "moments", tmp_path / "moments")
    return load_task(tmp_path / "moments")


def test_a_task_without_a_calibration_has_none(task: Task) -> None:
    assert calibration_of(task) is None
    batch = task.experiments[0]
    found = evidence_for(batch, batch.metric[0], None)
    assert (found.runs, len(found.positions), found.check) == (0, 2, "within 0.0001 % of 5.123752, 5.5267164")


def test_a_calibration_of_another_version_is_not_current(task: Task) -> None:
    file = task.folder / "calibration.json"
    written = record([[1.0]]).model_dump(by_alias=True)
    file.write_text(json.dumps(written | {"task_digest": task.digest}))
    found = calibration_of(task)
    assert found is not None
    assert found.current
    file.write_text(json.dumps(written))
    found = calibration_of(task)
    assert found is not None
    assert not found.current


def test_a_calibration_that_is_none_is_said_so(task: Task) -> None:
    (task.folder / "calibration.json").write_text("{}")
    with pytest.raises(ManifestError, match="rexlab task calibrate"):
        calibration_of(task)


def traces(found: Evidence, **how: bool) -> dict[str, Any]:
    figure = evidence_figure(found, **how)
    assert figure is not None
    return {trace.name: trace for trace in figure.data}


def test_one_value_is_drawn_by_run_on_its_band() -> None:
    drawn = traces(evidence(ABSOLUTE, [[1.25], [1.265], [1.24]]))
    points, area = drawn["runs with the task's seeds"], drawn["passes"]
    assert list(zip(points.x, points.y, strict=True)) == [(1, 1.25), (2, 1.265), (3, 1.24)]
    assert (min(area.y), max(area.y)) == (1.22, 1.28)
    assert set(drawn["target"].y) == {1.25}


def test_several_values_are_drawn_by_position_each_on_its_band() -> None:
    check = Relative(kind="relative", target=[1.0, 2.0], tolerance=0.1)
    drawn = traces(evidence(check, [[1.0, 2.1], [1.05, 2.0]], count=2))
    points, area = drawn["runs with the task's seeds"], drawn["passes"]
    assert list(zip(points.x, points.y, strict=True)) == [(1, 1.0), (1, 1.05), (2, 2.1), (2, 2.0)]
    edges = {x: [y for a, y in zip(area.x, area.y, strict=True) if a == x] for x in (1.0, 2.0)}
    assert edges == {1.0: pytest.approx([0.9, 1.1]), 2.0: pytest.approx([1.8, 2.2])}


def test_distances_are_in_tolerances() -> None:
    check = Relative(kind="relative", target=[1.0, 2.0], tolerance=0.1)
    found = evidence(check, [[1.05, 1.8]], count=2)
    drawn = traces(found, in_tolerances=True)
    assert list(drawn["runs with the task's seeds"].y) == pytest.approx([0.5, -1.0])
    assert (min(drawn["passes"].y), max(drawn["passes"].y)) == (-1.0, 1.0)
    assert can_scale(found)
    assert not can_scale(evidence(Greater(kind="greater", bound=1.0), [[2.0]]))
    assert not can_scale(evidence(Exact(kind="exact", target=1), [[1.0]]))


def test_a_bound_is_a_line_with_what_passes_on_one_side() -> None:
    drawn = traces(evidence(Greater(kind="greater", bound=1.5), [[2.0], [2.5]]))
    assert set(drawn["bound"].y) == {1.5}
    assert min(drawn["passes"].y) == 1.5
    assert 2.5 < max(drawn["passes"].y) < 4
    assert "target" not in drawn


def test_an_exact_check_has_no_band_and_other_seeds_are_drawn_when_asked_for() -> None:
    found = evidence(Exact(kind="exact", target=3), [[3.0]], others=[[4.0]])
    assert set(traces(found)) == {"target", "runs with the task's seeds"}
    other = traces(found, others=True)["runs with other seeds"]
    assert (list(other.x), list(other.y)) == ([2], [4.0])


def test_without_runs_there_is_no_figure() -> None:
    assert evidence_figure(evidence(ABSOLUTE, [])) is None

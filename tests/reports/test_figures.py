"""Figures show what their sections hold, leave nothing out in silence, and take no name for markup."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.rich import AGENTS, rich_report

from rexlab.reports.document import Cell, Column, Estimate, Kind, Report, Section, Series, Share
from rexlab.reports.figures import agents_of, figure_of, min_width_of, note_of
from rexlab.reports.figures.parts import edges, label, number, style
from rexlab.reports.figures.shares import OUTCOME_COLOURS
from rexlab.store.models import Outcome

MARKUP = re.compile(r"[<>$\x00-\x1f\ud800-\udfff\u202e]|%\{|&(?!amp;|lt;|gt;|#36;|#37;)")
HOSTILE = '<b onclick="x()">&amp;</b> $x^2$ %{meta.note} </script>'


@pytest.fixture(scope="module")
def study() -> Report:
    return rich_report()


def section(name: str, rows: list[dict[str, Cell]], series: list[Series] | None = None) -> Section:
    columns = [Column(key, key, Kind.COUNT if key in ("masks", "trials") else Kind.TEXT) for key in rows[0]]
    return Section(name, name, columns, [list(row.values()) for row in rows], [], series or [])


def rate(value: float | None, around: float = 0.1) -> Estimate:
    return Estimate(value, None if value is None else value - around, None if value is None else value + around)


def success(agent: str, passed: int, masks: int = 1) -> dict[str, Cell]:
    found = {"passed": Share(passed, 100), "strict": rate(passed / 100), "without_infra": rate(passed / 100)}
    return {"agent": agent, "shown": "all", "masks": masks, **found}


def cost(agent: str, usd: float | None, value: float, front: bool = False) -> dict[str, Cell]:
    passed = Share(round(100 * value), 100)
    return {"agent": agent, "usd_per_trial": usd, "passed": passed, "rate": rate(value), "front": front}


def curve(agent: str, values: list[float], shown: str = "all") -> list[dict[str, Cell]]:
    return [
        {
            "agent": agent,
            "shown": shown,
            "masks": n,
            "passed": Share(round(value * 100), 100),
            "rate": rate(value),
            "expected": rate(values[0] ** n, 0.05),
        }
        for n, value in enumerate(values, 1)
    ]


def of(section_: Section, agents: tuple[str, ...] = ()) -> dict[str, Any]:
    figure = figure_of(section_, agents)
    assert figure is not None
    found: dict[str, Any] = figure.to_plotly_json()
    return found


def panels(figure: dict[str, Any]) -> list[str]:
    return [figure["layout"][axis]["title"]["text"] for axis in ("xaxis", "xaxis2")]


def dots(figure: dict[str, Any]) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if "markers" in trace.get("mode", "")]


def test_the_sections_of_a_rich_study_all_have_their_figure(study: Report) -> None:
    agents = agents_of(study)
    assert len(agents) == len(AGENTS)
    figures = {s.name: figure_of(s, agents) for s in study.sections}
    drawn = {name for name, figure in figures.items() if figure is not None}
    assert drawn == {
        "success", "outcomes", "tasks", "difficulty", "cost", "time_to_success", "resampling", "attempts",
        "comparisons"
    }  # fmt: skip


def test_an_agent_has_one_colour_in_all_its_figures(study: Report) -> None:
    agents = agents_of(study)
    colours: dict[str, set[str]] = {agent: set() for agent in agents}
    for name in ("difficulty", "cost", "time_to_success", "resampling"):
        found = study.section(name)
        assert found is not None
        for trace in of(found, tuple(agents))["data"]:
            if trace.get("name") in colours:
                colours[trace["name"]].add(trace.get("marker", trace.get("line"))["color"])
    assert all(len(found) == 1 for found in colours.values()), colours


def test_styles_of_many_agents_differ() -> None:
    assert len({style(i) for i in range(56)}) == 56


def test_no_section_without_a_figure_and_no_figure_without_rows() -> None:
    assert figure_of(section("claims", [{"agent": "a"}])) is None
    for name in (
        "outcomes",
        "tasks",
        "difficulty",
        "cost",
        "time_to_success",
        "resampling",
        "comparisons",
        "success",
        "attempts",
        "refinement",
    ):
        assert figure_of(Section(name, name, [], [])) is None, name


def test_the_leaderboard_puts_the_best_on_top_with_its_interval() -> None:
    figure = of(section("success", [success("a", 20), success("b", 70), success("c", 50)]))
    (trace,) = dots(figure)
    assert list(figure["layout"]["yaxis"]["ticktext"]) == ["b", "c", "a"]
    assert list(trace["x"]) == [0.7, 0.5, 0.2]
    assert list(trace["error_x"]["array"]) == pytest.approx([0.1] * 3)
    assert list(trace["error_x"]["arrayminus"]) == pytest.approx([0.1] * 3)
    assert "70.0 % [60–80], 70/100" in trace["hovertext"][0]  # noqa: RUF001 - as tables write it


def test_numbers_of_masks_stand_side_by_side_in_their_agents_row() -> None:
    rows = [success(agent, 90 - 10 * n, n) for agent in ("a", "b") for n in (1, 2, 3)]
    figure = of(section("success", rows))
    assert [trace["name"] for trace in dots(figure)] == ["1 masked", "2 masked", "3 masked"]
    assert len(figure["layout"]["yaxis"]["ticktext"]) == 2
    assert sorted(round(y) for trace in dots(figure) for y in trace["y"]) == [0, 0, 0, 1, 1, 1]


def test_a_long_leaderboard_says_what_it_leaves_out() -> None:
    found = figure_of(section("success", [success(f"agent {i}", i % 100) for i in range(150)]))
    assert note_of(found) == "the best 60 of 150 rows are drawn; the table has all"


def test_a_row_without_a_rate_is_not_drawn_at_nought() -> None:
    rows = [success("a", 20), {**success("b", 0), "strict": Estimate(None, reason="no trial")}]
    (trace,) = dots(of(section("success", rows)))
    assert list(trace["x"]) == [0.2]


def outcome_rows(*agents: str) -> list[dict[str, Cell]]:
    return [{"agent": a, "trials": 10, "wrong_result": 3, "passed": 6, "infra_error": 1} for a in agents]


def test_outcomes_fill_each_bar_and_have_one_colour_everywhere() -> None:
    data = of(section("outcomes", outcome_rows("a", "b")))["data"]
    assert [trace["name"] for trace in data] == ["passed", "wrong result", "infra error"]
    assert [sum(trace["x"][i] for trace in data) for i in (0, 1)] == pytest.approx([1, 1])
    alone = of(section("outcomes", [{"agent": "z", "trials": 2, "wrong_result": 2}]))["data"]
    assert alone[0]["marker"]["color"] == data[1]["marker"]["color"]


def test_every_outcome_has_a_look_of_its_own() -> None:
    assert set(OUTCOME_COLOURS) == {outcome.value for outcome in Outcome}
    assert len(set(OUTCOME_COLOURS.values())) == len(Outcome)


def test_the_heat_map_says_how_many_of_how_many() -> None:
    rows: list[dict[str, Cell]] = [
        {"task": "easy", "agent": "good", "passed": Share(4, 4), "rate": rate(1.0)},
        {"task": "hard", "agent": "good", "passed": Share(1, 4), "rate": rate(0.25)},
        {"task": "easy", "agent": "bad", "passed": Share(1, 5), "rate": rate(0.2)},
    ]
    (trace,) = (figure := of(section("tasks", rows)))["data"]
    assert list(figure["layout"]["xaxis"]["ticktext"]) == ["good", "bad"]
    assert list(figure["layout"]["yaxis"]["ticktext"]) == ["easy", "hard"]
    assert [list(line) for line in trace["text"]] == [["4/4", "1/5"], ["1/4", ""]]
    assert [list(line) for line in trace["z"]] == [[1.0, 0.2], [0.25, None]]


def test_a_wide_heat_map_asks_for_room_and_says_what_it_leaves_out() -> None:
    rows: list[dict[str, Cell]] = [
        {"task": f"t{t}", "agent": f"a{a}", "passed": Share(1, 2), "rate": rate(0.5)}
        for t in range(100)
        for a in range(50)
    ]
    figure = figure_of(section("tasks", rows))
    assert note_of(figure) == (
        "the best 80 of 100 tasks are drawn; the table has all; the best 40 of 50 agents are drawn; the table has all"
    )
    assert min_width_of(figure) > 1500


def test_unknown_prices_are_named_and_not_drawn_at_nought() -> None:
    rows = [cost("cheap", 0.1, 0.3, True), cost("dear", 0.5, 0.6, True), cost("unpriced", None, 0.9)]
    figure = of(section("cost", rows))
    assert [list(trace["x"]) for trace in dots(figure)] == [[0.1], [0.5]]
    assert figure["layout"]["meta"]["note"] == "not drawn, for their price is not known: unpriced"
    assert figure["layout"]["xaxis"].get("type") != "log"


def test_costs_far_apart_are_on_a_logarithmic_axis_which_has_no_nought() -> None:
    rows = [cost("free", 0.0, 0.1), cost("cheap", 0.01, 0.3), cost("dear", 2.0, 0.6)]
    figure = of(section("cost", rows))
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert [list(trace["x"]) for trace in dots(figure)] == [[0.01], [2.0]]
    assert "nought: free" in figure["layout"]["meta"]["note"]


def test_the_front_steps_up_from_the_cheapest_and_scripted_models_have_their_own() -> None:
    rows = [cost("b", 2.0, 0.6, True), cost("a", 1.0, 0.3, True), cost("c", 3.0, 0.5), cost("d [sim]", 0.5, 0.9, True)]
    lines = [trace for trace in of(section("cost", rows))["data"] if trace["mode"] == "lines"]
    assert [(list(line["x"]), list(line["y"])) for line in lines] == [
        ([1.0, 2.0, 3.0], [0.3, 0.6, 0.6]),
        ([0.5, 3.0], [0.9, 0.9]),
    ]
    assert lines[0]["line"]["shape"] == "hv"


def test_of_many_agents_the_best_on_the_front_have_their_own_symbol() -> None:
    rows = [cost(f"agent {i}", 1 + i / 10, i / 20, i % 2 == 0) for i in range(20)]
    figure = of(section("cost", rows))
    *own, others = dots(figure)
    assert [trace["name"] for trace in own] == [f"agent {i}" for i in range(18, -1, -2)]
    assert others["name"] == "other agents"
    assert len(others["x"]) == 10
    assert "of 20 agents, the best 10" in figure["layout"]["meta"]["note"]


def test_difficulty_shows_what_was_observed_and_what_was_fitted() -> None:
    rows = curve("a", [0.9, 0.7, 0.6]) + curve("b", [0.5, 0.3, 0.1])
    figure = of(section("difficulty", rows))
    first, second = dots(figure)
    assert list(first["y"]) == [0.9, 0.7, 0.6]
    assert list(second["y"]) == [0.5, 0.3, 0.1]
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines" and "fill" not in trace]
    assert list(lines[0]["y"]) == pytest.approx([0.9, 0.81, 0.729])
    bands = [trace for trace in figure["data"] if trace.get("fill") == "toself"]
    assert list(bands[0]["y"]) == pytest.approx([0.85, 0.76, 0.679, 0.779, 0.86, 0.95])


def test_of_many_agents_each_has_a_panel() -> None:
    rows = [row for i in range(14) for row in curve(f"agent {i}", [0.9 - i / 20, 0.5])]
    figure = figure_of(section("difficulty", rows))
    found = of(section("difficulty", rows))
    assert len({trace["xaxis"] for trace in dots(found)}) == 12
    assert note_of(figure) == "the best 12 of 14 agents are drawn; the table has all"
    assert [a["text"] for a in found["layout"]["annotations"]][:2] == ["agent 0", "agent 1"]


def test_settings_of_one_agent_share_its_colour() -> None:
    first, second = dots(of(section("difficulty", curve("a", [0.9, 0.8]) + curve("a", [0.7, 0.5], "no paper"))))
    assert (first["name"], second["name"]) == ("a, all", "a, no paper")
    assert first["marker"]["color"] == second["marker"]["color"]
    assert first["marker"]["symbol"] != second["marker"]["symbol"]


@pytest.mark.parametrize(("last", "unit", "shown"), [(60.0, "s", 60.0), (600.0, "min", 10.0), (36000.0, "h", 10.0)])
def test_time_is_in_a_unit_that_suits_it(last: float, unit: str, shown: float) -> None:
    series = Series("a", [0.0, last / 2, last], [0.0, 0.2, 0.5], [0.0, 0.1, 0.3], [0.0, 0.3, 0.7])
    figure = of(section("time_to_success", [{"agent": "a"}], [series]))
    band, line = figure["data"]
    assert figure["layout"]["xaxis"]["title"]["text"] == f"time at work [{unit}]"
    assert list(line["x"])[-1] == pytest.approx(shown)
    assert line["line"]["shape"] == "hv"
    assert list(band["y"]) == [0.0, 0.0, 0.1, 0.1, 0.3, 0.7, 0.3, 0.3, 0.0, 0.0]


def test_a_band_without_finite_edges_leaves_these_points_out() -> None:
    nan = float("nan")
    series = Series("a", [0.0, 1.0, 2.0], [0.0, 0.5, 1.0], [nan, 0.3, nan], [nan, 0.7, 1.0])
    band = of(section("time_to_success", [{"agent": "a"}], [series]))["data"][0]
    assert list(band["y"]) == [0.3, 0.3, 0.7, 0.7]


def test_resampling_has_a_panel_per_verifier_also_for_agents_with_commas() -> None:
    rows: list[dict[str, Cell]] = []
    series = []
    for agent in ("a, b", "c"):
        for verifier, top in (("perfect", 0.9), ("agent's claim", 0.5)):
            rows.append({"agent": agent, "verifier": verifier})
            series.append(Series(f"{agent}, {verifier}", [1.0, 2.0, 3.0], [0.3, 0.4, top]))
    figure = of(section("resampling", rows, series))
    titles = panels(figure)
    assert titles == ["samples<br>verifier: perfect", "samples<br>verifier: agent's claim"]
    assert [(t["name"], t["xaxis"], t["showlegend"]) for t in dots(figure)] == [
        ("a, b", "x", True),
        ("a, b", "x2", False),
        ("c", "x", True),
        ("c", "x2", False),
    ]


def test_attempts_have_a_panel_for_one_of_k_and_one_for_all_k() -> None:
    rows: list[dict[str, Cell]] = [
        {"agent": "a", "k": k, "pass_at_k": Estimate(0.4 + k / 10, 0.3, 0.9), "pass_hat_k": Estimate(0.6 - k / 10)}
        for k in (1, 2, 3)
    ]
    figure = of(section("attempts", rows))
    assert panels(figure) == ["attempts k<br>pass@k: one of k passes", "attempts k<br>pass^k: all k pass"]
    one, every = dots(figure)
    assert list(one["y"]) == pytest.approx([0.5, 0.6, 0.7])
    assert list(every["y"]) == pytest.approx([0.5, 0.4, 0.3])
    assert [list(t["x"]) for t in figure["data"] if "fill" in t] == [[1, 2, 3, 3, 2, 1], []]


def test_strategies_show_satisfied_and_right_by_round() -> None:
    series = [Series("a, satisfied", [1.0, 2.0], [0.3, 0.6]), Series("a, right when satisfied", [1.0, 2.0], [0.9, 0.7])]
    figure = of(section("refinement", [{"agent": "a"}], series))
    assert panels(figure) == ["rounds<br>satisfied", "rounds<br>right when satisfied"]
    assert [list(trace["y"]) for trace in dots(figure)] == [[0.3, 0.6], [0.9, 0.7]]


def test_bands_of_many_agents_are_left_out_and_said_so() -> None:
    names = [f"agent {i}" for i in range(6)]
    series = [Series(name, [0.0, 1.0], [0.0, 0.5], [0.0, 0.4], [0.0, 0.6]) for name in names]
    figure = of(section("time_to_success", [{"agent": name} for name in names], series))
    assert not [trace for trace in figure["data"] if trace.get("fill") == "toself"]
    assert "bands" in figure["layout"]["meta"]["note"]


def test_differences_stand_around_nought() -> None:
    rows: list[dict[str, Cell]] = [
        {"a": "x", "b": "y", "difference": Estimate(-0.2, -0.3, -0.1), "p_holm": 0.01},
        {"a": "x", "b": "z", "difference": Estimate(0.1, -0.1, 0.3), "p_holm": None},
        {"a": "y", "b": "z", "difference": Estimate(None, reason="one paper"), "p_holm": None},
    ]
    figure = of(section("comparisons", rows))
    (trace,) = dots(figure)
    assert list(trace["x"]) == [0.1, -0.2]
    left, right = figure["layout"]["xaxis"]["range"]
    assert left == -right < -0.3


def hostile_sections(name: str) -> list[Section]:
    series = Series(name, [0.0, 1.0], [0.0, 0.5])
    share = Share(1, 2)
    return [
        section("success", [success(name, 20), success("b", 10)]),
        section("outcomes", outcome_rows(name)),
        section("tasks", [{"task": name, "agent": name, "passed": share, "rate": rate(0.5)}]),
        section("difficulty", curve(name, [0.5])),
        section("difficulty", [row for i in range(6) for row in curve(f"{name}{i}", [0.5])]),
        section("cost", [cost(name, 1.0, 0.5, True), cost(f"{name}0", None, 0.5)]),
        section("time_to_success", [{"agent": name}], [series]),
        section("resampling", [{"agent": name, "verifier": name}], [Series(f"{name}, {name}", [1.0], [0.5])]),
        section("attempts", [{"agent": name, "k": 1, "pass_at_k": rate(0.5), "pass_hat_k": rate(0.5)}]),
        section("refinement", [{"agent": name}], [Series(f"{name}, satisfied", [1.0], [0.5])]),
        section("comparisons", [{"a": name, "b": name, "difference": Estimate(0.1), "p_holm": 0.1}]),
    ]


def texts(value: object, key: str = "") -> Iterator[str]:
    """Every string that plotly may take for markup; the note is for the page, which escapes it itself."""
    if isinstance(value, str) and key not in ("note", "family"):
        yield value
    elif isinstance(value, dict):
        for inner, item in value.items():
            yield from texts(item, inner)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts(item, key)


@settings(max_examples=10, deadline=None)
@example(name="{%")
@given(name=st.one_of(st.just(HOSTILE), st.text(alphabet='<>&$%{}"ab \x1b\n\ud800\u202e', max_size=60)))
def test_no_name_is_taken_for_markup(name: str) -> None:
    for hostile in hostile_sections(name):
        for text in texts(of(hostile)):
            bare = text.replace("<br>", " ").replace("%{text}", " ")  # no two signs may meet that did not
            assert not re.search(r"[<>$\x00-\x1f\ud800-\udfff\u202e]|%\{|&(?!amp;|lt;|gt;|#36;|#37;)", bare), (
                text,
                hostile.name,
            )


def test_long_names_are_cut_in_the_middle() -> None:
    found = label("harness " + "x" * 10_000 + " effort=high", width=20, lines=2)
    assert found.startswith("harness")
    assert found.endswith("effort=high")
    assert max(len(line) for line in found.split("<br>")) <= 20
    assert len(found.split("<br>")) <= 4


def test_cells_without_a_number_have_none() -> None:
    assert number(Estimate(float("nan"))) is None
    assert number(Share(0, 0)) is None
    assert number(float("inf")) is None
    assert edges(Estimate(0.5, float("nan"), 0.7)) == (None, 0.7)


def test_plotly_is_loaded_only_when_something_is_drawn() -> None:
    code = "import sys, rexlab.reports.figures, rexlab.reports.html; sys.exit('plotly' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

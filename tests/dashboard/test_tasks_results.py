"""Past results on one task: only its trials, by masks or hints, the curve where there is one, function by function."""

from tests.support.trials import Made, columns

from rexlab.dashboard.tasks_results import FunctionResult, TaskResults, results_of
from rexlab.reports.document import Section, Share
from rexlab.reports.view import View

F, G = "a.py:f", "a.py:g"


def results(*made: Made, digest: str = "") -> TaskResults:
    view = View(columns(made))
    found = results_of(view, "classic/deis", digest or view.trials.variants[0].task_digest)
    assert found is not None
    return found


def column(section: Section, name: str) -> list[object]:
    at = [c.name for c in section.columns].index(name)
    return [row[at] for row in section.rows]


def test_a_task_that_nobody_tried_has_no_results() -> None:
    assert results_of(View(columns([])), "classic/deis", "d") is None
    assert results_of(View(columns([Made(task="classic/other")])), "classic/deis", "d") is None


def test_only_trials_of_the_task_count() -> None:
    found = results(Made(), Made(outcome="no_patch"), Made(task="classic/other"), Made(agent="b", task="classic/other"))
    assert (found.trials, found.agents) == (2, ["react"])
    assert column(found.success, "passed") == [Share(1, 2)]
    assert column(found.outcomes, "trials") == [2]


def test_a_curve_needs_an_agent_that_met_two_numbers_of_masks() -> None:
    two = Made(functions=(F, G))
    assert results(Made(), Made()).difficulty is None
    assert results(Made(), Made(agent="b", functions=(F, G))).difficulty is None
    found = results(Made(), two).difficulty
    assert found is not None
    assert column(found, "masks") == [1, 2]


def test_an_extension_task_is_by_hint_level_and_has_no_curve() -> None:
    found = results(Made(functions=()), Made(functions=(), hint="hints"))
    assert column(found.success, "hint") == ["default", "hints"]
    assert found.difficulty is None
    assert found.functions == {}


def test_the_table_has_the_rate_without_infrastructure_errors_only_where_there_are_any() -> None:
    names = [c.name for c in results(Made(), Made()).success_table.columns]
    assert names == ["agent", "masks", "passed", "strict", "credit"]
    names = [c.name for c in results(Made(), Made(outcome="infra_error")).success_table.columns]
    assert names == ["agent", "masks", "passed", "strict", "passed_without_infra", "without_infra", "credit"]


def test_functions_have_results_of_their_own() -> None:
    judged = Made(functions=(F, G), outcome="wrong_result", credits={F: True, G: False})
    found = results(judged, Made(functions=(G,)), Made(functions=(G,), outcome="infra_error")).functions
    assert found[F] == [FunctionResult("react", 1, Share(0, 1), Share(1, 1))]
    assert found[G] == [FunctionResult("react", 3, Share(1, 2), Share(0, 1))]


def test_trials_of_other_versions_are_counted() -> None:
    assert results(Made(), Made()).older == 0
    assert results(Made(), Made(), digest="another").older == 2

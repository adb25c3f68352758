"""What an agent claims: reading its results file, and judging the claims as the checks would."""

from collections.abc import Iterable

from rexlab.grading.collect import CollectError, as_numbers, parse_json
from rexlab.task.manifest import ExperimentSection

Claims = dict[str, dict[str, list[float]]]
"""By experiment and metric."""


def parse_claims(data: bytes) -> Claims:
    """The agent's results file, ``{"experiment": {"metric": number or [numbers]}}``.

    Raises:
        CollectError: it is anything else.
    """
    document = parse_json(data)
    if not isinstance(document, dict) or not all(isinstance(v, dict) for v in document.values()):
        raise CollectError("it is not an object of objects")
    return {
        experiment: {metric: as_numbers(value) for metric, value in metrics.items()}
        for experiment, metrics in document.items()
    }


def count_claimed(experiments: Iterable[ExperimentSection], claims: Claims) -> tuple[int, int]:
    """How many values the visible ones of the experiments have, and for how many the claimed number would pass."""
    wanted = good = 0
    for experiment in (e for e in experiments if not e.hidden):
        for metric in experiment.metric:
            targets = metric.check.targets(metric.count * len(experiment.seeds))
            stated = claims.get(experiment.name, {}).get(metric.name, [])
            wanted += len(targets)
            good += sum(metric.check.passes(value, target) for value, target in zip(stated, targets, strict=False))
    return wanted, good


def claim_passes(experiments: Iterable[ExperimentSection], claims: Claims) -> bool | None:
    """Whether a verifier that takes the agent's word would accept; None when no value is visible."""
    wanted, good = count_claimed(experiments, claims)
    return good == wanted if wanted else None

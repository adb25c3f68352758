"""What can be done with a run now: cancel, resume, retry, regrade; each as the command line's own command."""

from dataclasses import dataclass

from rexlab.dashboard.counts import counted
from rexlab.store.models import Outcome
from rexlab.store.progress import Progress

_NEVER_GRADED = (
    Outcome.NO_PATCH,
    Outcome.AGENT_CRASHED,
    Outcome.AGENT_TIMEOUT,
    Outcome.BUDGET_EXCEEDED,
    Outcome.INFRA_ERROR,
    Outcome.CANCELLED,
)


@dataclass(frozen=True)
class Action:
    """Something to do with a run."""

    name: str
    """``cancel``, ``resume``, ``retry`` or ``regrade``."""
    title: str
    about: str
    """What happens, in a sentence."""
    arguments: tuple[str, ...]
    """Of ``rexlab``."""


def trials_in_words(count: int) -> str:
    """``1 trial``, ``2,000 trials``."""
    return counted(count, "trial")


def actions_for(progress: Progress, *, job_at_work: bool) -> list[Action]:
    """What makes sense for a run in this state.

    Args:
        progress: How far the run is.
        job_at_work: Whether a background job of this run still works on it.
    """
    run_id, outcomes = progress.run.id, progress.summary.outcomes
    found = []
    if progress.left and not progress.run.cancel_requested:
        about = (
            f"What is queued ({trials_in_words(progress.summary.queued)}) ends as cancelled, what is at work ends "
            "within seconds; what is finished stays."
        )
        found.append(Action("cancel", "Cancel", about, ("runs", "cancel", run_id)))
    if job_at_work or progress.moves():
        return found
    if progress.left:
        about = f"Works on what is left: {trials_in_words(progress.left)}. What is captured is only graded."
        found.append(Action("resume", "Resume", about, ("runs", "resume", run_id)))
    if broken := outcomes[Outcome.INFRA_ERROR]:
        about = f"Repeats what failed on our side ({trials_in_words(broken)}) as new trials; the old ones stay."
        arguments = ("runs", "retry", run_id, "--outcome", Outcome.INFRA_ERROR.value)
        found.append(Action("retry", "Retry infra errors", about, arguments))
    if graded := sum(count for outcome, count in outcomes.items() if outcome not in _NEVER_GRADED):
        about = f"Grades the stored patches of {trials_in_words(graded)} again; agents are not run, old grades stay."
        found.append(Action("regrade", "Regrade", about, ("regrade", run_id)))
    return found

"""Start a run in the background: planned and saved here, worked on by a ``rexlab runs resume`` of its own."""

from sqlalchemy import Engine

from rexlab.execution.jobs import Job, start_job
from rexlab.execution.plan import plan_run
from rexlab.execution.request import RunRequest, spec_of
from rexlab.execution.request_checks import check_request
from rexlab.settings import Settings, require_writable
from rexlab.store.records import save_run


def start_run(request: RunRequest, settings: Settings, engine: Engine) -> tuple[str, Job]:
    """Check, plan and save the run that is asked for, and start a job that works on it until it is done.

    What must be installed for it is installed by the job, which tells in its log what cannot be.

    Returns:
        The run's id, and the job.

    Raises:
        RexlabError: it cannot be started; the sentence says why. Nothing is saved then.
    """
    spec = spec_of(request, settings)
    plan = plan_run(spec)
    check_request(spec, settings, unsafe=request.unsafe)
    require_writable(settings.home)
    save_run(engine, plan.run, plan.variants, plan.agents, plan.trials)
    return plan.run.id, start_job(settings, _resuming(request, plan.run.id), kind="run", subject=plan.run.id)


def _resuming(request: RunRequest, run_id: str) -> list[str]:
    arguments = ["runs", "resume", run_id]
    if request.workers is not None:
        arguments += ["--workers", str(request.workers)]
    return [*arguments, *(["--unsafe"] if request.unsafe else [])]

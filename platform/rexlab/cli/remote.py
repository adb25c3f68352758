"""Runs that Celery's workers do: send the trials, and watch in the store how far they are."""

import time
from typing import TYPE_CHECKING

import typer

from rexlab.cli.output import note

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rexlab.settings import Settings

_LOOK_S = 1.0


def send_and_watch(engine: "Engine", settings: "Settings", run_id: str) -> None:
    """Send the run's queued trials to the workers, and watch until none is left. Ctrl-C ends the watching alone.

    Raises:
        BrokerError: the broker cannot be reached.
        typer.Exit: with 130 after Ctrl-C, with 1 when trials ended in infra_error or the run was cancelled.
    """
    from rexlab.cli.run import conclude
    from rexlab.cluster.app import make_app
    from rexlab.cluster.broker import check_broker
    from rexlab.cluster.send import send_run
    from rexlab.cluster.workers import idle_queues
    from rexlab.errors import BrokerError
    from rexlab.store.dispatching import hand_over
    from rexlab.store.queries import find_run

    check_broker(settings)
    hand_over(engine, run_id, "celery")
    try:
        app = make_app(settings)
        try:
            sent = send_run(app, engine, run_id, find_run(engine, run_id).priority)
            note(f"run {run_id}: {sent} trials sent to the workers; Ctrl-C ends this watching, and they go on")
            for queue in idle_queues(app, engine, run_id):
                note(f"no worker listens to {queue}: its trials wait until one does (rexlab worker --queues {queue})")
        except BrokerError as error:
            note(f"{error}; what was not sent, a worker sends when the broker answers again")
        _watch(engine, run_id)
    except KeyboardInterrupt:  # what was not sent yet, a worker's keeper finds and sends
        note(
            f"the workers go on with run {run_id}; watch it again: rexlab runs resume {run_id}; "
            f"end it: rexlab runs cancel {run_id}"
        )
        raise typer.Exit(130) from None
    conclude(engine, run_id)


def _watch(engine: "Engine", run_id: str) -> None:
    """Show how far the run is, until nothing of it is left to do."""
    from rexlab.cli.progress import Progress
    from rexlab.errors import StoreError
    from rexlab.store.progress import progress_of

    total = progress_of(engine, [run_id])[run_id].summary.total
    said = ""
    with Progress(run_id, total, 0) as display:
        while True:
            try:
                found = progress_of(engine, [run_id])[run_id]
            except StoreError as error:  # a database that is restarted comes back, and the workers wait for it too
                if str(error) != said:
                    note(said := str(error))
                time.sleep(_LOOK_S)
                continue
            display.show(found.summary.outcomes, found.at_work, found.left_s)
            if not found.left:
                return
            time.sleep(_LOOK_S)

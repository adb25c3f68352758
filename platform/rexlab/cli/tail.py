"""``rexlab trials tail``: what a trial at work is doing, and what it prints."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.context import open_store
from rexlab.cli.output import note
from rexlab.cli.trials import TrialId

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rexlab.settings import Settings
    from rexlab.store.queries import TrialRecord

_EVERY_S = 1.0


def tail(
    trial: TrialId,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on, also while it waits, until the trial has finished.")
    ] = False,
) -> None:
    """What a trial at work is doing, and the last of what its agent, or the experiment being graded, has printed."""
    from rexlab.settings import load_settings

    settings = load_settings()
    engine = open_store(settings)
    if follow:
        _follow(settings, engine, trial)
    else:
        _once(settings, engine, trial)


def _once(settings: "Settings", engine: "Engine", trial: str) -> None:
    from rexlab.cluster.live import live_output
    from rexlab.dashboard.live import NOTHING_KNOWN, doing, last_lines
    from rexlab.store.models import State
    from rexlab.store.queries import find_trial

    record = find_trial(engine, trial)
    if record.trial.state is not State.RUNNING:
        note(_standing(record))
        return
    output = live_output(settings, engine, record.trial)
    note(f"trial {trial}: {doing(output, time.time())}" if output else f"trial {trial} is at work. {NOTHING_KNOWN}")
    if output:
        _print(last_lines(output))


def _follow(settings: "Settings", engine: "Engine", trial: str) -> None:
    from rexlab.cluster.live import live_output
    from rexlab.store.models import State
    from rexlab.store.queries import find_trial

    told = ""
    epoch, seen, begun = 0, 0, b""
    while True:
        record = find_trial(engine, trial)
        if record.trial.state is State.FINISHED or record.trial.lease_epoch != epoch:
            _print(begun)
            epoch, seen, begun = record.trial.lease_epoch, 0, b""
        standing = _standing(record)
        if standing != told:
            note(standing)
            told = standing
        if record.trial.state is State.FINISHED:
            return
        output = live_output(settings, engine, record.trial)
        if output and output.total > seen:
            new = output.after(seen)
            if missed := output.total - seen - len(new):
                note(f"[... {missed:,} bytes were printed before this ...]")
                begun = b""
            # a line is printed whole: half of it may be half of a character, or of an escape sequence
            lines, end, begun = (begun + new).rpartition(b"\n")
            _print(lines + end)
            seen = output.total
        time.sleep(_EVERY_S)


def _standing(record: "TrialRecord") -> str:
    from rexlab.store.models import State

    trial = record.trial
    match trial.state:
        case State.QUEUED:
            return f"trial {trial.id} waits for a worker"
        case State.RUNNING:
            return f"trial {trial.id} is at work"
    return f"trial {trial.id} has finished: {record.outcome}; all that it printed: rexlab trials show {trial.id} --log"


def _print(data: bytes) -> None:
    from rexlab.dashboard.texts import readable

    if data:
        typer.echo(readable(data.removesuffix(b"\n")))

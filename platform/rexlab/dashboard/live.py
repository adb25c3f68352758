"""What a trial at work is doing and printed last, fit to be shown."""

from rexlab.dashboard.trajectory_files import size_in_words
from rexlab.reports.cells import duration
from rexlab.sandbox.live import HEARTBEAT_S, Output

NOTHING_KNOWN = "Nothing is known of what it prints: it has only begun, or works for a local run on another machine."


def doing(output: Output, now: float) -> str:
    """Its phase, since when, and how much it has printed; and when nothing was heard of it for long."""
    said = f"{output.phase}, for {duration(max(0.0, now - output.since))}; {size_in_words(output.total)} printed"
    silent = now - output.at
    return f"{said}; nothing was heard of it for {duration(silent)}" if silent > 2 * HEARTBEAT_S else said


def last_lines(output: Output) -> bytes:
    """The last of what was printed, from the beginning of a line where there is one."""
    if output.total == len(output.tail):
        return output.tail
    _, end, rest = output.tail.partition(b"\n")
    return rest if end and rest else output.tail

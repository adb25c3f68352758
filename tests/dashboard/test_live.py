"""What a trial at work is said to be doing, and which of its lines are shown."""

import pytest

from rexlab.dashboard.live import doing, last_lines
from rexlab.sandbox.live import Output


def test_phase_time_and_amount_are_said() -> None:
    output = Output("the agent is at work", since=100.0, at=164.0, total=3400)
    assert doing(output, now=165.0) == "the agent is at work, for 1 min 05 s; 3.4 kB printed"


def test_silence_is_said_once_it_means_something() -> None:
    output = Output("experiment lion, seed 0", since=100.0, at=100.0, total=0)
    assert "nothing was heard" not in doing(output, now=130.0)
    assert doing(output, now=220.0).endswith("; nothing was heard of it for 2 min 00 s")


@pytest.mark.parametrize(
    ("total", "tail", "shown"),
    [
        (9, b"one\ntwo\n.", b"one\ntwo\n."),
        (99, b"ne\ntwo\n", b"two\n"),
        (99, b"no line ends here", b"no line ends here"),
        (99, b"nor after this\n", b"nor after this\n"),
    ],
)
def test_a_line_whose_beginning_is_gone_is_left_out_where_others_follow(total: int, tail: bytes, shown: bytes) -> None:
    assert last_lines(Output("", 0.0, 0.0, total, tail)) == shown

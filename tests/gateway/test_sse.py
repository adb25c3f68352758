"""Events are read whole, wherever the network cut them."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rexlab.gateway.sse import EventReader
from rexlab.gateway.tokens import StreamReading, Tokens

STREAM = (
    b": comment\n\n"
    b'event: message_start\ndata: {"a": 1}\n\n'
    b'data: {"b":\r\ndata: 2}\r\n\r\n'
    b"data:no space\n\n"
    b"data: [DONE]\n\n"
)
DATA = [b"", b'{"a": 1}', b'{"b":\n2}', b"no space", b"[DONE]"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_cut_gives_the_same_events_and_loses_no_byte(cuts):
    reader, events = EventReader(), []
    places = [0, *sorted(cuts), len(STREAM)]
    for start, end in itertools.pairwise(places):
        events += reader.feed(STREAM[start:end])
    assert [event.data for event in events] == DATA
    assert b"".join(event.raw for event in events) == STREAM
    assert reader.rest == b""


def test_an_event_without_an_end_is_kept_up_to_a_limit():
    reader = EventReader()
    assert reader.feed(b"data: half") == []
    assert reader.rest == b"data: half"
    with pytest.raises(ValueError, match="more than 64 MB"):
        reader.feed(b"x" * (64 * 2**20))


@pytest.mark.parametrize("protocol", ["chat", "responses", "messages"])
@pytest.mark.parametrize("data", [b"not json", b"[]", b'{"type": 3, "choices": null, "usage": {"prompt_tokens": -1}}'])
def test_data_that_says_nothing_is_no_usage(protocol, data):
    reading = StreamReading(protocol)
    reading.see(data)
    assert (reading.tokens, reading.ended, reading.error) == (None, False, None)


def test_anthropics_usage_is_put_together_from_start_and_end():
    reading = StreamReading("messages")
    written = {"cache_creation_input_tokens": 3, "cache_creation": {"ephemeral_1h_input_tokens": 2}}
    usage = {"input_tokens": 5, "cache_read_input_tokens": 7, "output_tokens": 1, **written}
    reading.see(json.dumps({"type": "message_start", "message": {"usage": usage}}).encode())
    assert reading.tokens is None
    reading.see(b'{"type":"message_delta","usage":{"output_tokens":11}}')
    assert reading.tokens == Tokens(15, 11, cached=7, written=3, written_1h=2)
    assert reading.finished
    assert not reading.ended

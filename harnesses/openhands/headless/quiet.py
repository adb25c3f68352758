"""Keeps the SDK from the network and from talking; it reads its settings while it is imported."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

_SETTINGS = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # otherwise it fetches a price list
    "HF_HUB_OFFLINE": "1",
    "OTEL_SDK_DISABLED": "true",
    "OPENHANDS_SUPPRESS_BANNER": "1",
    "LOG_LEVEL": "WARNING",
}


@contextmanager
def quiet() -> Iterator[None]:
    """Set what it reads, and take it back: the programs that the agent starts shall not find it."""
    before = dict(os.environ)
    os.environ.update(_SETTINGS)
    gc.disable()  # nothing that is imported becomes garbage; looking for some is a tenth of the start-up
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
        os.environ.clear()
        os.environ.update(before)

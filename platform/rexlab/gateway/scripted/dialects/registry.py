"""Which dialect a request is answered in."""

from rexlab.gateway.scripted.dialects.agentless import Agentless
from rexlab.gateway.scripted.dialects.aider import AiderDiff, AiderWhole
from rexlab.gateway.scripted.dialects.asides import Judge, Summary, Title
from rexlab.gateway.scripted.dialects.base import Dialect
from rexlab.gateway.scripted.dialects.claude_code import ClaudeCode
from rexlab.gateway.scripted.dialects.mini_swe_agent import MiniSweAgent
from rexlab.gateway.scripted.dialects.openhands import OpenHands
from rexlab.gateway.scripted.dialects.plain import Plain
from rexlab.gateway.scripted.dialects.react import React
from rexlab.gateway.scripted.talk import Talk

DIALECTS: tuple[Dialect, ...] = (
    Summary(),
    Judge(),
    AiderWhole(),
    AiderDiff(),
    React(),
    OpenHands(),
    ClaudeCode(),
    Title(),
    MiniSweAgent(),
    Agentless(),
    Plain(),
)
"""In this order: the first that recognises the request answers it; the last recognises all."""


def choose_dialect(talk: Talk) -> Dialect:
    """The dialect of the harness that sent the request."""
    return next(dialect for dialect in DIALECTS if dialect.recognises(talk))

"""Behaviours: in which way the scripted model is good or bad, ``scripted/NAME``."""

from rexlab.errors import InputError
from rexlab.gateway.contract import SCRIPTED, Script
from rexlab.gateway.scripted.dialects.base import Dialect
from rexlab.gateway.scripted.talk import Move, Talk

RIGHT = "right"
"""Of plain ``scripted``."""
BEHAVIOURS = {
    "wrong": "plays like scripted, with the mistakes that the caller put into the script",
    "learns": "wrong in the first attempt of a strategy, right in all later ones: the caller's script says so",
    "malformed": "edits that do not parse or do not apply",
    "refuse": "declines politely and ends",
    "loop": "harmless moves for ever; useless answers where one answer is all there is",
    "huge": "an answer of five million characters, then right ones",
    "slow": "streams a token at a time, with pauses; right in the end",
    "storm": "429 on the first two attempts at every call, then right",
    "outage": "503 for ever",
    "cut": "every other call breaks off in the middle at its first attempt, then right",
    "reject": "400, context too long, for every call",
}
HUGE_CHARACTERS = 5_000_000
_FILLER = "Let me consider this from yet another side before I go on, for it may matter.\n"


def check_behaviour(model_name: str) -> str:
    """The behaviour that ``scripted`` or ``scripted/NAME`` asks for.

    Raises:
        InputError: there is none of that name; the text lists those there are.
    """
    provider, _, name = model_name.partition("/")
    if provider == SCRIPTED and (name in BEHAVIOURS or model_name == SCRIPTED):
        return name or RIGHT
    known = ", ".join(f"{SCRIPTED}/{known}" for known in BEHAVIOURS)
    raise InputError(f"there is no scripted model {model_name!r}; there are: {SCRIPTED}, {known}")


def next_move(behaviour: str, dialect: Dialect, talk: Talk, script: Script) -> Move:
    """What a model that behaves so says next."""
    match behaviour:
        case "malformed":
            return dialect.malformed(talk, script)
        case "refuse":
            return dialect.refuse(talk)
        case "loop":
            return dialect.idle(talk)
    move = dialect.answer(talk, script)
    if behaviour == "huge" and not dialect.begun(talk):
        filler = _FILLER * (HUGE_CHARACTERS // len(_FILLER) + 1)
        return Move(f"{filler}\n{move.text}", move.calls)
    return move

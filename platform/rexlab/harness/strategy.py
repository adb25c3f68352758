"""Strategies: how several attempts inside one trial become one. Their settings, as the user writes them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rexlab.errors import InputError

_FORM = "write KIND:n=4,verifier=visible with KIND best-of-n or iterate and the verifier visible, claim or judge"


class Strategy(BaseModel):
    """``best-of-n`` makes n independent attempts and keeps the one its verifier likes best. ``iterate`` makes up to n:
    each starts from the best so far and is told what failed there, until the verifier has nothing to say against it.

    Verifiers are ``visible`` (re-run the visible experiments; hidden ones are never used), ``claim`` (the results that
    the agent itself claims, held against the visible experiments' checks) and ``judge`` (the agent's model reads the
    patch).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["best-of-n", "iterate"]
    n: int = Field(default=3, ge=2, le=100)
    verifier: Literal["visible", "claim", "judge"] = "visible"

    def __str__(self) -> str:
        return f"{self.kind} n={self.n} verifier={self.verifier}"


def parse_strategy(text: str) -> Strategy:
    """``best-of-n:n=4,verifier=visible``; what is left out has its default.

    Raises:
        InputError: it is anything else.
    """
    kind, _, rest = text.partition(":")
    values: dict[str, str] = {"kind": kind.strip()}
    for part in filter(None, (p.strip() for p in rest.split(","))):
        name, equals, value = part.partition("=")
        if not equals or name in values:
            raise InputError(f"--strategy {text}: {part!r} is not NAME=VALUE; {_FORM}")
        values[name] = value
    try:
        return Strategy.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"--strategy {text}: {'.'.join(map(str, first['loc']))}: {first['msg']}; {_FORM}") from error

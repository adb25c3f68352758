"""A request for a run as the ``rexlab`` command that asks for the same."""

import shlex

from rexlab.execution.request import RunRequest

_FLAGS = {"paper": "--no-paper", "commands": "--no-commands"}
"""What to write where one of these is False."""
_REPEATED = {"params": "--param", "model_params": "--model-param"}


def arguments_of(request: RunRequest) -> list[str]:
    """``run SUITES --harness …``: the arguments of ``rexlab``; what is at its default is left out."""
    found = ["run", *request.suites]
    for name, field in RunRequest.__dataclass_fields__.items():
        value = getattr(request, name)
        if name == "suites" or value == field.default:
            continue
        option = f"--{name.replace('_', '-')}"
        if name in _REPEATED:
            found += [f"{_REPEATED[name]}={text}" for text in value]
        elif isinstance(value, bool):
            found.append(option if value else _FLAGS[name])
        else:
            found += _pair(option, number_text(value) if isinstance(value, float) else str(value))
    return found


def number_text(value: float) -> str:
    """The number in full: ``2``, ``0.25``, ``1000000``."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def shell_line(request: RunRequest) -> str:
    """The command line, quoted for a POSIX shell."""
    return shlex.join(["rexlab", *arguments_of(request)])


def _pair(option: str, value: str) -> list[str]:
    """A value that looks like an option is joined to its own, or the command line would take it for another."""
    return [f"{option}={value}"] if value.startswith("-") else [option, value]

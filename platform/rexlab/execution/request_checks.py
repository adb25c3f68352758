"""What must hold before a run is saved: a sandbox that works here and may hold its agents, models that can be asked."""

from collections.abc import Iterable, Sequence

from rexlab.errors import InputError, SandboxUnavailableError
from rexlab.execution.gpus import check_gpus
from rexlab.execution.options import RunOptions
from rexlab.execution.plan import AgentSpec, RunSpec
from rexlab.harness.manifest import Harness
from rexlab.sandbox import BACKENDS, SandboxBackend, backend, default_backend
from rexlab.settings import Settings


def check_request(spec: RunSpec, settings: Settings, *, unsafe: bool) -> SandboxBackend | None:
    """The sandbox that the run will use, once nothing is known that would make its every trial fail.

    None for a run of Celery's workers: what works where they are, they know.

    Raises:
        InputError: the sandbox must not hold these agents, a task needs GPUs that are not here, or a model cannot be
            asked; the text says what to do.
        SandboxUnavailableError: this machine lacks what the sandbox needs.
    """
    if spec.executor == "celery":
        check_name(spec.sandbox)
        check_models(spec.agents, spec.options, settings)
        return None
    chosen = choose_backend(spec.sandbox)
    require_safe(chosen, [(a.harness, a.model is not None) for a in spec.agents], unsafe=unsafe)
    check_gpus(spec.tasks, settings)
    check_models(spec.agents, spec.options, settings)
    return chosen


def choose_backend(name: str) -> SandboxBackend:
    """The sandbox backend called ``name``; ``auto`` takes bubblewrap where it works, else the process sandbox.

    Raises:
        InputError: no backend has that name.
        SandboxUnavailableError: this machine lacks what it needs.
    """
    check_name(name)
    if name == "auto":
        return default_backend()
    chosen = backend(name)
    found = chosen.check()
    if not found.ok:
        raise SandboxUnavailableError(f"the {name} sandbox cannot be used here: {found.detail}; {found.remedy}")
    return chosen


def check_name(name: str) -> None:
    """See that a sandbox is called so.

    Raises:
        InputError: none is.
    """
    if name not in ("auto", *BACKENDS):
        raise InputError(f"no sandbox is called {name!r}; choose auto, {', '.join(BACKENDS)}")


def require_safe(chosen: SandboxBackend, agents: Iterable[tuple[Harness, bool]], *, unsafe: bool) -> None:
    """Refuse unreviewed programs where little holds them. ``agents`` are harnesses, and whether each asks a model.

    Raises:
        InputError: the process sandbox must not hold one of them.
    """
    if chosen.name != "process":
        return
    given = list(agents)
    asking = dict.fromkeys(harness.name for harness, asks in given if asks)
    risky = dict.fromkeys(harness.name for harness, _ in given if harness.manifest.harness.runs_model)
    if asking:
        raise InputError(
            f"{', '.join(asking)} asks a model, and the process sandbox has no network of its own to "
            "offer it in: install bubblewrap (apt-get install bubblewrap), or choose --sandbox docker"
        )
    if risky and not unsafe:
        raise InputError(
            f"{', '.join(risky)} runs a model or a program of yours, and the process sandbox is not meant to hold one: "
            "install bubblewrap (apt-get install bubblewrap), choose --sandbox docker, or accept the risk with --unsafe"
        )


def weakness_of(chosen: SandboxBackend) -> str:
    """What the process sandbox leaves open on this machine, in a sentence; empty for the others."""
    if chosen.name != "process":
        return ""
    return f"process sandbox: {'; '.join(chosen.check().unprotected)}. bubblewrap protects better."


def check_models(agents: Sequence[AgentSpec], options: RunOptions, settings: Settings) -> None:
    """Say now what would otherwise fail in every trial: a model nobody knows, a key or a price that is missing.

    Raises:
        InputError: the text names the model and the remedy.
    """
    asking = [(a.harness, a.model) for a in agents if a.model and (a.model.simulated or options.mode != "replay")]
    if not asking:
        return
    # runs without a model need not wait for these imports
    from rexlab.gateway.models import check_model
    from rexlab.gateway.options import PRICES

    for harness, model in asking:
        budgets = (options.budget_of(harness), options.run_budget)
        # where a gateway runs already, it has the keys
        check_model(model, budgets, settings.home / PRICES, keys_here=settings.gateway_socket is None)

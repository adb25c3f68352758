"""What commands that launch agents need beside a sandbox: environments and bundles."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rexlab.cli.output import console_err

if TYPE_CHECKING:
    from rexlab.harness.manifest import Harness
    from rexlab.sandbox import SandboxBackend
    from rexlab.settings import Settings
    from rexlab.task.load import Task


def install(
    tasks: "Iterable[Task]", harnesses: "Iterable[Harness]", backend: "SandboxBackend", settings: "Settings"
) -> None:
    """Install what the tasks and the harnesses need and is not there yet: what cannot be installed is told now, once.

    Raises:
        InputError: a task needs a sandbox with images, and this one has none.
        EnvironmentBuildError: something cannot be installed; the text says what to do.
    """
    from rexlab.execution.prepare import environment_for
    from rexlab.harness.bundle import build_bundle

    for task in tasks:
        with console_err().status(f"environment of {task.id}"):
            environment_for(task, backend, settings)
    for harness in {h.name: h for h in harnesses if h.manifest.bundle}.values():
        with console_err().status(f"bundle of {harness.name}") as status:
            build_bundle(harness, settings.bundle_root, status.update)

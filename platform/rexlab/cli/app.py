"""The command tree, and what becomes of an error: exit code 0 done, 1 something failed, 2 bad usage or input."""

import logging
import sys
from typing import Annotated

import typer

from rexlab.cli import (
    authoring,
    compare,
    doctor,
    evidence,
    exports,
    gateway,
    grade,
    harnesses,
    imports,
    leaderboard,
    report,
    run,
    runs,
    tail,
    tasks,
    trials,
    ui,
    worker,
)
from rexlab.cli.output import print_error

HELP = """Measure how well AI agents do research engineering.

Exit codes: 0 done; 1 something failed; 2 bad usage or input; 130 stopped with Ctrl-C.
"""

app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
app.command("run")(run.run)
app.add_typer(runs.app, name="runs")
trials.app.command("tail")(tail.tail)
app.add_typer(trials.app, name="trials")
app.command("report")(report.report)
app.command("compare")(compare.compare)
app.command("power")(compare.power)
app.command("leaderboard")(leaderboard.leaderboard)
app.command("regrade")(grade.regrade)
app.command("grade")(grade.grade)
tasks.app.command("new")(authoring.new)
tasks.app.command("describe")(authoring.describe)
tasks.app.command("paper")(authoring.paper)
tasks.app.command("variants")(authoring.variants)
tasks.app.command("calibrate")(evidence.calibrate)
tasks.app.command("mutate")(evidence.mutate)
app.add_typer(tasks.app, name="task")
app.add_typer(harnesses.app, name="harness")
app.add_typer(gateway.app, name="gateway")
app.add_typer(imports.app, name="import")
app.add_typer(exports.app, name="export")
app.command("worker")(worker.worker)
app.command("ui")(ui.ui)
app.command("doctor")(doctor.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        from rexlab import __version__

        typer.echo(f"rexlab {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what rexlab does, to stderr.")] = False,
) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )


def main() -> None:
    """Run the command line."""
    from rexlab.errors import InputError, RexlabError

    try:
        app()
    except InputError as error:
        print_error(str(error))
        sys.exit(2)
    except RexlabError as error:
        print_error(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        print_error("stopped")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; there is nobody to tell
        sys.exit(1)

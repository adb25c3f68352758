"""``rexlab worker``: run the trials that ``--executor celery`` sends, on this machine."""

import logging
from typing import Annotated

import typer

from rexlab.cli.output import note


def worker(
    concurrency: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=256,
            help="Trials run at the same time.",
            show_default="REXLAB_WORKERS; of GPU queues alone: one per GPU slot",
        ),
    ] = None,
    gpus: Annotated[str, typer.Option(help="auto, none, or GPUs by number or UUID: 0,1.")] = "auto",
    queues: Annotated[
        str | None,
        typer.Option(help="cpu,cpu-large,gpu,gpu-large: one or several.", show_default="what this machine can serve"),
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve numbers for Prometheus at this port.")
    ] = None,
    metrics_host: Annotated[str, typer.Option(help="The address that port is opened at.")] = "127.0.0.1",
) -> None:
    """Run trials of every run started with --executor celery, until SIGTERM or Ctrl-C: then trials at work are ended
    within seconds and wait for another worker."""
    import psutil

    from rexlab.cluster.routing import check_queues, default_queues
    from rexlab.cluster.worker import WorkerOptions, start_worker
    from rexlab.errors import InputError
    from rexlab.execution.request_texts import split_names
    from rexlab.gpu.leases import Need
    from rexlab.gpu.pool import pool_for
    from rexlab.settings import load_settings, require_writable

    settings = load_settings()
    memory_mb = psutil.virtual_memory().total // 2**20
    pool = pool_for(settings, gpus)
    chosen = default_queues(len(pool.gpus), memory_mb) if queues is None else check_queues(split_names(queues))
    if any(queue.startswith("gpu") for queue in chosen) and (reason := pool.unmet(Need(1))):
        raise InputError(f"--queues {queues}: their trials need GPUs, but {reason}")
    metrics = None if metrics_port is None else (metrics_host, metrics_port)
    only_gpus = all(queue.startswith("gpu") for queue in chosen)  # a trial that waits for one holds a place for nothing
    at_once = len(pool.gpus) * settings.gpu_slots if only_gpus else settings.workers
    options = WorkerOptions(concurrency or at_once, chosen, pool, metrics)
    require_writable(settings.home)
    logging.getLogger("rexlab").setLevel(logging.INFO)

    def ready(who: str) -> None:
        leased = f", {len(pool.gpus)} GPUs to lease" if pool.gpus else ""
        note(f"worker {who} listens to {', '.join(options.queues)}; {options.concurrency} trials at a time{leased}")

    code = start_worker(settings, options, ready)
    if code:
        raise typer.Exit(code)

"""What one process of a worker's pool does: run the trial whose id it is given, to its end."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from sqlalchemy import Engine

from rexlab.cluster.live import broker_sink
from rexlab.cluster.watch import Watch
from rexlab.errors import NotFoundError, RexlabError
from rexlab.execution.gateways import gateway_for
from rexlab.execution.options import options_of
from rexlab.execution.request_checks import choose_backend, require_safe
from rexlab.execution.trial import Worker
from rexlab.gpu.leases import GpuPool
from rexlab.grading.experiments import never
from rexlab.harness.bundle import build_bundle
from rexlab.harness.manifest import planned_harness
from rexlab.sandbox import SandboxBackend, backend
from rexlab.settings import Settings
from rexlab.store.database import open_engine
from rexlab.store.dispatching import run_to_do
from rexlab.store.leases import claim
from rexlab.store.models import Outcome, RunRow
from rexlab.store.queries import agents_of_run, find_run
from rexlab.store.records import save_result

logger = logging.getLogger(__name__)


class Hand:
    """Runs trials one after the other. What those of one run share is kept until a trial of another run comes."""

    def __init__(
        self, settings: Settings, sandbox: str, gpus: GpuPool, stopping: Callable[[], bool], unfit: Callable[[], None]
    ) -> None:
        """
        Args:
            settings: Of the worker.
            sandbox: The backend that it was started with.
            gpus: Those its trials may lease.
            stopping: Whether this process has been asked to end.
            unfit: Called when that backend works here no longer.
        """
        self._settings = settings
        self._sandbox = sandbox
        self._gpus = gpus
        self._stopping = stopping
        self._tell_unfit = unfit
        self._engine: Engine | None = None
        self._run_id = ""
        self._worker: Worker | None = None
        self._held = ExitStack()

    def run(self, trial_id: str) -> Outcome | None:
        """Run the trial; None when there is nothing to run, or when it went back into the queue.

        Raises:
            StoreError: the store is gone.
        """
        if self._engine is None:  # after the fork: connections of the parent are the parent's
            self._engine = open_engine(self._settings.store_url)
        if self._worker is not None and trial_id.startswith(f"{self._run_id}-"):
            return self._run(self._worker, trial_id)  # of all that come, most are of the run that the last one was of
        try:
            run_id = run_to_do(self._engine, trial_id)
        except NotFoundError as error:
            logger.warning("a message was dropped: %.300s", error)
            return None
        if run_id is None:
            return None
        try:
            worker = self._worker_for(self._engine, run_id)
        except RexlabError as error:
            # told as the trial's result, as any other failure of ours, for nobody sits at this machine
            return self._refuse(self._engine, trial_id, str(error))
        return self._run(worker, trial_id)

    def close(self) -> None:
        """End the gateway, if one was started."""
        self._held.close()
        self._worker, self._run_id = None, ""

    def _run(self, worker: Worker, trial_id: str) -> Outcome | None:
        worker.stop.clear()
        worker.cancel.clear()
        worker.overdue = ""
        with Watch(worker, self._run_id, self._stopping):
            return worker.run_trial(trial_id)

    def _refuse(self, engine: Engine, trial_id: str, why: str) -> Outcome | None:
        held = claim(engine, trial_id, self._settings.lease_s)
        if held is None:
            return None
        save_result(engine, held, outcome=Outcome.INFRA_ERROR, detail=why, timings={}, flags=[], sandbox="")
        return Outcome.INFRA_ERROR

    def _worker_for(self, engine: Engine, run_id: str) -> Worker:
        if self._worker is None or self._run_id != run_id:
            self.close()
            self._worker = self._prepared(engine, find_run(engine, run_id))
            self._run_id = run_id
        return self._worker

    def _prepared(self, engine: Engine, run: RunRow) -> Worker:
        planned = run.spec.get("sandbox") or "auto"
        own = planned in ("auto", self._sandbox)
        # whether its own one works was looked at when the worker started, and is again when a trial fails
        chosen = backend(self._sandbox) if own else choose_backend(planned)
        folders = self._settings.harness_folders
        agents = [
            (planned_harness(a.harness, a.harness_folder, a.harness_digest, folders), bool(a.model))
            for a in agents_of_run(engine, run.id)
        ]
        require_safe(chosen, agents, unsafe=False)
        for harness in {h.name: h for h, _ in agents if h.manifest.bundle}.values():
            build_bundle(harness, self._settings.bundle_root, logger.info)
        options = options_of(run.spec)
        gateway = self._held.enter_context(gateway_for(engine, self._settings, run.id, options))
        sink = partial(broker_sink, self._settings)
        unfit = partial(self._unfit, chosen) if own else never
        return Worker(engine, self._settings, chosen, options, gateway, sink=sink, gpus=self._gpus, unfit=unfit)

    def _unfit(self, own: SandboxBackend) -> bool:
        if own.check().ok:
            return False
        self._tell_unfit()
        return True

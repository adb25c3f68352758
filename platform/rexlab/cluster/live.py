"""What trials at work print, wherever they are: in the broker of a cluster, else in a file of this machine."""

from dataclasses import dataclass

from sqlalchemy import Engine

from rexlab.cluster.broker import answers, connect
from rexlab.execution.live import read_live_file
from rexlab.sandbox.live import HEARTBEAT_S, Output
from rexlab.settings import Settings
from rexlab.store.leases import Claim
from rexlab.store.models import TrialRow
from rexlab.store.queries import find_run

_LASTS_S = round(3 * HEARTBEAT_S)
"""Nobody removes what a killed worker has published."""


@dataclass(frozen=True)
class BrokerSink:
    """A value of the broker's Redis."""

    settings: Settings
    key: str

    def publish(self, data: bytes) -> None:
        """See ``Sink.publish``."""
        with connect(self.settings) as client, answers(client):
            client.set(self.key, data, ex=_LASTS_S)

    def clear(self) -> None:
        """See ``Sink.clear``."""
        with connect(self.settings) as client, answers(client):
            client.delete(self.key)


def broker_sink(settings: Settings, held: Claim) -> BrokerSink:
    """The sink of a trial that a Celery worker has claimed."""
    return BrokerSink(settings, _key(held.trial_id, held.epoch))


def live_output(settings: Settings, engine: Engine, trial: TrialRow) -> Output | None:
    """What a trial at work has printed last; None where nothing is known of it: it is not at work, or has only begun,
    or is a local run's on another machine.

    Raises:
        InputError: the trial's run is Celery's, and these settings name no broker.
        BrokerError: the broker does not answer.
    """
    if find_run(engine, trial.run_id).executor != "celery":
        return read_live_file(settings, trial.id, trial.lease_epoch)
    with connect(settings) as client, answers(client):
        data = client.get(_key(trial.id, trial.lease_epoch))
    return Output.decode(data) if isinstance(data, bytes) else None


def _key(trial_id: str, epoch: int) -> str:
    return f"rexlab:tail:{trial_id}-{epoch}"

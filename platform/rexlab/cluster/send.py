"""Send trials to the workers: a message with its id for each. Sent twice does no harm."""

from celery import Celery
from kombu.exceptions import OperationalError
from redis import RedisError
from sqlalchemy import Engine

from rexlab.cluster.app import TASK, wire_name
from rexlab.cluster.routing import PRIORITIES, queue_of
from rexlab.errors import BrokerError
from rexlab.store.dispatching import Queued, queued_trials


def send_run(app: Celery, engine: Engine, run_id: str, priority: str) -> int:
    """Send all queued trials of a run, in its order; returns how many.

    Raises:
        BrokerError: the broker cannot be reached; what was sent stays sent, and sending again does no harm.
        StoreError: the store cannot be read.
    """
    waiting = queued_trials(engine, run_id)
    send(app, waiting, priority)
    return len(waiting)


def send(app: Celery, trials: list[Queued], priority: str) -> None:
    """Send these trials.

    Raises:
        BrokerError: the broker cannot be reached.
    """
    number = PRIORITIES[priority]
    try:
        with app.producer_pool.acquire(block=True) as producer:
            for trial in trials:
                app.send_task(
                    TASK,
                    args=[trial.trial_id],
                    task_id=trial.trial_id,
                    queue=wire_name(queue_of(trial.gpus, trial.memory_mb)),
                    priority=number,
                    producer=producer,
                )
    except (OperationalError, RedisError, OSError) as error:
        raise BrokerError(f"the broker took not all of the trials: {error}") from error

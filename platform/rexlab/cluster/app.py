"""The Celery app: how trials' ids travel. Nothing of a trial is in a message but its id."""

from celery import Celery
from kombu.entity import Queue

from rexlab.cluster.broker import broker_url
from rexlab.cluster.routing import PREFIX, PRIORITIES, QUEUES
from rexlab.cluster.watch import GRACE_S
from rexlab.settings import Settings

TASK = "rexlab.trial"
"""Name of the one task: run the trial with this id."""


def make_app(settings: Settings) -> Celery:
    """The app for these settings; nothing is connected yet.

    Raises:
        InputError: no broker is set, or its address is none.
    """
    url = broker_url(settings)
    app = Celery("rexlab", broker=url, set_as_current=False)
    app.conf.update(
        # a message is done with when its trial is; claims make a message that comes twice harmless
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        broker_transport_options={
            # above the longest trial, or Redis would hand its message to a second worker meanwhile, which drops it
            "visibility_timeout": settings.trial_limit_s + 2 * GRACE_S,
            "priority_steps": sorted(PRIORITIES.values()),
            "queue_order_strategy": "priority",
            "socket_connect_timeout": 5,
            "socket_timeout": 30,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # for ever: a broker that is restarted finds its workers again
        task_queues=[Queue(wire_name(name)) for name in QUEUES],  # type: ignore[no-untyped-call]
        task_default_queue=wire_name(QUEUES[0]),
        task_create_missing_queues=False,
        # what comes of a trial is in the store: a second place to write it to would be a second one to fail
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        enable_utc=True,
    )
    return app


def wire_name(queue: str) -> str:
    """The queue's name in Redis."""
    return f"{PREFIX}{queue}"

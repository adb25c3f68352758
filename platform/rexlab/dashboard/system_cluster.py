"""The cluster as seen from here, for ``rexlab doctor`` and the page System: the broker, and which workers listen."""

from rexlab.cluster.broker import connect, place
from rexlab.cluster.workers import listening_workers
from rexlab.dashboard.system_machine import Finding
from rexlab.errors import RexlabError
from rexlab.settings import Settings


def look_at_cluster(settings: Settings) -> list[Finding]:
    """Broker and workers where a broker is set; nothing elsewhere."""
    if settings.broker_url is None:
        return []
    try:
        workers = listening_workers(settings)
        with connect(settings) as client:
            where = place(client)
    except RexlabError as error:
        return [Finding("broker", "problem", str(error))]
    broker = Finding("broker", "ok", f"Redis at {where}")
    if not workers:
        return [broker, Finding("workers", "missing", "none listens", "start one on each machine: rexlab worker")]
    unfit = [worker.name for worker in workers if not worker.queues]
    if unfit:
        said = f"{len(unfit)} of {len(workers)} take no trials, for their sandbox fails: {', '.join(unfit)}"
        return [broker, Finding("workers", "problem", said, "rexlab doctor on their machines says what is missing")]
    at_once = sum(worker.concurrency for worker in workers)
    queues = dict.fromkeys(queue for worker in workers for queue in worker.queues)
    said = f"{len(workers)} listen to {', '.join(queues)}; {at_once} trials at a time"
    return [broker, Finding("workers", "ok", said)]

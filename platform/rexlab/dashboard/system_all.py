"""All that ``rexlab doctor`` and the page System look at, in one order."""

from rexlab.dashboard.system_cluster import look_at_cluster
from rexlab.dashboard.system_machine import Finding, look_at_artifacts, look_at_machine, look_at_store
from rexlab.dashboard.system_sight import look_at_sight
from rexlab.settings import Settings


def look_at_all(settings: Settings) -> list[Finding]:
    """This machine, the cluster where there is one, the store and its artifacts; takes up to seconds."""
    return [
        *look_at_machine(settings),
        *look_at_sight(settings),
        *look_at_cluster(settings),
        look_at_store(settings.store_url),
        look_at_artifacts(settings.artifact_root),
    ]

"""Whether the Docker engine sees rexlab's home, for ``rexlab doctor`` where the settings choose docker."""

from rexlab.dashboard.system_machine import Finding
from rexlab.errors import RexlabError
from rexlab.sandbox import backend
from rexlab.sandbox.docker_sight import require_sight
from rexlab.settings import Settings

_NAME = "docker sees home"


def look_at_sight(settings: Settings) -> list[Finding]:
    """One finding where docker is to be used, works and has a home to see, for it costs a container; none elsewhere."""
    docker = backend("docker")
    if settings.sandbox != docker.name or not settings.home.is_dir() or not docker.check().ok:
        return []
    try:
        require_sight(docker, settings.home)
    except RexlabError as error:
        return [Finding(_NAME, "problem", str(error))]
    return [Finding(_NAME, "ok", f"{settings.home} is the same folder to the engine")]

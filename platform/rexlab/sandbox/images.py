"""Docker images of tasks: built from a Dockerfile once per content, identified by what is in them."""

from hashlib import sha256
from pathlib import Path

from rexlab.errors import EnvironmentBuildError


def build_image(dockerfile: Path) -> str:
    """Build the image that a task's Dockerfile describes, with its folder as the context; returns its tag.

    Raises:
        EnvironmentBuildError: there is no engine, or the build failed; the text holds its last lines.
    """
    import docker
    from docker.errors import BuildError, DockerException

    digest = sha256(dockerfile.read_bytes()).hexdigest()[:16]
    tag = f"rexlab/task:{digest}"
    try:
        client = docker.from_env(version="auto")
        if not client.images.list(tag):
            client.images.build(
                path=str(dockerfile.parent),
                dockerfile=dockerfile.name,
                tag=tag,
                rm=True,
                forcerm=True,
                labels={"rexlab": "1"},
            )
    except BuildError as error:
        lines = [str(entry.get("stream") or entry.get("error") or "").strip() for entry in error.build_log]
        last = "\n".join(line for line in lines if line)[-1000:]
        raise EnvironmentBuildError(f"{dockerfile} does not build: {error.msg}\n{last}") from error
    except DockerException as error:
        raise EnvironmentBuildError(f"{dockerfile} cannot be built: {error}") from error
    return tag


def image_id(image: str) -> str:
    """The id of an image that is there; a tag may move, an id does not.

    Raises:
        EnvironmentBuildError: there is no such image, or no engine.
    """
    import docker
    from docker.errors import DockerException

    try:
        return str(docker.from_env(version="auto").images.get(image).id)
    except DockerException as error:
        raise EnvironmentBuildError(f"the image {image} is not there: {error}; pull or build it first") from error

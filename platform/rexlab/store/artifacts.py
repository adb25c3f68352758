"""Artifacts: patches, logs and trajectories, in a folder, in an S3 bucket, or behind any other URL fsspec knows."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any, BinaryIO
from uuid import uuid4

import fsspec
from botocore.exceptions import BotoCoreError

from rexlab.errors import InputError, NotFoundError, StoreError
from rexlab.store.models import ArtifactRow
from rexlab.store.urls import without_secrets

_S3 = ("s3", "s3a")
_PATIENT = {"connect_timeout": 5, "read_timeout": 30, "retries": {"mode": "standard", "total_max_attempts": 6}}
"""With growing pauses between the attempts, ten seconds or more: whoever reads waits for the answer."""
_ENDURING = {**_PATIENT, "retries": {"mode": "standard", "total_max_attempts": 60}}
"""Of uploads, for hours of an agent's work may be lost with one; ``_SAVE_S`` ends them."""
_SAVE_S = 300.0
_SLOWEST = 1 << 18
"""Bytes per second: an upload that is slower is given up."""
_BRISK = {"connect_timeout": 2, "read_timeout": 2, "retries": {"mode": "standard", "total_max_attempts": 1}}
_BRISK_S = 4.0
_BLOCK = 1 << 20
"""So much is read at a time of a file of which parts are wanted, in bytes."""
_FAILURES = (OSError, BotoCoreError)


class Artifacts:
    """Files below one root. Each is written once, under a name no other claim of the trial uses.

    It may be made before a process forks and used after: connections are opened by the process that uses them.

    Raises:
        InputError: the URL cannot be used.
    """

    def __init__(self, root: str) -> None:
        self.shown = without_secrets(root)
        """The root, for messages."""
        protocol = fsspec.core.split_protocol(root)[0] or "file"
        try:
            self._class: Any = fsspec.get_filesystem_class(protocol)
            self._root: str = self._class._strip_protocol(root)
        except (ValueError, ImportError) as error:
            raise InputError(f"the artifacts URL {self.shown!r} cannot be used: {error}") from error
        self._s3 = protocol in _S3
        if self._s3 and "@" in self._root.split("/", 1)[0]:
            raise InputError(
                f"the artifacts URL {self.shown!r} cannot be used: keys of S3 belong into AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY"
            )
        if protocol == "file":
            self.shown = self._root

    @property
    def _fs(self) -> Any:
        """This process's own connections, which fsspec keeps."""
        return self._connect(_PATIENT)

    def _connect(self, config: dict[str, Any], **options: Any) -> Any:
        if self._s3:  # what another process has saved is seen at once, for no listing is kept
            return self._class(config_kwargs=config, use_listings_cache=False, **options)
        return self._class(**options)

    def require_usable(self) -> None:
        """Make sure, by writing a small file that stays, that artifacts can be kept; takes at most 5 seconds.

        Raises:
            StoreError: they cannot; the text says why.
        """
        fs = self._connect(_BRISK, skip_instance_cache=True)
        fs.retries = 1  # s3fs has attempts of its own, on top of those
        try:
            if not self._s3:
                fs.makedirs(self._root, exist_ok=True)
            self._put(fs, f"{self._root}/.writable", b"", _BRISK_S)
        except _FAILURES as error:
            raise StoreError(f"artifacts cannot be kept in {self.shown}: {_first_line(error)}") from error

    def save(self, trial_id: str, epoch: int, kind: str, name: str, data: bytes) -> ArtifactRow:
        """Write ``data``, so that it is there as a whole or not at all; the returned row is not yet in the store.

        Raises:
            StoreError: it could not be written (disk full, no permission).
        """
        run_id = trial_id.rsplit("-", 1)[0]
        relative = f"{run_id}/{trial_id}/{epoch}-{name}"
        try:
            self._write(f"{self._root}/{relative}", data)
        except _FAILURES as error:
            place = f"{self.shown}/{relative}"
            raise StoreError(f"trial {trial_id}: cannot write artifact {place}: {_first_line(error)}") from error
        return ArtifactRow(trial_id=trial_id, kind=kind, path=relative, size=len(data), sha256=sha256(data).hexdigest())

    def _write(self, place: str, data: bytes) -> None:
        if self._s3:  # an object appears when all of it is there, and has no folder
            self._put(self._connect(_ENDURING), place, data, _SAVE_S + len(data) / _SLOWEST)
            return
        beside = f"{place}.{uuid4().hex}.part"
        try:
            self._fs.makedirs(place.rsplit("/", 1)[0], exist_ok=True)
            self._fs.pipe_file(beside, data)
            self._fs.mv(beside, place)
        except OSError:
            with suppress(OSError):
                self._fs.rm_file(beside)
            raise

    def _put(self, fs: Any, place: str, data: bytes, seconds: float) -> None:
        # the read timeout does not hold while a server is asked whether it wants the data
        fs.pipe_file(place, data, **({"timeout": seconds} if self._s3 else {}))

    def load(self, artifact: ArtifactRow) -> bytes:
        """The bytes as they were saved.

        Raises:
            NotFoundError: the file is gone.
            StoreError: it is not what was saved.
        """
        with self._reading(artifact) as place:
            data: bytes = self._fs.cat_file(place)
        if sha256(data).hexdigest() != artifact.sha256:
            raise self._damaged(artifact)
        return data

    def require(self, artifact: ArtifactRow) -> None:
        """Make sure, without reading it, that the file is there and as long as what was saved.

        Raises:
            NotFoundError: the file is gone.
            StoreError: it is longer or shorter.
        """
        with self._reading(artifact) as place:
            size = self._fs.size(place)
        if size != artifact.size:
            raise self._damaged(artifact)

    def open(self, artifact: ArtifactRow) -> BinaryIO:
        """The file to read parts of, for what is too large to load; whether it is what was saved is not checked.

        Raises:
            NotFoundError: the file is gone.
            StoreError: it cannot be read.
        """
        with self._reading(artifact) as place:
            file: BinaryIO = self._fs.open(place, "rb", block_size=_BLOCK)
        return file

    @contextmanager
    def _reading(self, artifact: ArtifactRow) -> Iterator[str]:
        """Where the file is; what goes wrong with it is told in our words."""
        name = f"{self.shown}/{artifact.path}"
        try:
            yield f"{self._root}/{artifact.path}"
        except FileNotFoundError as error:
            raise NotFoundError(f"trial {artifact.trial_id}: the artifact {name} is gone") from error
        except _FAILURES as error:
            raise StoreError(f"trial {artifact.trial_id}: cannot read artifact {name}: {_first_line(error)}") from error

    def _damaged(self, artifact: ArtifactRow) -> StoreError:
        return StoreError(f"trial {artifact.trial_id}: the artifact {self.shown}/{artifact.path} is not what was saved")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["it does not answer" if isinstance(error, TimeoutError) else repr(error)])[0]

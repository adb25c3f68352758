"""Artifacts: patches, logs and trajectories, in a folder or behind any URL fsspec knows."""

from contextlib import suppress
from hashlib import sha256
from typing import BinaryIO
from uuid import uuid4

import fsspec

from rexlab.errors import NotFoundError, StoreError
from rexlab.store.models import ArtifactRow


class Artifacts:
    """Files below one root. Each is written once, under a name no other claim of the trial uses."""

    def __init__(self, root: str) -> None:
        self._fs, self._root = fsspec.core.url_to_fs(root)

    def save(self, trial_id: str, epoch: int, kind: str, name: str, data: bytes) -> ArtifactRow:
        """Write ``data`` beside its place, then rename; the returned row is not yet in the store.

        Raises:
            StoreError: it could not be written (disk full, no permission).
        """
        run_id = trial_id.rsplit("-", 1)[0]
        relative = f"{run_id}/{trial_id}/{epoch}-{name}"
        place = f"{self._root}/{relative}"
        beside = f"{place}.{uuid4().hex}.part"
        try:
            self._fs.makedirs(place.rsplit("/", 1)[0], exist_ok=True)
            self._fs.pipe_file(beside, data)
            self._fs.mv(beside, place)
        except OSError as error:
            with suppress(OSError):
                self._fs.rm_file(beside)
            raise StoreError(f"trial {trial_id}: cannot write artifact {place}: {error}") from error
        return ArtifactRow(trial_id=trial_id, kind=kind, path=relative, size=len(data), sha256=sha256(data).hexdigest())

    def load(self, artifact: ArtifactRow) -> bytes:
        """The bytes as they were saved.

        Raises:
            NotFoundError: the file is gone.
            StoreError: it is not what was saved.
        """
        place = f"{self._root}/{artifact.path}"
        try:
            data: bytes = self._fs.cat_file(place)
        except FileNotFoundError as error:
            raise NotFoundError(f"trial {artifact.trial_id}: the artifact {place} is gone") from error
        except OSError as error:
            raise StoreError(f"trial {artifact.trial_id}: cannot read artifact {place}: {error}") from error
        if sha256(data).hexdigest() != artifact.sha256:
            raise StoreError(f"trial {artifact.trial_id}: the artifact {place} is not what was saved")
        return data

    def require(self, artifact: ArtifactRow) -> None:
        """Make sure, without reading it, that the file is there and as long as what was saved.

        Raises:
            NotFoundError: the file is gone.
            StoreError: it is longer or shorter.
        """
        place = f"{self._root}/{artifact.path}"
        try:
            size = self._fs.size(place)
        except FileNotFoundError as error:
            raise NotFoundError(f"trial {artifact.trial_id}: the artifact {place} is gone") from error
        except OSError as error:
            raise StoreError(f"trial {artifact.trial_id}: cannot read artifact {place}: {error}") from error
        if size != artifact.size:
            raise StoreError(f"trial {artifact.trial_id}: the artifact {place} is not what was saved")

    def open(self, artifact: ArtifactRow) -> BinaryIO:
        """The file to read parts of, for what is too large to load; whether it is what was saved is not checked.

        Raises:
            NotFoundError: the file is gone.
            StoreError: it cannot be read.
        """
        place = f"{self._root}/{artifact.path}"
        try:
            file: BinaryIO = self._fs.open(place, "rb")
        except FileNotFoundError as error:
            raise NotFoundError(f"trial {artifact.trial_id}: the artifact {place} is gone") from error
        except OSError as error:
            raise StoreError(f"trial {artifact.trial_id}: cannot read artifact {place}: {error}") from error
        return file

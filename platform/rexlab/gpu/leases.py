"""GPU leases: who may use which GPU of this machine now, agreed on by all its processes through locked files."""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rexlab.errors import InputError, RexlabError
from rexlab.gpu.devices import Gpu
from rexlab.gpu.locks import read_locked, try_lock, unlock
from rexlab.store.leases import this_process

_POLL_S = (0.05, 0.15)
"""Between two tries, drawn anew each time so that two who wait do not go on colliding."""
_TURN = "next"
"""Name of the lock by which somebody who waits for several GPUs keeps others from taking one after the other."""


class WaitEndedError(RexlabError):
    """Who waited for GPUs was told to stop."""


@dataclass(frozen=True)
class Need:
    """What a task asks for."""

    count: int
    memory_mb: int = 0
    """That each GPU must have at least, MiB in all."""

    def __str__(self) -> str:
        size = f" of at least {self.memory_mb:,} MB" if self.memory_mb else ""
        return f"{self.count} GPU{'s' * (self.count != 1)}{size}"


@dataclass(frozen=True)
class Held:
    """A lease that somebody has now."""

    uuid: str
    slot: int
    holder: str
    """Trial, or what else it was taken for."""
    process: str
    """``host|pid|start time``, as a trial's claim names it."""
    since: float
    """Seconds since the epoch."""


def _never() -> bool:
    return False


class GpuPool:
    """GPUs that trials of this process may lease. Its methods may be called from several threads."""

    def __init__(self, gpus: Sequence[Gpu], folder: Path, slots: int = 1, why_none: str = "") -> None:
        """``folder`` holds the locks, ``slots`` trials may share a GPU, ``why_none`` explains a pool without any."""
        self.gpus = tuple(gpus)
        self._folder = folder
        self._slots = slots
        self._why_none = why_none
        self.waiting: set[str] = set()
        """Holders in this process that wait for GPUs now."""

    def unmet(self, need: Need) -> str:
        """Why the need can never be met here, after "it needs 2 GPUs, but "; empty when it can."""
        if not self.gpus and need.count:
            return f"no GPU can be used here: {self._why_none or 'none was chosen'}"
        fitting = self.fitting(need)
        if need.count <= len(fitting):
            return ""
        largest = f", the largest with {max(gpu.memory_mb for gpu in self.gpus):,} MB" if need.memory_mb else ""
        return f"there {'is' if len(self.gpus) == 1 else 'are'} {len(self.gpus)} here{largest}"

    @contextmanager
    def lease(self, need: Need, holder: str, cancelled: Callable[[], bool] = _never) -> Iterator[tuple[Gpu, ...]]:
        """Have as many GPUs as are needed, all or none; waits for them.

        The least used come first, of these the smallest that suffice. Where somebody waits for several, those who come
        later do not take GPUs that become free before him.

        Args:
            need: How many, how large; none is at once given.
            holder: What they are for, for others to read.
            cancelled: Asked a few times a second while waiting.

        Raises:
            InputError: the GPUs of this pool can never meet the need, or the folder of the locks cannot be used.
            WaitEndedError: it was cancelled.
        """
        if not need.count:
            yield ()
            return
        if reason := self.unmet(need):
            raise InputError(f"{holder} needs {need}, but {reason}")
        taken = self._wait(need, holder, cancelled)
        try:
            yield tuple(taken)
        finally:
            _give_back(taken.values())

    def _wait(self, need: Need, holder: str, cancelled: Callable[[], bool]) -> dict[Gpu, int]:
        note = json.dumps({"holder": holder, "process": this_process(), "since": time.time()})
        turn: list[int] = []
        self.waiting.add(holder)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            while True:
                if taken := self._take(need, note, first=bool(turn)):
                    return taken
                if cancelled():
                    raise WaitEndedError(f"{holder} was told to stop while it waited for {need}")
                if need.count > 1 and not turn:
                    turn = self._take_turn(need, note)
                time.sleep(random.uniform(*_POLL_S))  # noqa: S311
        except OSError as error:
            raise InputError(
                f"{self._folder} cannot hold the locks of GPUs: {error.strerror}; set REXLAB_GPU_LOCKS to a folder "
                "that everybody who runs trials here can write"
            ) from error
        finally:
            self.waiting.discard(holder)
            _give_back(turn)

    def _take(self, need: Need, note: str, *, first: bool) -> dict[Gpu, int]:
        """GPUs with the descriptors of their locks; empty when not all could be had now."""
        free = [gpu for gpu in self.fitting(need) if first or read_locked(self._turn(gpu)) is None]
        used = {gpu: sum(read_locked(place) is not None for place in self._places(gpu)) for gpu in free}
        taken: dict[Gpu, int] = {}
        try:
            for gpu in sorted(free, key=lambda gpu: (used[gpu], gpu.memory_mb, gpu.index)):
                for place in self._places(gpu):
                    fd = try_lock(place, note)
                    if fd is not None:
                        taken[gpu] = fd
                        break
                if len(taken) == need.count:
                    return taken
        except BaseException:
            _give_back(taken.values())
            raise
        _give_back(taken.values())
        return {}

    def _take_turn(self, need: Need, note: str) -> list[int]:
        """Be the next on every GPU that would do; empty when somebody else is on one of them."""
        turn: list[int] = []
        for gpu in self.fitting(need):
            fd = try_lock(self._turn(gpu), note)
            if fd is None:
                _give_back(turn)
                return []
            turn.append(fd)
        return turn

    def fitting(self, need: Need) -> tuple[Gpu, ...]:
        """GPUs that are large enough."""
        return tuple(gpu for gpu in self.gpus if gpu.memory_mb >= need.memory_mb)

    def _places(self, gpu: Gpu) -> list[Path]:
        return [self._folder / f"{gpu.uuid}.{slot}" for slot in range(self._slots)]

    def _turn(self, gpu: Gpu) -> Path:
        return self._folder / f"{gpu.uuid}.{_TURN}"


def _give_back(fds: Iterable[int]) -> None:
    for fd in fds:
        unlock(fd)


def leases_now(folder: Path) -> list[Held]:
    """Who has which GPU now, by GPU and slot. Nobody is disturbed."""
    found = []
    for place in sorted(folder.glob("*.*")):
        uuid, _, slot = place.name.rpartition(".")
        text = read_locked(place) if slot.isdecimal() else None
        if text is None:
            continue
        try:
            note = json.loads(text)
        except ValueError:  # it was locked this moment, and nothing is written yet
            note = {"holder": "", "process": "", "since": time.time()}
        found.append(Held(uuid, int(slot), note["holder"], note["process"], note["since"]))
    return found

"""What trials of this machine print while they are at work: in a file of their working folder."""

from dataclasses import dataclass
from pathlib import Path

from rexlab.execution.scratch import trial_folder
from rexlab.sandbox.live import Output
from rexlab.settings import Settings
from rexlab.store.leases import Claim


@dataclass(frozen=True)
class FileSink:
    """A file that is replaced as a whole, and goes with its folder."""

    path: Path

    def publish(self, data: bytes) -> None:
        """See ``Sink.publish``."""
        new = self.path.with_suffix(".new")
        new.write_bytes(data)
        new.replace(self.path)

    def clear(self) -> None:
        """See ``Sink.clear``."""
        self.path.unlink(missing_ok=True)


def file_sink(settings: Settings, held: Claim) -> FileSink:
    """The sink of a claimed trial."""
    return FileSink(_file(settings, held.trial_id, held.epoch))


def read_live_file(settings: Settings, trial_id: str, epoch: int) -> Output | None:
    """What that claim of the trial printed last; None when it is not at work on this machine."""
    try:
        return Output.decode(_file(settings, trial_id, epoch).read_bytes())
    except FileNotFoundError:
        return None


def _file(settings: Settings, trial_id: str, epoch: int) -> Path:
    return trial_folder(settings, trial_id, epoch) / "live"

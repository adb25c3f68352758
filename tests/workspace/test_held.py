"""Folders that are held: in use as long as their process lives, swept afterwards."""

import subprocess
import sys
from pathlib import Path

from rexlab.workspace import held_folder, sweep_held

HOLD = """
import sys, time
from pathlib import Path
from rexlab.workspace import held_folder
with held_folder("job-", Path(sys.argv[1])) as folder:
    (folder / "file").write_text("half-made")
    print(folder.name, flush=True)
    time.sleep(600)
"""


def test_a_folder_is_swept_once_its_process_was_killed(tmp_path: Path) -> None:
    (tmp_path / "job-file").touch()
    (tmp_path / "other-folder").mkdir()
    with (
        held_folder("job-", tmp_path) as mine,
        subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout is not None
        theirs = process.stdout.readline().strip()
        assert sweep_held("job-", tmp_path) == []
        (tmp_path / ".job-begun").mkdir()
        assert sweep_held("job-", tmp_path) == [".job-begun"]
        process.kill()
        process.wait()
        assert sweep_held("job-", tmp_path) == [theirs]
        assert mine.is_dir()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["job-file", "other-folder"]

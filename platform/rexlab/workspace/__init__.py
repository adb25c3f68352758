"""Git work around a trial: the masked base, the patch out of a workspace, the patch into a fresh folder.

The agent is taken to be hostile and to have had full control of its workspace, its ``.git`` included. So nothing here
runs git in a workspace, follows a link in one, or reads a file before its size is known.

    base = make_base(prepared_code, store / digest)   one fresh commit, no history
    checkout(base, workspace)                         files and an own .git, for the agent
    patch = capture(base, workspace)                  what the agent changed
    applied = apply(base, patch.data, folder, policy) masked files and the allowed changes, for the grader
"""

from rexlab.workspace.base import checkout, load_base, make_base, plain_copy
from rexlab.workspace.cleaning import clean_tree
from rexlab.workspace.gitrun import sweep_scratch
from rexlab.workspace.held import held_folder, hold_folder, sweep_held
from rexlab.workspace.model import ARTIFACTS, MAX_PATCH_BYTES, Applied, Base, ChangedFile, Dropped, Patch
from rexlab.workspace.outputs import (
    OutputError,
    OutputMissingError,
    OutputNotRegularError,
    OutputTooLargeError,
    as_glob,
    read_output,
    remove_matching,
)
from rexlab.workspace.patch_in import apply, changed_contents, inspect_patch
from rexlab.workspace.patch_out import capture
from rexlab.workspace.policy import ApplyPolicy
from rexlab.workspace.tree import digest_tree

__all__ = [
    "ARTIFACTS",
    "MAX_PATCH_BYTES",
    "Applied",
    "ApplyPolicy",
    "Base",
    "ChangedFile",
    "Dropped",
    "OutputError",
    "OutputMissingError",
    "OutputNotRegularError",
    "OutputTooLargeError",
    "Patch",
    "apply",
    "as_glob",
    "capture",
    "changed_contents",
    "checkout",
    "clean_tree",
    "digest_tree",
    "held_folder",
    "hold_folder",
    "inspect_patch",
    "load_base",
    "make_base",
    "plain_copy",
    "read_output",
    "remove_matching",
    "sweep_held",
    "sweep_scratch",
]

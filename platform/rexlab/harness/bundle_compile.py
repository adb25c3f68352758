"""Run by a bundle's own interpreter while the bundle is built: compile the modules below some folders. No rexlab here.

Usage: bundle_compile.py BUNDLE INSIDE FOLDER…, where sandboxes see the folder BUNDLE at INSIDE.
"""

import compileall
import multiprocessing
import os
import sys
from functools import partial
from pathlib import Path
from py_compile import PycInvalidationMode


def main(bundle: str, inside: str, *folders: str) -> None:
    """Compile every module; a file that is no Python (a template, a test of a parser) stays as it is."""
    files = [str(file) for folder in folders for file in Path(folder).rglob("*.py")]
    # The sources never change again, so that nobody need compare them when they are imported.
    compile_one = partial(
        compileall.compile_file,
        quiet=2,
        stripdir=bundle,
        prependdir=inside,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    # Forked, because this interpreter's own path does not start it outside of a sandbox.
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        for _ in pool.imap_unordered(compile_one, files, chunksize=64):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])

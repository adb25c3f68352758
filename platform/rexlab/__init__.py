"""rexlab measures how well AI agents do research engineering."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("rexlab")
except PackageNotFoundError:  # a source tree that nobody installed
    __version__ = "0+unknown"

__all__ = ["__version__"]

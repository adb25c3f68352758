"""rexlab measures how well AI agents do research engineering."""

__version__ = "0.1.0"

__all__ = ["__version__"]

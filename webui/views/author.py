"""A page that is being written."""

from webui.parts.page import header


def page() -> None:
    """Show its title."""
    header("author")

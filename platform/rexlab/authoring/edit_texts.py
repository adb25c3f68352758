"""What a manifest says in words: of the task, its paper and its experiments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rexlab.errors import InputError
from rexlab.task.manifest import Manifest


@dataclass(frozen=True)
class Texts:
    """The words of a manifest that its author writes."""

    title: str
    summary: str
    paper_title: str
    authors: tuple[str, ...]
    year: int
    url: str
    experiments: Mapping[str, str]
    """What each experiment measures; an empty text says nothing."""

    @classmethod
    def of(cls, manifest: Manifest) -> "Texts":
        """Those that the manifest has."""
        return cls(
            title=manifest.task.title.strip(),
            summary=manifest.task.summary.strip(),
            paper_title=manifest.paper.title.strip(),
            authors=tuple(manifest.paper.authors),
            year=manifest.paper.year,
            url=manifest.paper.url,
            experiments={e.name: e.description.strip() for e in manifest.experiment},
        )

    def write(self, document: Any, manifest: Manifest) -> None:
        """Put those that differ into the manifest's document (tomlkit).

        Raises:
            InputError: one cannot be so.
        """
        self._check()
        was = Texts.of(manifest)
        task, paper = document["task"], document["paper"]
        for table, key, old, new in (
            (task, "title", was.title, self.title.strip()),
            (task, "summary", was.summary, self.summary.strip()),
            (paper, "title", was.paper_title, self.paper_title.strip()),
            (paper, "authors", was.authors, tuple(self.authors)),
            (paper, "year", was.year, self.year),
            (paper, "url", was.url, self.url.strip()),
        ):
            if old != new:
                table[key] = list(new) if isinstance(new, tuple) else new
        for table, section in zip(document["experiment"], manifest.experiment, strict=True):
            text = self.experiments.get(section.name, "").strip()
            if text != section.description.strip():
                table["description"] = text

    def _check(self) -> None:
        for text, what in ((self.title, "title"), (self.summary, "summary"), (self.paper_title, "paper's title")):
            if not text.strip():
                raise InputError(f"the {what} is empty; write one")
        if not self.authors:
            raise InputError("the paper has no author; name at least one")
        if not re.fullmatch(r"https?://\S+", self.url.strip()):
            raise InputError(f"the paper's address is {self.url.strip()!r}; it must begin with https:// or http://")

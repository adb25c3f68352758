"""Chooses what of a paper and of a code base goes into a request."""

import ast
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rexlab_kit.chat import Chat

PARAGRAPHS_CHARS = 1_200
CLASS_LINES = 60
EMBEDDED_CHARS = 8_000

Ranking = Callable[[str, Sequence[str]], list[float]]
"""Gives each text a score for the query; higher is nearer."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a code base."""

    path: str
    text: str


def paper_pieces(paper: str) -> list[str]:
    """The paper in pieces: neighbouring paragraphs together up to a size, never across a heading."""
    pieces: list[str] = []
    for paragraph in re.split(r"\n\s*\n", paper):
        if not paragraph.strip():
            continue
        starts = not pieces or paragraph.lstrip().startswith("#")
        if starts or len(pieces[-1]) + len(paragraph) > PARAGRAPHS_CHARS:
            pieces.append(paragraph)
        else:
            pieces[-1] += f"\n\n{paragraph}"
    return pieces


def code_files(workspace: Path) -> list[Piece]:
    """Every Python file, hidden folders left out, in the order of the paths."""
    found = []
    for path in sorted(workspace.rglob("*.py")):
        relative = path.relative_to(workspace)
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in relative.parts):
            found.append(Piece(relative.as_posix(), path.read_text("utf-8", "replace")))
    return found


def code_pieces(files: Sequence[Piece]) -> list[Piece]:
    """Functions and classes, long classes method by method; a file without any is one piece."""
    pieces: list[Piece] = []
    for file in files:
        try:
            tree = ast.parse(file.text)
        except (SyntaxError, ValueError):
            pieces.append(file)
            continue
        nodes: list[ast.stmt] = []
        for node in tree.body:
            long = (node.end_lineno or node.lineno) - node.lineno > CLASS_LINES
            if isinstance(node, ast.ClassDef) and long:
                nodes += [part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                nodes.append(node)
        lines = file.text.splitlines(keepends=True)
        pieces += [Piece(file.path, "".join(lines[node.lineno - 1 : node.end_lineno])) for node in nodes]
        if not nodes and file.text.strip():
            pieces.append(file)
    return pieces


def words(text: str) -> list[str]:
    """Lower-case words and numbers; ``time_grid`` and ``timeGrid`` are two each."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return re.findall(r"[^\W_]+", split.lower())


def lexical(query: str, texts: Sequence[str]) -> list[float]:
    """BM25 scores."""
    import bm25s

    if not texts:
        return []
    index = bm25s.BM25()
    index.index([words(text) or [""] for text in texts], show_progress=False)
    return [float(score) for score in index.get_scores(words(query))]


class Embeddings:
    """Cosine similarity of the model's embeddings; a text is embedded once."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._vectors: dict[str, list[float]] = {}

    def __call__(self, query: str, texts: Sequence[str]) -> list[float]:
        short = [text[:EMBEDDED_CHARS] for text in (query, *texts)]
        missing = [text for text in dict.fromkeys(short) if text not in self._vectors]
        if missing:
            self._vectors.update(zip(missing, self._chat.embeddings(missing), strict=True))
        return [_cosine(self._vectors[short[0]], self._vectors[text]) for text in short[1:]]


def best(ranking: Ranking, query: str, texts: Sequence[str], top: int) -> list[int]:
    """Positions of the ``top`` nearest texts, in the order in which they stand."""
    scores = ranking(query, texts)
    nearest = sorted(range(len(texts)), key=lambda i: -scores[i])[:top]
    return sorted(nearest)


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    length = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / length if length else 0.0

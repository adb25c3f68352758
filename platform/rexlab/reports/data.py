"""A report for programs: strict JSON of everything; the main table as CSV and Parquet."""

import csv
import io
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rexlab.reports.document import Kind, Report, Section
from rexlab.reports.view import View
from rexlab.store.columns import TrialColumns

if TYPE_CHECKING:
    import pyarrow as pa


def render_json(report: Report, trials: TrialColumns) -> str:
    """Everything: the main table's rows, and every section with its notes and curves."""
    series = ("label", "x", "y", "low", "high")
    document = {
        "runs": [run.id for run in trials.runs],
        "trials": trials.planned,
        "counted": len(trials),
        "title": report.title,
        "rows": main_rows(report, trials),
        "notes": report.notes,
        "facts": dict(report.facts),
        "sections": {
            section.name: {
                "title": section.title,
                "rows": list(section.records()),
                "notes": section.notes,
                "series": [{name: getattr(curve, name) for name in series} for curve in section.series],
            }
            for section in report.sections
        },
    }
    return json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def render_csv(report: Report, trials: TrialColumns) -> str:
    """The main table; counts in words, for a cell holds one thing."""
    rows = [{name: _cell(value) for name, value in row.items()} for row in main_rows(report, trials)]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    if rows:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def render_parquet(report: Report, trials: TrialColumns) -> bytes:
    """The main table with types; the report's title, notes and facts are in the schema's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    section = report.sections[0]
    rows = main_rows(report, trials)
    types = _types(section)
    names = list(rows[0]) if rows else [column.name for column in section.columns]
    metadata = {"title": report.title, "notes": "\n".join(report.notes), **dict(report.facts)}
    schema = pa.schema([(name, types[name]) for name in names], metadata=metadata)
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(_finite(rows), schema=schema), sink)
    return bytes(sink.getvalue().to_pybytes())


def main_rows(report: Report, trials: TrialColumns) -> list[dict[str, Any]]:
    """The rows of the first section; one of an agent says whether it is a reference or simulated, one of a task its
    suite."""
    agents = dict(zip(View(trials).agent_names, trials.agents, strict=True))
    rows = []
    for row in report.sections[0].records():
        if agent := agents.get(row.get("agent", "")):
            row |= {"reference": agent.reference, "simulated": agent.simulated}
        if "task" in row:
            row.setdefault("suite", row["task"].rpartition("/")[0])
        rows.append(row)
    return rows


def _types(section: Section) -> "dict[str, pa.DataType]":
    import pyarrow as pa

    known = {
        Kind.TEXT: pa.string(),
        Kind.COUNT: pa.int64(),
        Kind.SHARE: pa.int64(),
        Kind.COUNTS: pa.map_(pa.string(), pa.int64()),
        Kind.FLAG: pa.bool_(),
    }
    types = {"reference": pa.bool_(), "simulated": pa.bool_(), "suite": pa.string()}
    for column in section.columns:
        parts = {"low": pa.float64(), "high": pa.float64(), "error": pa.float64(), "reason": pa.string()}
        types |= {f"{column.name}_{part}": found for part, found in (parts | {"of": pa.int64()}).items()}
    return types | {column.name: known.get(column.kind, pa.float64()) for column in section.columns}


def _cell(value: Any) -> Any:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count}" for name, count in sorted(value.items(), key=lambda item: -item[1]))
    return _finite(value)


def _finite(value: Any) -> Any:
    """Without what JSON has no word for: NaN and infinities become null, numpy's numbers Python's."""
    if isinstance(value, Mapping):
        return {str(key): _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value

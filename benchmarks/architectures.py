"""``parity check`` on architectures that nobody here wrote: what it says, how long it takes, and how much memory.

    python benchmarks/architectures.py [NAME ...] [--json FILE] [--page FILE]

Each architecture of tests/architectures/zoo.py is one command, as a person types it. Seconds are wall
time, and beside them what the command and all its workers computed; memory is the largest sum over them, a page that several of
them share counted once. Figures of the
architectures that are named take the place of those in the file, the others stay; without names all are run anew. The table
of the page is written from the file.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import msgspec
import psutil

from parity.records.lines import value, worst
from parity.records.model import DEFINITION, Figure, ModelCheck
from parity.records.wording import figure
from tests.architectures import zoo

ROOT = Path(__file__).parent.parent
FILE = ROOT / "benchmarks" / "architectures.json"
PAGE = ROOT / "docs" / "own-models.md"
PACKAGES = ("torchvision", "timm", "transformers", "keras", "torch", "tensorflow-cpu", "onnxruntime")
EVERY = 0.5  #: seconds between two looks at the memory
BEGIN, END = "<!-- benchmarks/architectures.py writes what follows -->", "<!-- up to here -->"


@dataclass(frozen=True)
class Cost:
    """What a command took: wall seconds, seconds of CPU and bytes, all with its workers."""

    seconds: float
    cpu: float
    most: int


def checked(name: str) -> tuple[ModelCheck | None, str, Cost]:
    """What the command says of an architecture: its document or why there is none, and what it took."""
    architecture = zoo.ARCHITECTURES[name]
    command = ("check", f"{zoo.__file__}:{name}", "--input", architecture.input, "--json")
    begun, before, most = time.monotonic(), computed(), 0
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complaints:
        process = psutil.Popen(
            [sys.executable, "-m", "parity", *command],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))},
            stdout=said,
            stderr=complaints,
        )
        while process.poll() is None:
            most = max(most, held(process))
            time.sleep(EVERY)
        cost = Cost(time.monotonic() - begun, computed() - before, most)
        said.seek(0)
        complaints.seek(0)
        text, why = said.read(), complaints.read().decode(errors="replace").strip()
    if not text:
        said_why = [line for line in why.splitlines() if line.startswith("parity: ")]
        return None, said_why[-1] if said_why else why[-300:], cost
    return msgspec.json.decode(text, type=ModelCheck), "", cost


def computed() -> float:
    """Seconds of CPU of all processes that were started here and have ended, with those that they waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def held(process: psutil.Process) -> int:
    """Bytes that a process and all that it started hold, what they share in proportion."""
    total = 0
    try:
        for each in (process, *process.children(recursive=True)):
            try:
                total += getattr(each.memory_full_info(), "pss", 0) or each.memory_info().rss
            except psutil.Error:  # it has just ended
                continue
    except psutil.Error:
        pass
    return total


def row(name: str, document: ModelCheck | None, why: str, cost: Cost) -> dict[str, Any]:
    """The figures of one architecture."""
    architecture = zoo.ARCHITECTURES[name]
    found: dict[str, Any] = {
        "name": name,
        "package": architecture.package,
        "input": architecture.input,
        "seconds": round(cost.seconds, 1),
        "cpu": round(cost.cpu, 1),
        "megabytes": round(cost.most / 1e6),
    }
    if document is None:
        return {**found, "status": "error", "said": why}
    return {
        **found,
        "status": document.status,
        "operators": {graph.name: len(graph.operators) for graph in document.graphs if graph.operators},
        "kinds": len({operator.kind for graph in document.graphs for operator in graph.operators}),
        "distance": {g.name: g.function.distance for g in document.graphs if g.function is not None},
        "not written": {graph.name: graph.reason for graph in document.graphs if graph.reason},
        "unjudged": {f"{u.kind}: {u.reason}": u.count for graph in document.graphs for u in graph.unjudged},
        "routes": {route.name: route.status for route in document.routes},
        "reasons": {r.name: r.reason for r in document.routes if r.reason and r.status != "pass"},
        "end to end": ratios(document, lambda answer: [output.figure for output in answer.outputs]),
        "by operator": ratios(document, lambda answer: [operator.figure for operator in answer.operators]),
        "need": most_of(
            [
                o.figure.need
                for r in document.routes
                for a in r.answers
                for o in a.operators
                if o.figure.need is not None
            ]
        ),
        "findings": [f"{', '.join(f.routes)}: {f.what}; {f.born}; {f.whose}" for f in document.findings],
    }


def ratios(document: ModelCheck, of: Any) -> dict[str, float]:
    """The worst ratio of every route that has one."""
    found = {}
    for route in document.routes:
        figures: list[Figure] = [each for answer in route.answers for each in of(answer)]
        ratio = worst(each.ratio for each in figures)
        if ratio is not None:
            found[route.name] = value(ratio)
    return found


def most_of(numbers: Sequence[Any]) -> float | None:
    """The largest number; None where there is none."""
    return max(map(value, numbers)) if numbers else None


def table(figures: Mapping[str, Any]) -> str:
    """The table of the page, and a sentence before it."""
    rows = figures["architectures"]
    counts = Counter(each["status"] for each in rows)
    ended = ", ".join(f"{n} {status}" for status, n in counts.most_common())
    versions = ", ".join(f"{name} {number}" for name, number in figures["versions"].items())
    lines = [
        f"{len(rows)} architectures: {ended}. {versions}.",
        "",
        "| model | of | input | operators | definition off by | files off by | itself | optimised | plain | need "
        "| s | CPU s | GB |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [_line(each) for each in rows]
    return "\n".join(lines)


def _line(each: Mapping[str, Any]) -> str:
    cost = f"{each['seconds']:.0f} | {each['cpu']:.0f} | {each['megabytes'] / 1e3:.1f}"
    if "said" in each:
        return f"| {each['name']} | {each['package']} | {each['input']} | {each['said']} ||||||| {cost} |"
    ends = each["end to end"]
    routes = {
        "itself": [r for r in ends if r in ("torch", "tensorflow")],
        "optimised": [r for r in ends if r.endswith(">ort")],
        "plain": [r for r in ends if r.endswith((">ort plain", ">reference"))],
    }
    cells = [
        each["name"] + ("" if each["status"] == "pass" else f" ({each['status']})"),
        each["package"],
        each["input"],
        str(max(each["operators"].values())),
        _most([each["distance"].get(DEFINITION)]),
        _most([d for name, d in each["distance"].items() if name != DEFINITION]),
        *(_most([ends[route] for route in names]) for names in routes.values()),
        _most([each["need"]]),
    ]
    return f"| {' | '.join(cells)} | {cost} |"


def _most(numbers: Sequence[Any]) -> str:
    found = worst(number for number in numbers if number is not None)
    return "-" if found is None else figure(found, 2)


def page(text: str, figures: Mapping[str, Any]) -> str:
    """The page with the table of these figures in the place of the one it has."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table(figures)}\n\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *zoo.ARCHITECTURES], metavar="NAME", help="only these")
    parser.add_argument("--json", type=Path, default=FILE, help="the file of figures (default %(default)s)")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that has the table (default %(default)s)")
    options = parser.parse_args()
    kept: dict[str, Any] = {}
    if options.names and options.json.exists():
        kept = {each["name"]: each for each in json.loads(options.json.read_text())["architectures"]}
    for name in options.names or zoo.ARCHITECTURES:
        kept[name] = row(name, *checked(name))
        said = {
            key: kept[name].get(key)
            for key in ("status", "seconds", "cpu", "megabytes", "findings", "reasons", "unjudged", "said")
        }
        print(f"{name}: {said}", file=sys.stderr, flush=True)
        figures = {
            "versions": {package: version(package) for package in PACKAGES},
            "architectures": [kept[each] for each in zoo.ARCHITECTURES if each in kept],
        }
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    options.page.write_text(page(options.page.read_text(), figures))


if __name__ == "__main__":
    main()

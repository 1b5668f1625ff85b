"""How well a run spreads over more workers, simulated from what the cases of an earlier run took.

Run ``python benchmarks/cluster.py RECORDS.jsonl [--json FILE]``. Shards are packed, and a cluster's queue is emptied, as parity does it;
each worker has one core, does one case at a time and first starts all that it needs, which is measured here, in seconds of CPU. What a
case took is the sum of its steps in the records. "estimated" splits and sorts without ``--times``, "recorded" with it. "eight times"
is a registry with eight cases for each; "without the largest" leaves the two out that take longest, since no number of workers is
faster than the largest case.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heapreplace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from parity.records.file import read
from parity.routes.catalog import Route
from parity.running import loading, selection, split
from parity.running.jobs import JUDGE

WORKERS = (1, 2, 4, 8, 16, 32, 64)
START = "import sys; from parity.routes.catalog import installed; from parity.running.jobs import begin; begin(sys.argv[1], installed(), 1, True, None)"


def cpu(words: Sequence[str]) -> float:
    """Seconds of CPU that a Python process takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, capture_output=True, cwd=Path(__file__).parent.parent)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def start_up(routes: Iterable[Route]) -> float:
    """Seconds of CPU until a worker has begun all that the routes need: the command, the judge, their frameworks and runtimes."""
    engines = {JUDGE, *(name for route in routes for name in (route.framework, route.runtime))}
    return cpu(["-m", "parity", "list"]) + sum(cpu(["-c", START, name]) for name in engines)


def queued(order: Sequence[str], took: Mapping[str, float], workers: int) -> list[float]:
    """What each worker of a cluster does: whoever is free takes the next case."""
    loads = [0.0] * workers
    heapify(loads)
    for name in order:
        heapreplace(loads, loads[0] + took[name])
    return loads


def simulated(took: Mapping[str, float], estimated: Mapping[str, float], start: float) -> dict[str, list[float]]:
    """How -> the seconds until the last worker ends, for each number of workers."""
    found: dict[str, list[float]] = {}
    for said, costs in (("estimated", estimated), ("recorded", took)):
        shards = [max(sum(took[name] for name in share) for share in split.packed(costs, n)) for n in WORKERS]
        cluster = [max(queued(split.dearest_first(costs), took, n)) for n in WORKERS]
        found |= {f"shards, {said}": [start + t for t in shards], f"cluster, {said}": [start + t for t in cluster]}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("records", type=Path, metavar="RECORDS.jsonl")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    records = read(options.records)
    registry, catalog = loading.load(Path(__file__).parent.parent / "cases")
    routes = {name: selection.route(catalog.every_route(), name) for name in {check.route for check in records.checks}}
    pairs = [(registry.cases[c.case], routes[c.route]) for c in records.checks if c.case in registry.cases]
    took = split.seconds(records.checks)
    estimated = {name: cost for name, cost in split.costs(pairs, []).items() if name in took}
    took = {name: took[name] for name in estimated}
    start = start_up(routes.values())
    by_time = split.dearest_first(took)
    tables = {
        "as recorded": simulated(took, estimated, start),
        "without the largest": simulated(*({name: of[name] for name in by_time[2:]} for of in (took, estimated)), start),
        "eight times": simulated(*({f"{name} {n}": of[name] for name in by_time for n in range(8)} for of in (took, estimated)), start),
    }  # fmt: skip
    largest = by_time[0]
    facts = {
        "run": records.run.id,
        "checks": len(pairs),
        "cases": len(took),
        "seconds": round(sum(took.values()), 1),
        "largest": {"case": largest, "seconds": round(took[largest], 1)},
        "start": round(start, 1),
        "workers": WORKERS,
    }
    print(
        f"{facts['cases']} cases, {facts['seconds']} s of work; the largest, {largest}, {took[largest]:.0f} s; {start:.1f} s to start a worker"
    )
    for title, table in tables.items():
        print(f"\n{title:<20}" + "".join(f"{n:>14}" for n in WORKERS))
        for how, seconds in table.items():
            cells = (f"{t:,.0f} s {efficiency(seconds, i):4.0%}" for i, t in enumerate(seconds))
            print(f"{how:<20}" + "".join(f"{cell:>14}" for cell in cells))
    if options.json is not None:
        plain = {
            title: {
                how: [{"seconds": round(t, 1), "efficiency": round(efficiency(seconds, i), 3)} for i, t in enumerate(seconds)]
                for how, seconds in table.items()
            }
            for title, table in tables.items()
        }  # fmt: skip
        options.json.write_text(json.dumps({**facts, **plain}, indent=1) + "\n")


def efficiency(seconds: Sequence[float], i: int) -> float:
    """How much of what the workers had was used: the time of one over the number of workers times theirs."""
    return seconds[0] / (WORKERS[i] * seconds[i])


if __name__ == "__main__":
    main()

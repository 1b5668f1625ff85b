"""Which layers each route runs in which stored type, by the records of a run, as the page docs/precisions.md.

    parity run 'float16/*' 'bfloat16/*' 'float64/*'
    python benchmarks/precisions.py reports/NAME/records.jsonl > docs/precisions.md

Nothing is claimed: what a cell says is how that check ended.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path

from parity.records.file import Records, read
from parity.records.lines import Check
from parity.report.matrix import GLYPHS

PRECISIONS = ("float16", "bfloat16", "float64")
SAID = {
    "pass": "within its bound",
    "known": "off in a way that is declared",
    "unsupported": "refused, in its own words",
}


def page(records: Records) -> str:
    """The page, in Markdown."""
    found: dict[str, dict[str, dict[str, Check]]] = defaultdict(lambda: defaultdict(dict))
    for check in records.checks:
        precision, _, layer = check.case.partition("/")
        if precision in PRECISIONS:
            found[precision][layer][check.route] = check
    routes = sorted({check.route for check in records.checks}, key=lambda route: (">" in route, route))
    packages = ", ".join(f"{name} {version}" for name, version in sorted(records.run.environment.packages.items()))
    legend = ", ".join(f"{GLYPHS[status]} {said}" for status, said in SAID.items())  # type: ignore[index]
    said = [
        "# Precisions",
        "Every family of layers, and three networks, stored in half precision and in double, on every route: how each check of "
        f"[`cases/precisions.py`](../cases/precisions.py) ended at seed {records.run.seed}. Made by "
        "[`benchmarks/precisions.py`](../benchmarks/precisions.py). "
        "What is declared stands in [`shipped_precisions.py`](../parity/cases/shipped_precisions.py), and as scripts without parity in "
        "[divergences/](divergences/); what is honest in which type in [error-bounds.md](error-bounds.md).",
        f"{legend}. Seen with {packages}.",
        _counts(found, routes),
    ]
    for precision in PRECISIONS:
        said += [f"## {precision}", _table(found[precision], routes)]
    return "\n\n".join(said) + "\n"


def _counts(found: dict[str, dict[str, dict[str, Check]]], routes: list[str]) -> str:
    rows = ["| type | " + " | ".join(f"`{route}`" for route in routes) + " |", "|---" * (len(routes) + 1) + "|"]
    for precision in PRECISIONS:
        cells = []
        for route in routes:
            counts = Counter(checks[route].status for checks in found[precision].values() if route in checks)
            cells.append(" ".join(f"{GLYPHS[status]} {n}" for status, n in sorted(counts.items())))
        rows.append(f"| {precision} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _table(layers: dict[str, dict[str, Check]], routes: list[str]) -> str:
    rows = ["| | " + " | ".join(f"`{route}`" for route in routes) + " |", "|---" + "|:---:" * len(routes) + "|"]
    for layer, checks in sorted(layers.items()):
        rows.append(
            f"| {layer} | " + " | ".join(GLYPHS[checks[r].status] if r in checks else "" for r in routes) + " |"
        )
    return "\n".join(rows)


def main() -> None:
    """Print the page of a records file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", type=Path)
    print(page(read(parser.parse_args().records)), end="")


if __name__ == "__main__":
    main()

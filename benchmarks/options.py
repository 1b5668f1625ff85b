"""How plain cases end on routes that are asked with an option or run elsewhere, by the records of runs, as the page docs/options.md.

    parity run $(python -m benchmarks.options --cases) --route 'torchscript>ort+opsets' --route litert
    python -m benchmarks.options reports/*/records.jsonl > docs/options.md

The cases are one for each layer and one for each network: what is asked here is the option, and not the layer.
Nothing is claimed: what the page says of a check is how it ended.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from parity.cases.case import Case
from parity.cases.registry import load
from parity.records.file import Records, read
from parity.records.lines import Check
from parity.report.matrix import GLYPHS
from parity.running.checks import revised

CASES = Path(__file__).parent.parent / "cases"
SAID = {
    "pass": "within its bound",
    "known": "off in a way that is declared",
    "unsupported": "refused, in its own words",
    "not run": "not run, or not to its end",
}
SHOWN = 220  #: characters of a reason


def plain(cases: Iterable[object]) -> list[str]:
    """The names of the cases that are asked: for each layer the plainest of the quick set, and every network."""
    asked = [case for case in cases if isinstance(case, Case) and _plain(case)]
    having: dict[str, list[Case]] = defaultdict(list)
    for case in filter(lambda case: case.quick, asked):
        for kind in dict.fromkeys(type(node.layer).__name__ for node in case.network.nodes):
            having[kind].append(case)
    chosen = [min(found, key=lambda case: _beside(case, kind)).name for kind, found in having.items()]
    return list(dict.fromkeys([*chosen, *(case.name for case in asked if "/" not in case.name)]))


def _plain(case: Case) -> bool:
    usual = (case.precision, case.mode, case.values) == ("float32", "inference", "normal")
    return usual and all(case.shape) and not (case.batches or case.threads or case.unbatched)


def _beside(case: Case, kind: str) -> tuple[bool, int, bool]:
    """What a case has beside a layer: another family, more layers, an input that is scaled."""
    return case.family != kind.lower(), len(case.network.nodes), (case.scale, case.mean) != (1, 0)


def page(runs: Iterable[Records], names: Iterable[str]) -> str:
    """The page, in Markdown, of the cases that are named."""
    asked = frozenset(names)
    checks: dict[str, Check] = {}
    packages: dict[str, str] = {}
    for records in runs:
        for check in records.checks:
            if check.status == "timeout":  # which says more of the machine
                check = revised(check, status="not run")
            # A run that was cut short takes nothing back.
            if check.case in asked and (check.id not in checks or check.status != "not run"):
                checks[check.id] = check
        packages |= records.run.environment.packages
    by_route: dict[str, list[Check]] = defaultdict(list)
    for check in checks.values():
        by_route[check.route].append(check)
    legend = ", ".join(f"{GLYPHS[status]} {said}" for status, said in SAID.items())  # type: ignore[index]
    seen = ", ".join(f"{name} {version}" for name, version in sorted(packages.items()))
    said = [
        "# Options and more runtimes",
        "One plain case for each layer, and every network, on routes that run only where they are named "
        "([running.md](running.md#options-of-a-route)): how each check ended. Made by "
        "[`benchmarks/options.py`](../benchmarks/options.py), which says which cases these are. What is declared stands in "
        "[`shipped_options.py`](../parity/cases/shipped_options.py) and beside it, and as scripts without parity in "
        "[divergences/](divergences/README.md).",
        f"{legend}. Of an opset, the cases of which an operator changed at it. Seen with {seen}.",
        _counts(by_route),
    ]
    for status, heading in (("known", "What is declared"), ("unsupported", "What is refused")):
        found = [check for check in checks.values() if check.status == status]
        said += [f"## {heading}", _reasons(found)]
    return "\n\n".join(said) + "\n"


def _counts(by_route: Mapping[str, list[Check]]) -> str:
    statuses = sorted({check.status for checks in by_route.values() for check in checks}, key=list(GLYPHS).index)
    rows = [
        "| route | cases | " + " | ".join(GLYPHS[s] for s in statuses) + " |",
        "|---|---:" + "|---:" * len(statuses) + "|",
    ]
    for route in sorted(by_route, key=_in_order):
        counts = Counter(check.status for check in by_route[route])
        cells = [str(counts[status] or "") for status in statuses]
        rows.append(f"| `{route}` | {len(by_route[route])} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _in_order(route: str) -> tuple[object, ...]:
    """Opset 9 before opset 13."""
    return tuple(int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", route))


def _reasons(checks: Iterable[Check]) -> str:
    found: dict[str, list[Check]] = defaultdict(list)
    for check in checks:
        found[_reason(check)].append(check)
    rows = ["| reason | routes | cases |", "|---|---|---|"]
    for reason, those in sorted(found.items()):
        routes = sorted({check.route for check in those}, key=_in_order)
        cases = sorted({check.case for check in those})
        rows.append(f"| {reason} | {', '.join(f'`{r}`' for r in routes)} | {', '.join(cases)} |")
    return "\n".join(rows)


def _reason(check: Check) -> str:
    """Why, in one line of a table, without what the route says already: the step and the opset."""
    said = re.sub(r"^(exporting with|running in) \S+: ", "", " ".join(check.reason.split()))
    said = re.sub(r"opset version \d+ is not", "opset version N is not", said).partition(" [Caused by")[0]
    short = said if len(said) <= SHOWN else said[:SHOWN].rsplit(" ", 1)[0] + " ..."
    return re.sub(r"([|<>*_`])", r"\\\1", short)


def main() -> None:
    """Print the names of the cases, or the page of records files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", action="store_true", help="print the names of the cases")
    parser.add_argument("records", type=Path, nargs="*")
    given = parser.parse_args()
    names = plain(load(CASES).cases.values())
    print("\n".join(names) if given.cases else page(map(read, given.records), names).rstrip("\n"))


if __name__ == "__main__":
    main()

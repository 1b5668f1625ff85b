"""How every check of the full set ended, counted by route, mode, precision, kind of input and family, as the page docs/full-set.md.

    parity run --set full
    python benchmarks/full_set.py reports/NAME/records.jsonl [AGAIN.jsonl ...] > docs/full-set.md

A check that a later file holds too counts as it ended there; one that only a later file holds is of a case added since.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from parity.cases import Case, registry
from parity.records.file import Records, read
from parity.records.lines import Check

ROOT = Path(__file__).parent.parent
ENDINGS = ("pass", "known", "unsupported")
#: What is special about the inputs of these families; all others are drawn.
INPUTS = {
    "special": "NaN, infinities, ties, subnormals, grids",
    "alike": "rounding errors that are alike: constant, blocky",
    "empty": "no elements",
    "long": "very long",
    "unbatched": "no batch axis",
    "whole_numbers": "whole numbers",
}


def page(several: list[Records]) -> str:
    """The page, in Markdown."""
    first, *later = several
    checks = {(check.case, check.route): check for records in several for check in records.checks}.values()
    begun = {(check.case, check.route) for check in first.checks}
    again = [(check.case, check.route) in begun for records in later for check in records.checks]
    run, cases = first.run, registry.load(ROOT / "cases").cases
    machine = f"{run.environment.cpu} ({', '.join(run.environment.cpu_flags)}), {run.environment.cores} cores"
    packages = ", ".join(f"{name} {version}" for name, version in sorted(run.environment.packages.items()))

    def way(check: Check) -> str:
        case = cases.get(check.case)
        return f"{case.mode}, {case.precision}" if isinstance(case, Case) else "a model of one's own"

    def family(check: Check) -> str:
        return check.case.partition("/")[0]

    def kind(check: Check) -> str:
        return INPUTS.get(family(check), "drawn")

    return (
        "\n\n".join(
            [
                "# What the full set shows",
                f"Every case of `cases/` on every route of a plain installation, `parity run --set full` at seed {run.seed}, on {run.started[:10]}: "
                f"{len({check.case for check in checks}):,} cases, {len(checks):,} checks. Made by [`benchmarks/full_set.py`](../benchmarks/full_set.py)"
                + (f"; {sum(again):,} checks count as they ended when they were run again" if any(again) else "")
                + (f"; {len(again) - sum(again):,} are of cases added since." if not all(again) else "."),
                f"On {machine}. With {packages}.",
                "*Known* is off, or refused, in a way that is declared with evidence ([divergences/](divergences/README.md)); *unsupported* is what a "
                "framework, exporter or runtime says that it has not; *bad* is all the rest: failed, stale, ended, not run.",
                _table("route", checks, lambda check: f"`{check.route}`"),
                "## By mode and precision",
                _table("mode, precision", checks, way),
                "## By what goes in",
                _table("input", checks, kind),
                "## Why known",
                _reasons(check for check in checks if check.status == "known"),
                "## By family",
                _table("family", checks, family),
            ]
        )
        + "\n"
    )


def _table(head: str, checks: Iterable[Check], of: Callable[[Check], str]) -> str:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    cases: dict[str, set[str]] = defaultdict(set)
    for check in checks:
        counts[of(check)][check.status] += 1
        cases[of(check)].add(check.case)
    rows = [f"| {head} | cases | checks | pass | known | unsupported | bad |", "|---|---:|---:|---:|---:|---:|---:|"]
    for name, count in sorted(counts.items()):
        well = [count[ending] for ending in ENDINGS]
        numbers = (len(cases[name]), count.total(), *well, count.total() - sum(well))
        rows.append(f"| {name} | " + " | ".join(f"{number:,}" for number in numbers) + " |")
    return "\n".join(rows)


def _reasons(checks: Iterable[Check]) -> str:
    counts = Counter(check.reason for check in checks)
    most = sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))
    return "\n".join(["| checks | reason |", "|---:|---|", *(f"| {n} | {reason} |" for reason, n in most)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", type=Path, nargs="+")
    print(page([read(path) for path in parser.parse_args().records]), end="")


if __name__ == "__main__":
    main()

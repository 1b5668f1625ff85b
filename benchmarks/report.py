"""How large reports get, and how long they take to write, to open and to search.

    python -m benchmarks.report FILE.jsonl...

The checks are those of real records files, repeated under new names until there are as many as asked for. The times of
the browser are those of the system's Chromium, headless, a new profile each: from navigation to the load event, to the
first paint, and from a key in the search box to the next frame.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

import msgspec

from parity.records.file import Records, read
from parity.records.history import KEPT, Point
from parity.records.lines import Check
from parity.records.verdict import BAD
from parity.report.html import render
from tests.report import browser as chromium

SIZES = (3_000, 30_000)

PAINTED = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
  const [load] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  done({load: load.loadEventEnd, paint: paint ? paint.startTime : NaN});
})))"""
SEARCHED = """() => new Promise((done) => {
  const input = document.querySelector("#q"), start = performance.now();
  input.value = "verdict:pass layer:conv2d ratio:>0.1";
  document.querySelector(".bar").requestSubmit();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})"""


def scaled(real: list[Records], checks: list[Check], size: int) -> Records:
    """``size`` checks: whole cases of ``checks``, again and again under new names."""
    by_case: dict[str, list[Check]] = {}
    for check in checks:
        by_case.setdefault(check.case, []).append(check)
    made: list[Check] = []
    for n, members in zip(count(), cycle(by_case.values()), strict=False):
        turn = n // len(by_case)
        made += (msgspec.structs.replace(c, case=f"{c.case}-{turn}" if turn else c.case) for c in members)
        if len(made) >= size:
            break
    made = list(islice(made, size))
    return Records(msgspec.structs.replace(real[0].run, planned=size), made, real[0].end)


def opened(path: Path) -> dict[str, Any]:
    """Milliseconds to load, to the first paint and to search."""
    with chromium.launched() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(path.as_uri())
        return {**page.evaluate(PAINTED), "search": page.evaluate(SEARCHED), "again": page.evaluate(SEARCHED)}


def main(files: list[str]) -> None:
    real = [read(Path(name)) for name in files]
    # A file names a check once; files that are read together may not.
    every = list(
        {check.id: check for records in real for check in records.checks if check.status != "not run"}.values()
    )
    failing = [check for check in every if check.status in BAD]
    print("| checks | of them failing | file | rendered | opened | first paint | search | again |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        for size in SIZES:
            for checks in (every, failing):
                if not checks:
                    continue
                records = scaled(real, checks, size)
                point = Point("run", records.run.started, "pass", 0.5)
                history = {check.id: (point,) * KEPT for check in records.checks}
                start = time.perf_counter()
                text = render(records, history=history)
                seconds = time.perf_counter() - start
                path.write_text(text, encoding="utf-8")
                bad = sum(check.status in BAD for check in records.checks)
                took = opened(path)
                print(
                    f"| {size:,} | {bad:,} | {path.stat().st_size / 1e6:.1f} MB | {seconds:.1f} s | {took['load']:.0f} ms "
                    f"| {took['paint']:.0f} ms | {took['search']:.0f} ms | {took['again']:.0f} ms |",
                    flush=True,
                )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("give one or more records files that `parity run` wrote")
    main(sys.argv[1:])

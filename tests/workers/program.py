"""A run of kit cases in a process of its own: ``python -m tests.workers.program FOLDER NAME[=TAG] ...``.

Prints one line a check, and ``interrupted`` when Ctrl-C ended it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from parity_kit import CATALOG, case, route

from parity.records.lines import Check
from parity.running import engine


def main(folder: Path, asked: list[str]) -> None:
    cases = [case(name, *filter(None, [tag])) for name, _, tag in (word.partition("=") for word in asked)]

    def emit(check: Check) -> None:
        print(check.id, check.status, check.cached, *check.notes, flush=True)

    try:
        engine.run(
            [(c, route(name)) for c in cases for name in ("kit", "kit>reader")],
            seed=0,
            catalog=CATALOG,
            cases_folder=None,
            cache_folder=folder / "cache",
            arrays_folder=folder / "arrays",
            emit=emit,
            jobs=2,
        )
    except KeyboardInterrupt:
        print("interrupted", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

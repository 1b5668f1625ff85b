"""Thirty faults planted by stage, met by models of one's own: whose each is said to be, and whether its script shows it.

    python benchmarks/own_faults.py [--only WORD ...] [--json FILE]

Each fault of tests/check/planted is put into an environment as a faulty release would be: a virtual environment that has all
packages of this one and one import hook that changes a kernel, an exporter, an optimiser or a runtime. ``parity check`` runs
there as a person runs it. Its script is then run by ``python -I`` in an empty folder, there, where it has to show the fault,
and in the same environment without it, where it must not. What is wrong with a port is in the port and in no release, so the
script of a port has no second run. Time is of the whole check, script and bare run included.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.check.planted.environment import Environment
from tests.check.planted.stages import STAGES, Stage, check, prepare, script_status

SCRIPT = "shows.py"


def measured(stage: Stage, environment: Environment, folder: Path) -> dict[str, Any]:
    """What was said of one fault, and how its script ended with it there and with it gone."""
    (folder / SCRIPT).unlink(missing_ok=True)
    shutil.rmtree((folder / SCRIPT).with_suffix(""), ignore_errors=True)
    begun = time.monotonic()
    said = check(stage, environment, folder, "--script", SCRIPT)
    seconds = time.monotonic() - begun
    there = script_status(folder / SCRIPT, environment, stage.fault if stage.stage != "port" else "")
    gone = None if stage.stage == "port" else script_status(folder / SCRIPT, environment, "")
    return {
        "stage": stage.stage,
        "fault": stage.fault,
        "blame": said.verdict,
        "script": said.document.get("script", said.errors.strip()[-300:]),
        "exit with the fault": there,
        "exit without it": gone,
        "lines": len((folder / SCRIPT).read_text().splitlines()) if (folder / SCRIPT).exists() else None,
        "seconds": round(seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], help="only faults whose stage or name has one of these words")
    parser.add_argument("--json", type=Path, help="write the rows there too")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        environment, folder = Environment(Path(name) / "environment"), Path(name) / "models"
        folder.mkdir()
        prepare(folder)
        print(f"{'stage':<10} {'blame':<7} {'script':>6} {'gone':>5} {'lines':>5} {'s':>6}  fault")
        for stage in STAGES:
            if options.only and not any(word in f"{stage.stage} {stage.fault}" for word in options.only):
                continue
            row = measured(stage, environment, folder)
            rows.append(row)
            cells = [
                "-" if row[k] is None else str(row[k]) for k in ("exit with the fault", "exit without it", "lines")
            ]
            print(f"{row['stage']:<10} {row['blame']:<7} {cells[0]:>6} {cells[1]:>5} {cells[2]:>5} {row['seconds']:>6}  {row['fault']}", flush=True)  # fmt: skip
    blame = Counter(row["blame"] for row in rows)
    shown = sum(row["exit with the fault"] == 1 for row in rows)
    gone = [row["exit without it"] == 0 for row in rows if row["exit without it"] is not None]
    print(
        f"of {len(rows)} faults blame is right of {blame['right']}, silent of {blame['silent']}, wrong of {blame['wrong']}; "
        f"{shown} scripts show theirs in a bare environment, {sum(gone)} of {len(gone)} are content without it"
    )
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()

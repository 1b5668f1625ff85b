"""Ports from torch to Keras with faults planted: what ``parity check`` says of them, printed as a table.

    python benchmarks/ports.py [--only WORD] [--json FILE]

The networks, their ports and the faults are those of tests/ports. A place is right where the layer or module that was
changed is named, wrong where another one is; a look is right where it says what was planted.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from dataclasses import asdict
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.ports.faults import FAULTS, FRESH, TOGETHER, Fault
from tests.ports.judged import Judged, checked, judged

NETWORKS = ("resnet", "vgg", "mobilenet", "densenet", "vit", "unet", "efficientnet")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="networks and faults whose name has this word")
    parser.add_argument("--json", type=Path, help="everything that was said, as JSON")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    print("| network | planted | named | wrong | looks | what the first one looks like | s |")
    print("|---|---|---:|---:|---:|---|---:|", flush=True)
    honest = {}
    for name in NETWORKS:
        if options.only in name:
            found = checked(name, {})
            honest[name] = {
                "status": found.status,
                "matched": found.matched,
                "values": found.values,
                "seconds": found.seconds,
            }
            said = f"{found.status}: {found.matched} of {found.values} values matched"
            print(f"| {name} | nothing | | {len(found.differences)} | | {said} | {found.seconds:.0f} |", flush=True)
    rows = []
    for fault in [*FAULTS, *TOGETHER, *FRESH]:
        if options.only in fault.network or options.only in fault.name:
            made = judged(fault)
            rows.append({"fault": fault.name, "network": fault.network, "fresh": fault.fresh, **asdict(made)})
            print(_row(fault, made), flush=True)
    for fresh in (False, True):
        chosen = [row for row in rows if row["fresh"] is fresh]
        right, planted, wrong, looks = (
            sum(row[key] for row in chosen) for key in ("right", "planted", "wrong", "looks")
        )
        when = "planted when all was done" if fresh else "of these"
        print(f"{when}: {right} of {planted} places named, {wrong} others, {looks} look like what they are")
    if options.json:
        options.json.write_text(json.dumps({"honest": honest, "faults": rows}, indent=1) + "\n")


def _row(fault: Fault, made: Judged) -> str:
    star = "\\*" if fault.fresh else ""
    first = made.said[0].partition(": ")[2] if made.said else made.verdict
    return (
        f"| {fault.network} | {fault.name}{star} | {made.right} of {made.planted} | {made.wrong} "
        f"| {made.looks} of {made.planted} | {first} | {made.seconds:.0f} |"
    )


if __name__ == "__main__":
    main()

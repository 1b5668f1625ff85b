"""Ports from torch to Keras with faults planted: what ``parity check`` says of them, printed as a table.

    python benchmarks/ports.py [--only WORD] > benchmarks/ports.md

The networks, their ports and the faults are those of tests/ports. A place is right where the layer or module that was
changed is named, wrong where another one is; a look is right where it says what was planted.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.ports.faults import FAULTS, FRESH, TOGETHER, Fault
from tests.ports.judged import Judged, checked, judged

NETWORKS = ("resnet", "vgg", "mobilenet", "densenet", "vit", "unet", "efficientnet")
FIGURES = ("right", "planted", "wrong", "looks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="networks and faults whose name has this word")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    print("| network | planted | named | wrong | looks | what the first one looks like | s |")
    print("|---|---|---:|---:|---:|---|---:|", flush=True)
    for name in NETWORKS:
        if options.only in name:
            found = checked(name, {})
            said = f"{found.status}: {found.matched} of {found.values} values matched"
            print(f"| {name} | nothing | | {len(found.differences)} | | {said} | {found.seconds:.0f} |", flush=True)
    for title, faults in {"planted": [*FAULTS, *TOGETHER], "planted when all was done (*)": FRESH}.items():
        made = []
        for fault in faults:
            if options.only in fault.network or options.only in fault.name:
                made.append(judged(fault))
                print(_row(fault, made[-1]), flush=True)
        right, planted, wrong, looks = (sum(getattr(each, key) for each in made) for key in FIGURES)
        print(f"| | {title} | {right} of {planted} | {wrong} | {looks} of {planted} | | |", flush=True)


def _row(fault: Fault, made: Judged) -> str:
    star = "\\*" if fault.fresh else ""
    first = made.said[0].partition(": ")[2] if made.said else made.verdict
    return (
        f"| {fault.network} | {fault.name}{star} | {made.right} of {made.planted} | {made.wrong} "
        f"| {made.looks} of {made.planted} | {first} | {made.seconds:.0f} |"
    )


if __name__ == "__main__":
    main()

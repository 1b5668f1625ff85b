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

from tests.ports.faults import FAULTS, FRESH, TOGETHER
from tests.ports.judged import checked, judged

NETWORKS = ("resnet", "vgg", "mobilenet", "densenet", "vit", "unet", "efficientnet")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="networks and faults whose name has this word")
    parser.add_argument("--json", type=Path, help="the figures, as JSON")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    honest = {}
    for name in NETWORKS:
        if options.only in name:
            found = checked(name, {})
            honest[name] = {
                "verdict": found.status,
                "matched": found.matched,
                "values": found.values,
                "seconds": found.seconds,
            }
            print(f"honest {name}: {found.status}, {found.matched} of {found.values} values matched", flush=True)
    rows = []
    for fault in [*FAULTS, *TOGETHER, *FRESH]:
        if options.only not in fault.network and options.only not in fault.name:
            continue
        made = judged(fault)
        rows.append(
            {
                "fault": fault.name,
                "network": fault.network,
                "asked": sum(map(bool, fault.looks)),
                "fresh": fault.fresh,
                **asdict(made),
            }
        )
        print(
            f"{made.right}/{made.planted} named, {made.wrong} wrong, {made.looks}/{made.planted} looks, {made.left} left: "
            f"{fault.network}, {fault.name}: {made.verdict}",
            flush=True,
        )
        for said in made.said:
            print(f"    {said}", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"honest": honest, "faults": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Every family of layers, and three networks, under each policy of two types: how many checks pass, and what does not.

    python benchmarks/policies.py torch+autocast --seeds 0 1 2

Each layer of ``cases/precisions.py`` stands alone, on an input of float32, and behind a convolution or a dense layer, whose answer a
policy gives in the lower type. Ends with 1 where a check fails in no declared way.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from parity.cases import Case, Sequential
from parity.cases.known import apply
from parity.cases.registry import load
from parity.cases.shipped import SHIPPED
from parity.layers import Conv1D, Conv2D, Conv3D, Layer, Linear
from parity.routes.catalog import installed
from parity.running.environment import packages
from tests.faults.harness import planted, run

CASES = load(Path(__file__).parent.parent / "cases").cases


def before(shape: tuple[int, ...]) -> Layer:
    """What gives the same shape in the lower type."""
    channels = shape[1]
    if len(shape) == 2:
        return Linear(channels, channels)
    return {3: Conv1D, 4: Conv2D, 5: Conv3D}[len(shape)](channels, channels, 3, padding=1)


def cases() -> Iterator[Case]:
    """The families stored in float32, alone and behind another layer."""
    for case in CASES.values():
        if isinstance(case, Case) and case.family == "float16":
            name = case.name.partition("/")[2]
            yield Case(f"alone/{name}", case.model, case.shape, mean=case.mean)
            if isinstance(case.model, Layer):
                both = Sequential(("first", before(case.shape)), ("then", case.model))
                yield Case(f"behind/{name}", both, case.shape, mean=case.mean)


def main() -> int:
    """Run them and print what does not pass, then the counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("route")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    asked = parser.parse_args()
    counts = Counter[str]()
    versions = packages(installed())
    for case in cases():
        for seed in asked.seeds:
            check = apply(run(case, asked.route, planted(), seed).check, case, SHIPPED, versions)
            counts[check.status] += 1
            if check.status != "pass":
                print(f"{check.status:12}{case.name} seed {seed}: {check.reason}", flush=True)
    print(", ".join(f"{n} {status}" for status, n in sorted(counts.items())))
    return int(bool(counts.keys() - {"pass", "known", "unsupported"}))


if __name__ == "__main__":
    sys.exit(main())

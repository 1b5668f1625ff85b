"""The smallest relative change of one weight that the verdict sees, on torch's own kernels.

Run ``python benchmarks/power.py [--seeds 5] [--json FILE]``. A weight of median size is changed by more and more; the smallest
change that is refused counts, as the median over seeds. "data" is one normal input, "probes" adds the impulses. "before" is the
first edition's bound: running sums always counted, nothing looked at twice. "after" is today's verdict.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from parity.axes import Array, Tensor
from parity.cases import Case
from parity.cases.parameters import draw_input, draw_parameters
from parity.cases.probes import inputs_of, why_not
from parity.judging.compare import compare
from parity.judging.oracle import truths
from parity.judging.settle import settle_anchored
from parity.layers import Conv2D, Layer, Linear
from parity.operators.graph import as_value

LAYERS: list[tuple[str, int, Layer, tuple[int, ...]]] = [
    ("convolution", 27, Conv2D(3, 8, 3, bias=False), (4, 3, 13, 14)),
    ("convolution", 576, Conv2D(64, 8, 3, bias=False), (4, 64, 13, 14)),
    ("convolution", 4608, Conv2D(512, 8, 3, bias=False), (4, 512, 9, 10)),
    ("dense", 256, Linear(256, 8, bias=False), (32, 256)),
    ("dense", 4096, Linear(4096, 8, bias=False), (32, 4096)),
    ("dense", 100352, Linear(100352, 8, bias=False), (32, 100352)),
]
LADDER = [10 ** (k / 4) for k in range(-26, 5)]  #: relative changes, from 3e-7 to 10


def answers(case: Case, weight: Array, inputs: list[Array]) -> list[Array]:
    """torch's own answers with this weight."""
    import torch

    from parity.routes.frameworks.torch import Torch

    made = Torch()
    run = made.program(made.build(case, {case.network.output.name: {"weight": weight}}, False), "cpu", False)
    torch.set_num_threads(1)
    return [run(x)[0] for x in inputs]


def seen(case: Case, right: Array, inputs: list[Array], observed: list[Array], after: bool) -> bool:
    """Whether any answer is refused, by today's verdict or by the first edition's bound."""
    for x, y in zip(inputs, observed, strict=True):
        feeds = {"input": as_value(x), f"{case.network.output.name}.weight": as_value(right)}
        tensor = Tensor(case.output.shape)
        if after:
            found = settle_anchored(y, case.graph, feeds, tensor)[0]
        else:
            said = truths(case.graph, feeds, careful=True, loops=False)[case.network.output.name]
            found = compare(y, said, tensor)
        if found.kind is not None:
            return True
    return False


def smallest(case: Case, inputs: list[Array], seed: int, after: bool) -> float:
    """The smallest change on the ladder from which on every change is seen, by bisection."""
    (right,) = draw_parameters(case, seed)[case.network.output.name].values()
    order = np.argsort(np.abs(right), axis=None)
    place = np.unravel_index(int(order[order.size // 2]), right.shape)
    low, high = -1, len(LADDER)  # seen at high, not at low
    while high - low > 1:
        middle = (low + high) // 2
        wrong = right.copy()
        wrong[place] *= np.float32(1 + LADDER[middle])
        if seen(case, right, inputs, answers(case, wrong, inputs), after):
            high = middle
        else:
            low = middle
    return LADDER[high] if high < len(LADDER) else float("inf")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows = []
    print("| layer | n | data, before | data, after | with probes, before | with probes, after |")
    print("|---|---|---|---|---|---|")
    for name, n, layer, shape in LAYERS:
        case = Case(f"power/{name}{n}", layer, shape)
        row: dict[str, object] = {"layer": name, "n": n}
        for probes in (False, True):
            impulses = probes and not why_not(case, "impulse")
            for after in (False, True):
                found = []
                for seed in range(args.seeds):
                    inputs = [draw_input(case, seed)] + (inputs_of(case, "impulse", seed) if impulses else [])
                    found.append(smallest(case, inputs, seed, after))
                row[f"{'probes' if probes else 'data'} {'after' if after else 'before'}"] = float(np.median(found))
        rows.append(row)
        print(
            f"| {name} | {n:,} | " + " | ".join(f"{row[k]:.1e}" for k in row if k not in ("layer", "n")) + " |",
            flush=True,
        )
    if args.json:
        args.json.write_text(json.dumps({"seeds": args.seeds, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

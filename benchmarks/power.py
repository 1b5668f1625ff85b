"""The smallest relative change of one weight that the verdict sees, on torch's own kernels.

Run ``python benchmarks/power.py [--seeds 5] [--json FILE]``. One weight is changed by more and more, of three sizes in turn: the
quartiles. The smallest change from which on every change is refused counts, as the median over weights and seeds. "data" is one
normal input, "probes" adds the impulses where they apply. "before" is the first edition's bound: running sums always counted,
nothing looked at twice. "after" is today's verdict: the plain bound first, then the careful one, then the second look.
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
from parity.judging.oracle import Truth, truths
from parity.judging.settle import settle, settle_anchored
from parity.layers import Conv2D, Layer, Linear
from parity.operators.formats import Format
from parity.operators.graph import as_value

LAYERS: list[tuple[str, int, Layer, tuple[int, ...]]] = [
    ("convolution", 27, Conv2D(3, 8, 3, bias=False), (4, 3, 13, 14)),
    ("convolution", 576, Conv2D(64, 8, 3, bias=False), (4, 64, 13, 14)),
    ("convolution", 4608, Conv2D(512, 8, 3, bias=False), (4, 512, 9, 10)),
    ("dense", 256, Linear(256, 8, bias=False), (32, 256)),
    ("dense", 4096, Linear(4096, 8, bias=False), (32, 4096)),
    ("dense", 100352, Linear(100352, 8, bias=False), (32, 100352)),
]
QUANTILES = (0.25, 0.5, 0.75)  #: of the sizes of a layer's weights: which of them are changed
LADDER = [10 ** (k / 4) for k in range(-26, 5)]  #: relative changes, from 3e-7 to 10


def answers(case: Case, weight: Array, inputs: list[Array]) -> list[Array]:
    """torch's own answers with this weight."""
    import torch

    from parity.routes.frameworks.torch import Torch

    made = Torch()
    run = made.program(made.build(case, {case.network.output.name: {"weight": weight}}, False), "cpu", False)
    torch.set_num_threads(1)
    return [run(x)[0] for x in inputs]


def seen(case: Case, right: Array, x: Array, y: Array, after: bool, layer: bool) -> bool:
    """Whether an answer is refused, by today's verdict or by the first edition's bound.

    layer: whether today's verdict looks at the layer by itself too, as it does for the data and not for an impulse.
    """
    name, tensor = case.network.output.name, Tensor(case.output.shape)
    feeds = {"input": as_value(x), f"{name}.weight": as_value(right)}

    def answer(careful: bool, form: Format | None) -> Truth:
        return truths(case.graph, feeds, careful=careful, override=form)[name]

    if not after:
        return compare(y, truths(case.graph, feeds, careful=True, loops=False)[name], tensor).kind is not None
    if settle(y, answer, tensor)[0].kind is not None:
        return True
    return layer and settle_anchored(y, case.graph, feeds, tensor)[0].kind is not None


def smallest(case: Case, inputs: list[Array], seed: int, quantile: float, after: bool) -> float:
    """The smallest change on the ladder from which on every change is seen, by bisection. The first input is the data."""
    (right,) = draw_parameters(case, seed)[case.network.output.name].values()
    order = np.argsort(np.abs(right), axis=None)
    place = np.unravel_index(int(order[int(order.size * quantile)]), right.shape)
    low, high = -1, len(LADDER)  # seen at high, not at low
    while high - low > 1:
        middle = (low + high) // 2
        wrong = right.copy()
        wrong[place] *= np.float32(1 + LADDER[middle])
        observed = answers(case, wrong, inputs)
        if any(seen(case, right, x, y, after, i == 0) for i, (x, y) in enumerate(zip(inputs, observed, strict=True))):
            high = middle
        else:
            low = middle
    return LADDER[high] if high < len(LADDER) else float("inf")


def measured(case: Case, impulses: bool, seeds: int) -> tuple[float, float, int]:
    """Before and after, each the median over weights and seeds, and how many of them need a larger change after."""
    pairs = []
    for seed in range(seeds):
        inputs = [draw_input(case, seed)] + (inputs_of(case, "impulse", seed) if impulses else [])
        pairs += [tuple(smallest(case, inputs, seed, q, after) for after in (False, True)) for q in QUANTILES]
    before, after = (float(np.median(side)) for side in zip(*pairs, strict=True))
    return before, after, sum(b < a for b, a in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows = []
    print("| layer | n | data, before | data, after | with probes, before | with probes, after |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, n, layer, shape in LAYERS:
        case = Case(f"power/{name}{n}", layer, shape)
        row: dict[str, object] = {"layer": name, "n": n}
        cells = [name, f"{n:,}"]
        for inputs in ("data", "probes"):
            if inputs == "probes" and (why := why_not(case, "impulse")):
                row["probes left out"] = why
                cells += ["left out", "left out"]
                continue
            before, after, worse = measured(case, inputs == "probes", args.seeds)
            row |= {f"{inputs} before": before, f"{inputs} after": after, f"{inputs} larger after": worse}
            cells += [f"{before:.1e}", f"{after:.1e}"]
        rows.append(row)
        print(f"| {' | '.join(cells)} |", flush=True)
    if args.json:
        said = {"seeds": args.seeds, "quantiles of the weight": QUANTILES, "rows": rows}
        args.json.write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main()

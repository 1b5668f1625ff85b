"""How many honest runs, drawn at random, the verdict refuses.

    python benchmarks/false_alarms.py [--checks 100000] [--seed 0] [--routes torch,ort,ort-plain,tensorflow] [--json FILE]
    python benchmarks/false_alarms.py --device cuda --routes torch,half [--tf32 off|allowed|silent] ...

Each draw is a layer or a small network, a shape, parameters (drawn as cases draw them, or those of a fresh model) and an
image: normal, constant, nearly constant, blocky, sparse, a ramp, or very long sums, at scales from 1e-6 to 1e8 and means up to 1e4
times the spread. It runs on torch and TensorFlow with one and two threads, and the definition's own file in ONNX Runtime as it
ships and unoptimised; layers in float16 run on torch. A check is one route's answer to one draw, judged end to end and, on
torch, every layer on the input it really got. What is refused is printed with the draw that repeats it.

On cuda only torch's routes run: in float32, with TF32 that is allowed for, or with TF32 that the judge is not told of, which it has
to refuse; in float16 with sums that are kept in float32.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from parity.axes import Array, Tensor, from_layout, to_layout
from parity.cases import Case, Graph, Network, Sequential
from parity.cases.network import INPUT
from parity.cases.parameters import Parameters, draw_parameters
from parity.judging.compare import Comparison
from parity.judging.oracle import Truth, truths
from parity.judging.settle import explained, settle, settle_anchored
from parity.layers import (
    Add,
    AvgPool2D,
    BatchNorm2D,
    Concatenate,
    Conv2D,
    Draw,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2D,
    ReLU,
    Sigmoid,
)
from parity.layers.definition import define
from parity.operators.file import write
from parity.operators.formats import TF32, Format
from parity.operators.graph import as_value

Generator = np.random.Generator
Run = Callable[[Array], tuple[Array, ...]]
Judged = tuple[Comparison, str | None]  #: and which freedom of a kernel would allow what is wrong
IMAGES = ("normal", "constant", "nearly constant", "blocky", "sparse", "ramp", "whole")


@dataclass(frozen=True)
class Drawn:
    """One draw: a case with its parameters and input."""

    case: Case
    parameters: Parameters
    x: Array
    image: str


@dataclass(frozen=True)
class How:
    """Where torch runs and what it may round."""

    device: str
    tf32: str  #: off, allowed or silent

    @property
    def form(self) -> Format | None:
        return TF32 if self.tf32 == "allowed" else None


# ---- what is drawn --------------------------------------------------------------------------------------------------


def a_layer(rng: Generator) -> tuple[Layer, tuple[int, ...]]:
    """Any layer of the registry with an input it reads."""
    n, height, width = int(rng.integers(1, 4)), int(rng.integers(6, 20)), int(rng.integers(6, 20))
    kind = rng.integers(0, 9)
    if kind <= 2:
        groups = int(rng.choice([1, 1, 1, 2, 4]))
        ins, outs = groups * int(rng.choice([1, 3, 8, 24])), groups * int(rng.choice([1, 4, 16]))
        kernel = int(rng.choice([1, 2, 3, 5]))
        fields = {"stride": int(rng.integers(1, 3)), "padding": int(rng.integers(0, kernel)), "groups": groups}
        return Conv2D(ins, outs, kernel, bias=bool(rng.integers(0, 2)), **fields), (n, ins, height, width)
    if kind == 3:
        features = int(rng.choice([7, 64, 513, 4096]))
        return Linear(features, int(rng.choice([1, 10])), bias=bool(rng.integers(0, 2))), (n, features)
    if kind == 4:
        channels = int(rng.integers(1, 9))
        return BatchNorm2D(channels, eps=float(rng.choice([1e-5, 1e-3]))), (n, channels, height, width)
    if kind == 5:
        kernel = int(rng.choice([2, 3, 7]))
        pool = AvgPool2D(kernel, int(rng.integers(1, 4)), int(rng.integers(0, kernel // 2 + 1)))
        return pool, (n, 3, height + kernel, width + kernel)
    if kind == 6:
        size = int(rng.choice([14, 28, 56, 112]))
        return AvgPool2D(size), (n, 2, size, size)  # a huge reduction
    if kind == 7:
        return (MaxPool2D(2) if rng.integers(0, 2) else LeakyReLU(0.3)), (n, 3, height, width)
    return (Sigmoid() if rng.integers(0, 2) else ReLU()), (n, 3, height, width)


def a_network(rng: Generator) -> tuple[Network, tuple[int, ...]]:
    """A small network of a kind that people build."""
    n, c, m = int(rng.integers(1, 4)), int(rng.choice([1, 3, 8])), int(rng.choice([4, 10, 18]))
    shape = (n, c, int(rng.integers(8, 20)), int(rng.integers(8, 20)))
    kind = rng.integers(0, 6)
    if kind == 0:
        return Sequential(Conv2D(c, m, 3, padding=1), BatchNorm2D(m), ReLU(), MaxPool2D(2)), shape
    if kind == 1:  # two branches that carry one error
        nodes: dict[str, Any] = {"conv": (Conv2D(c, m, 3, padding=1), INPUT)}
        last = "conv"
        for i in range(int(rng.integers(1, 7))):
            nodes |= {f"relu{i}": (ReLU(), last), f"add{i}": (Add(), f"relu{i}", last)}
            last = f"add{i}"
        return Graph(**nodes), shape
    if kind == 2:  # a residual block
        net = Graph(
            conv=(Conv2D(c, c, 3, padding=1, bias=False), INPUT),
            bn=(BatchNorm2D(c), "conv"),
            add=(Add(), "bn", INPUT),
            relu=(ReLU(), "add"),
        )
        return net, shape
    if kind == 3:  # statistics before a global average
        size = int(rng.choice([14, 28]))
        net = Sequential(
            Conv2D(c, m, 3, padding=1), BatchNorm2D(m), Sigmoid(), AvgPool2D(size), Flatten(), Linear(m, 5)
        )
        return net, (n, c, size, size)
    if kind == 4:
        net = Graph(
            left=(Conv2D(c, m, 1), INPUT),
            right=(Conv2D(c, m, 3, padding=1), INPUT),
            both=(Concatenate(), "left", "right"),
            pool=(AvgPool2D(2), "both"),
        )
        return net, shape
    height, width = shape[2] // 2, shape[3] // 2
    net = Sequential(
        Conv2D(c, m, 3, padding=1), LeakyReLU(0.1), MaxPool2D(2), Flatten(), Linear(m * height * width, 12), ReLU(),
        Linear(12, 5), Sigmoid(),
    )  # fmt: skip
    return net, shape


def an_image(rng: Generator, shape: tuple[int, ...], kind: str) -> Array:
    """An input with mean 0 and variance about 1 before its mean and scale are given."""
    if kind == "constant":
        return np.zeros(shape)
    if kind == "nearly constant":
        return 1e-6 * rng.standard_normal(shape)
    if kind == "blocky":
        return rng.standard_normal((*shape[:2], *(1,) * (len(shape) - 2))) * (rng.random(shape) < 0.5)
    if kind == "sparse":
        return np.where(rng.random(shape) < 0.03, rng.standard_normal(shape), 0.0)
    if kind == "ramp":
        return np.linspace(-1, 1, shape[-1]) + np.zeros(shape)
    if kind == "whole":
        return rng.integers(0, 4, shape).astype(np.float64)
    return rng.standard_normal(shape)


def fresh(case: Case, drawn: Parameters) -> Parameters:
    """The parameters of a model that was never trained: what a BatchNorm begins with."""
    begins = {"gamma": 1.0, "beta": 0.0, "mean": 0.0, "var": 1.0}
    return {
        node: {name: np.full_like(a, begins[name]) if name in begins else a for name, a in stored.items()}
        for node, stored in drawn.items()
    }


def draw(seed: int, number: int) -> Drawn:
    """The draw of this number."""
    rng = np.random.default_rng([seed, number])
    model, shape = a_layer(rng) if rng.random() < 0.6 else a_network(rng)
    scale = float(10 ** rng.uniform(-6, 8)) if rng.random() < 0.5 else 1.0
    mean = float(rng.choice([0, 0, 0, 1, 10, 100, 1e4])) * (1 if rng.random() < 0.8 else -1)
    kind = str(rng.choice(IMAGES))
    case = Case(f"drawn/{number}", model, shape, scale=scale, mean=mean, equal_sizes="drawn at random")
    if rng.random() < 0.2:  # running statistics where the data are
        draws = {
            f"{n.name}.mean": Draw("normal", mean, 1.0) for n in case.network.nodes if "mean" in n.layer.parameters()
        }
        case = Case(case.name, model, shape, scale=scale, mean=mean, equal_sizes="drawn at random", draws=draws)
    parameters = draw_parameters(case, seed)
    if rng.random() < 0.15:
        parameters = fresh(case, parameters)
    x = scale * (mean + an_image(rng, shape, kind))
    return Drawn(case, parameters, x.astype(np.float32), kind)


# ---- how it is run --------------------------------------------------------------------------------------------------


def torch_runs(drawn: Drawn, threads: int, how: How) -> tuple[Run, Run]:
    """The network as it ships and its tapped twin."""
    import torch

    from parity.routes.frameworks.torch import Torch

    torch.set_num_threads(threads)
    made = Torch()
    return tuple(  # type: ignore[return-value]
        made.program(made.build(drawn.case, drawn.parameters, tapped), how.device, how.tf32 != "off")
        for tapped in (False, True)
    )


def tensorflow_run(drawn: Drawn) -> Run:
    from parity.routes.frameworks.tensorflow import TensorFlow

    made = TensorFlow()
    program = made.program(made.build(drawn.case, drawn.parameters, False), "cpu", False)
    case = drawn.case

    def run(x: Array) -> tuple[Array, ...]:
        return tuple(from_layout(y, case.output, "NHWC") for y in program(to_layout(x, case.input, "NHWC")))

    return run


def ort_run(drawn: Drawn, threads: int, optimise: bool) -> Run:
    import onnxruntime as ort

    stored = {f"{node}.{name}": array for node, p in drawn.parameters.items() for name, array in p.items()}
    model = write(drawn.case.graph, {INPUT: (drawn.case.shape, "float32")}, stored)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    level = ort.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimise else level.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda x: tuple(session.run(None, {INPUT: x}))


# ---- how it is judged -----------------------------------------------------------------------------------------------


def whole(drawn: Drawn, how: How) -> Callable[[Array], Judged]:
    """End to end, as the judge does it; the truth is kept between the routes."""
    case, kept = drawn.case, {}
    feeds = {INPUT: as_value(drawn.x)}
    feeds |= {f"{node}.{name}": as_value(array) for node, p in drawn.parameters.items() for name, array in p.items()}

    def answer(careful: bool, form: Format | None) -> Truth:
        if (careful, form) not in kept:
            found = truths(case.graph, feeds, careful=careful, override=form)
            kept[careful, form] = found[case.network.output.name]
        return kept[careful, form]

    def judged(observed: Array) -> Judged:
        comparison = settle(observed, answer, case.output, how.form)[0]
        return comparison, explained(comparison, observed, answer, case.output, how.device)

    return judged


def by_layer(drawn: Drawn, taps: tuple[Array, ...], how: How) -> Iterator[tuple[str, Judged]]:
    """Every layer on the input it really got."""
    case = drawn.case
    values = {INPUT: drawn.x} | {node.name: tap for node, tap in zip(case.network.nodes, taps, strict=True)}
    for node in case.network.nodes:
        graph = define(node.layer, tuple(case.tensors[name] for name in node.inputs)).graph
        feeds = {f"x{i}": as_value(values[name]) for i, name in enumerate(node.inputs)}
        feeds |= {name: as_value(array) for name, array in drawn.parameters[node.name].items()}
        observed, tensor = values[node.name], case.tensors[node.name]
        comparison, _, answer = settle_anchored(observed, graph, feeds, tensor, how.form)
        yield str(node.layer), (comparison, explained(comparison, observed, answer, tensor, how.device))


def half(drawn: Drawn, how: How) -> Iterator[tuple[str, Judged]]:
    """A single layer in float16 on torch, where the input fits into it."""
    import torch

    from parity.routes.frameworks.torch import Torch

    (node, *others) = drawn.case.network.nodes
    with np.errstate(over="ignore"):
        x = drawn.x.astype(np.float16)
    if others or not np.isfinite(x).all():
        return
    stored = {name: array.astype(np.float16) for name, array in drawn.parameters[node.name].items()}
    model = Torch().build(drawn.case, {node.name: {k: v.astype(np.float32) for k, v in stored.items()}}, False)
    model = model.half().to(how.device)
    with torch.no_grad():
        observed = model(torch.from_numpy(x).to(how.device)).cpu().numpy()
    graph = define(node.layer, (Tensor(drawn.case.shape),)).graph
    feeds = {"x0": as_value(x)} | {name: as_value(array) for name, array in stored.items()}
    yield f"half {node.layer}", (settle_anchored(observed, graph, feeds, drawn.case.output)[0], None)


def checks(drawn: Drawn, routes: tuple[str, ...], number: int, how: How) -> Iterator[tuple[str, str, Judged]]:
    """Every check of a draw: its route, what was judged, what came out."""
    judge = whole(drawn, how)
    threads = 1 + number % 2
    if "torch" in routes:
        ships, twin = torch_runs(drawn, threads, how)
        yield "torch", "output", judge(ships(drawn.x)[0])
        for what, judged in by_layer(drawn, twin(drawn.x), how):
            yield "torch", what, judged
    if "half" in routes:
        for what, judged in half(drawn, how):
            yield "torch float16", what, judged
    for route, optimise in (("ort", True), ("ort-plain", False)):
        if route in routes:
            yield route, "output", judge(ort_run(drawn, threads, optimise)(drawn.x)[0])
    if "tensorflow" in routes:
        yield "tensorflow", "output", judge(tensorflow_run(drawn)(drawn.x)[0])


def start(routes: tuple[str, ...]) -> None:
    """The frameworks in the order in which one process survives them: torch's compiler before TensorFlow."""
    warnings.simplefilter("ignore")
    if "torch" in routes:
        import torch

        from parity.routes.frameworks.torch import Torch

        Torch().start(1)
        # By default cuBLAS may add the parts of a sum of halves in half: another bound, which parity does not have.
        torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    if "tensorflow" in routes:
        import torch._dynamo

        from parity.routes.frameworks.tensorflow import TensorFlow

        TensorFlow().start(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checks", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first draw")
    parser.add_argument("--draws", type=int, help="stop after so many draws")
    parser.add_argument("--routes", default="torch,half,ort,ort-plain,tensorflow")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="where torch runs")
    parser.add_argument("--tf32", default="off", choices=["off", "allowed", "silent"])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    routes, how = tuple(args.routes.split(",")), How(args.device, args.tf32)
    start(routes)
    counts: collections.Counter[str] = collections.Counter()
    worst: dict[str, float] = collections.defaultdict(float)
    looked = unspecified = done = 0
    refused: list[dict[str, Any]] = []
    began, number = time.time(), args.first
    while done < args.checks and (args.draws is None or number < args.first + args.draws):
        drawn = draw(args.seed, number)
        for route, what, (comparison, why) in checks(drawn, routes, number, how):
            counts[route] += 1
            done += 1
            looked += comparison.message != "" and comparison.kind is None
            unspecified += comparison.unspecified > 0
            worst[route] = max(worst[route], comparison.ratio or 0.0)
            if comparison.kind is not None:
                found = {
                    "draw": number,
                    "route": route,
                    "what": what,
                    "model": [str(node.layer) for node in drawn.case.network.nodes],
                    "image": drawn.image,
                    "scale": drawn.case.scale,
                    "mean": drawn.case.mean,
                    "kind": comparison.kind,
                    "ratio": comparison.ratio,
                    "explained": why,
                }
                refused.append(found)
                print(json.dumps(found), flush=True)
        number += 1
        if sys.stderr.isatty() and number % 50 == 0:
            print(f"\r{done:,} checks, {len(refused)} refused", end="", file=sys.stderr)
    result = {
        "seed": args.seed,
        "draws": number - args.first,
        "checks": done,
        "refused": len(refused),
        "by route": dict(counts),
        "worst ratio": {route: round(value, 3) for route, value in worst.items()},
        "passed by the second look": int(looked),
        "with unspecified elements": int(unspecified),
        "seconds": round(time.time() - began),
        "refusals": refused,
    }
    print(json.dumps({k: v for k, v in result.items() if k != "refusals"}, indent=1))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

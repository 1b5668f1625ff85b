"""The inputs a check is run on, and which of them apply to a case.

data      the case's own input; every element within its bound.
integer   whole-number weights and inputs, so small that every sum is exact in any order: bit equality is demanded.
impulse   one input feature at a time through a single convolution or dense layer, so that each weight shows alone.
states    of a case in training: what the pass over the data makes of the running statistics.
gradients of a case of gradients: those by the input and by every parameter.
draws     of a layer that sets elements to 0 at random: the data several times, and how often, how far apart and how anew.
batch     the case's images in batches of other sizes, where the case names any; threads: with other numbers of threads;
          unbatched: each of them alone, without its batch axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from math import ceil, prod
from typing import Literal

import numpy as np

from parity.axes import Array
from parity.cases.case import INPUT, Case
from parity.cases.parameters import Parameters, draw_input, draw_integers, draw_parameters
from parity.cases.streams import words
from parity.operators.formats import FORMATS, rounded
from parity.records.lines import Probe

PROBES: tuple[Probe, ...] = ("data", "integer", "impulse")  #: with inputs of the case's own shape, asked as it ships
Variant = Literal["shipped", "tapped", "integer", "open"]

EXACT = 2**24  #: float32 holds every whole number below this; no integer probe goes further, in whatever precision
INPUT_LARGEST = 4
FEATURES_AT_ONCE = 16  #: dense features set together; a change of one weight still shows (docs/error-bounds.md)
MOST_IMPULSES = 64  #: forward passes one impulse probe may take
CALLS = 8  #: how often a layer that draws is asked; even, since calls are compared in pairs


def variants(case: Case) -> tuple[Variant, ...]:
    """The models a route has to make: the network as it ships, its tapped twin, the one with integer weights, an open one.

    The open one is the network as it ships, with its batch axis left open where an exporter would fix it.
    """
    made: list[Variant] = ["shipped"]
    if case.tapped:
        made.append("tapped")
    if not why_not(case, "integer"):
        made.append("integer")
    if case.batches:
        made.append("open")
    return tuple(made)


def why_not(case: Case, probe: Probe) -> str:
    """Why a probe does not apply to a case; empty where it does."""
    if case.training and probe != "data":
        return "asked at inference"
    if case.gradient and probe != "data":
        return "asked of the network without its gradients"
    if case.values != "normal" and probe != "data":
        return "asked of the cases whose input is drawn"
    if 0 in case.shape and probe != "data":
        return "there is no element of the input"
    if probe == "integer":
        plan = _integer_plan(case)
        return plan if isinstance(plan, str) else ""
    if probe == "impulse":
        if len(case.network.nodes) > 1 or not case.definition(case.network.output).weighted:
            return "only a single convolution or dense layer shows its weights one by one"
        if (count := _impulse_runs(case)) == 0:
            return "every window lies in the padding, so no weight shows"
        if count > MOST_IMPULSES:
            return f"needs {count} forward passes, more than {MOST_IMPULSES}"
    return ""


def parameters_of(case: Case, variant: Variant, seed: int) -> Parameters:
    """The parameters a variant is built with, of the case's precision, canonical axes."""
    return _integer_parameters(case, seed) if variant == "integer" else draw_parameters(case, seed)


def variant_of(probe: Probe) -> Variant:
    """The variant that answers a probe."""
    return "integer" if probe == "integer" else "shipped"


def inputs_of(case: Case, probe: Probe, seed: int) -> list[Array]:
    """The inputs of a probe in the order they are run, of the type and shape of the case's input."""
    if probe == "data":
        x = draw_input(case, seed)
        if case.chance:
            return [x] * CALLS
        if case.training or case.gradient or case.by_batch:
            return [x]  # statistics, and gradients by parameters, are those of the whole batch
        # A feature that is never positive in one input is in the other; of indices both ends of the range are met.
        return [x, _turned(case, x) if case.whole else -x]
    if probe == "integer":
        return [rounded(draw_integers(case.shape, INPUT_LARGEST, seed, case.name, "integer", INPUT), case.precision)]
    return [rounded(x, case.precision) for x in _impulses(case)]


def _turned(case: Case, x: Array) -> Array:
    """Whole numbers mirrored within their range, of their type."""
    return (case.least + case.below - 1 - x.astype(np.int64)).astype(x.dtype)


def _integer_plan(case: Case) -> tuple[int, int] | str:
    """(largest weight, weights per output) that keep every sum exact, or why there are none."""
    if case.whole:
        return "its input is of whole numbers as it is"
    depth = 0
    steps: dict[str, Fraction] = {INPUT: Fraction(1)}
    for node in case.network.nodes:
        definition = case.definition(node)
        step = definition.step([steps[name] for name in node.inputs])
        if step is None:
            return f"{node.name} ({node.layer}) rounds even whole numbers"
        if node.layer.parameters() and not definition.weighted:
            return f"{node.name} has parameters that are no weighted sum"
        depth += definition.weighted
        steps[node.name] = step
    for largest, kept in ((4 if depth <= 1 else 1, 2**30), *((1, 2**k) for k in range(20, -1, -1))):
        if _fits(case, steps, largest, kept):
            return largest, kept
    return f"sums of whole numbers through {depth} weighted layers pass 2^{exact_below(case).bit_length() - 1}"


def exact_below(case: Case) -> int:
    """Below what every whole number is exact in the coarsest type of the case: 2^24 in float32, 2^11 in float16, 2^8 in bfloat16."""
    types = {case.precision, *(node.types.reads for node in case.network.nodes)} - {""}
    return min(EXACT, *(int(1 / FORMATS[name].storage) for name in types))


def _fits(case: Case, steps: Mapping[str, Fraction], largest: int, kept: int) -> bool:
    """Whether no partial sum, counted in its finest step, can reach what the precision holds exactly."""
    most = exact_below(case)
    size: dict[str, int] = {INPUT: INPUT_LARGEST}
    for node in case.network.nodes:
        definition = case.definition(node)
        sizes, products = [size[name] for name in node.inputs], definition.products
        total = prod(sizes) if definition.multiplies else sum(sizes)
        if node.layer.parameters():
            total = min(products, kept) * largest * total + largest
        elif products and steps[node.name] >= min(steps[name] for name in node.inputs):
            total = products * total  # a plain sum; a mean divides again, which its step says
        elif definition.reduces:
            total *= prod(definition.inputs[0].shape) // prod(definition.output.shape)
        size[node.name] = total
        if total / steps[node.name] >= most:
            return False
    return True


def _integer_parameters(case: Case, seed: int) -> Parameters:
    plan = _integer_plan(case)
    if isinstance(plan, str):
        raise ValueError(f"case {case.name!r} has no integer probe: {plan}")
    largest, kept = plan
    made: Parameters = {}
    for node in case.network.nodes:
        made[node.name] = {}
        for name, parameter in node.parameters().items():
            key = (seed, case.name, "integer", node.name, name)
            values = draw_integers(parameter.shape, largest, *key)
            out = max(parameter.axes.find("O"), 0)
            outputs, *reads = (parameter.shape[out], *parameter.shape[:out], *parameter.shape[out + 1 :])
            products = prod(reads)
            if name == "weight" and products > kept:
                # Keep a few weights of each output, never zero, so that sums stay small through a deep network.
                order = words(prod(parameter.shape), *key, "kept").reshape(-1, products)
                keep = np.argpartition(order, kept - 1, axis=1)[:, :kept]
                rows = np.zeros((outputs, products), np.float32)
                signs = np.where(np.take_along_axis(order, keep, axis=1) & np.uint64(1), 1, -1)
                np.put_along_axis(rows, keep, signs.astype(np.float32), axis=1)
                values = np.ascontiguousarray(np.moveaxis(rows.reshape(outputs, *reads), 0, out))
            made[node.name][name] = rounded(values, case.precision)
    return made


def _places(case: Case) -> list[tuple[int, ...]]:
    """(row, column) of the impulses that together meet every kernel tap that some output element uses.

    A signal's have one number, a volume's three. A tap never used, because it only ever sees padding, has no place. The axes
    are independent: what one row and one column meet, their crossing meets.
    """
    definition = case.definition(case.network.output)
    window, cover = (definition.window, _cover) if definition.spread is None else (definition.spread, _cover_spread)
    if window is None:
        return [(0,) * (len(case.shape) - 2)]
    return list(product(*(cover(*axis) for axis in zip(case.shape[2:], case.output.shape[2:], *window, strict=True))))


def _cover(length: int, outputs: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int]) -> list[int]:
    """Few positions along one axis that together meet every tap, each the one that meets most of what is left.

    Output o uses tap t at position ``o * stride + t * dilation - before``.
    """

    def met(position: int) -> set[int]:
        starts = [(t, position + pads[0] - t * dilation) for t in range(kernel)]
        return {t for t, start in starts if start % stride == 0 and 0 <= start // stride < outputs}

    return _fewest(length, met)


def _cover_spread(
    length: int, outputs: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int]
) -> list[int]:
    """The same where each position spreads over the output: tap t of position p meets output ``p * stride + t * dilation - before``."""

    def met(position: int) -> set[int]:
        return {t for t in range(kernel) if 0 <= position * stride + t * dilation - pads[0] < outputs}

    return _fewest(length, met)


def _fewest(length: int, met: Callable[[int], set[int]]) -> list[int]:
    """Few positions that together meet every tap that any meets."""
    # Of equals the nearest to the middle, where no edge is in the way.
    meets = {position: met(position) for position in sorted(range(length), key=lambda p: abs(p - length // 2))}
    missing = set().union(*meets.values())
    chosen: list[int] = []
    while missing:
        chosen.append(max(meets, key=lambda p: len(meets[p] & missing)))
        missing -= meets[chosen[-1]]
    return chosen


def _impulse_runs(case: Case) -> int:
    if len(case.shape) == 2:
        return ceil(ceil(case.shape[1] / FEATURES_AT_ONCE) / case.shape[0])
    return ceil(case.shape[1] * len(_places(case)) / case.shape[0])


def _impulses(case: Case) -> list[Array]:
    """Ones on a ground of zeros: one feature (a convolution) or a group of them (dense) in each image or row."""
    n, features = case.shape[:2]
    made = np.zeros((_impulse_runs(case) * n, *case.shape[1:]), np.float32)
    if len(case.shape) == 2:
        for group in range(ceil(features / FEATURES_AT_ONCE)):
            made[group, group * FEATURES_AT_ONCE : (group + 1) * FEATURES_AT_ONCE] = 1
    else:
        for image, (c, place) in enumerate(product(range(features), _places(case))):
            made[image, c, *place] = 1
    return [made[start : start + n] for start in range(0, len(made), n)]

"""Which operators of two graphs hold the same weights, also behind a normalisation that was folded into them. Pure numpy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parity.axes import F64, Array
from parity.judging.twins import Twin
from parity.operators.formats import FORMATS
from parity.operators.graph import reads
from parity.records.verdict import LAMBDA


def _sorted(array: Array) -> bytes:
    """Equal for arrays of the same numbers in any order."""
    return np.sort(np.asarray(array, np.float64), axis=None).tobytes()


def _is_float(array: Array) -> bool:
    return array.dtype.name in FORMATS


def equal_weights(one: Twin, two: Twin) -> dict[str, tuple[str, ...]]:
    """The weights of the first side that are, to the bit and in some order, a weight of the second, by the second's name."""
    known: dict[tuple[int, bytes], list[str]] = {}
    for name, array in one.weights.items():
        known.setdefault((array.size, _sorted(array)), []).append(name)
    found = {name: known.get((array.size, _sorted(array))) for name, array in two.weights.items()}
    return {name: tuple(names) for name, names in found.items() if names}


def unpaired(one: Twin, two: Twin, equal: Mapping[str, tuple[str, ...]]) -> tuple[frozenset[str], frozenset[str]]:
    """The stored float constants of either side that the other has no equal of: what one of the two may have folded."""
    theirs = {name for names in equal.values() for name in names}
    mine = frozenset(n for n, a in one.stored.items() if _is_float(a) and n not in theirs)
    return mine, frozenset(n for n, a in two.stored.items() if _is_float(a) and n not in equal)


@dataclass(frozen=True)
class Layers:
    """Two operators, by their place in computing order, that hold the same weights.

    scaled: one's kernel is the other's times a factor a channel, as a folded normalisation leaves it.
    """

    one: int
    two: int
    scaled: bool = False


_SUMS = {"Conv": 0, "ConvTranspose": 1, "Gemm": 1, "MatMul": -1}  #: the axis of the second input that is of the output


def layers(one: Twin, two: Twin, equal: Mapping[str, tuple[str, ...]]) -> tuple[Layers, ...]:
    """The operators that are paired by their largest weight, in the order of the second side; those that are the only ones."""
    mine = _holding(one)
    found = []
    for i, name in _holders(two):
        others = [
            j for other in equal.get(name, ()) for j in mine.get(other, ()) if one.nodes[j].kind == two.nodes[i].kind
        ]
        if others:
            found += [Layers(j, i) for j in others]
    taken_one, taken_two = {p.one for p in found}, {p.two for p in found}
    kernels = [(j, k) for j, name in _holders(one) if j not in taken_one and (k := _kernel(one, j, name)) is not None]
    for i, name in _holders(two):
        if i in taken_two or (kernel := _kernel(two, i, name)) is None:
            continue
        found += [Layers(j, i, True) for j, other in kernels if _proportional(other, kernel)]
    return tuple(sorted(found, key=lambda p: (p.two, p.one)))


def _holders(twin: Twin) -> Iterator[tuple[int, str]]:
    """The operators with a float weight of several numbers beside data, and the largest of those weights."""
    known = twin.weights
    for i, node in enumerate(twin.nodes):
        if any(name in twin.data for name in node.outputs):
            held = [name for name in reads(node) if name in known and known[name].size > 1]
            if held:
                yield i, max(held, key=lambda name: known[name].size)


def _holding(twin: Twin) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for i, name in _holders(twin):
        found.setdefault(name, []).append(i)
    return found


def _kernel(twin: Twin, i: int, name: str) -> tuple[F64, F64] | None:
    """The sizes of a kernel's numbers, sorted in each output channel and divided by that channel's norm; and the norms."""
    node = twin.nodes[i]
    array = np.asarray(twin.values[name][0].y, np.float64)
    if node.kind not in _SUMS or array.ndim < 2 or node.inputs[1] != name:
        return None
    axis = _SUMS[node.kind]
    if node.kind == "Gemm" and node.attributes.get("transB", 0):
        axis = 0
    rows = np.sort(np.abs(np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)), axis=1)
    norms = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return (rows / np.where(norms > 0, norms, 1.0), norms[:, 0]) if rows.shape[1] > 1 else None


def _proportional(one: tuple[F64, F64], two: tuple[F64, F64]) -> bool:
    """Whether two kernels are one but for a factor a channel: each number is then off by a few roundings of its size.

    In half of the channels at least, since in others a weight may differ; and the factor is 1 in fewer than half of these.
    Roundings of float32, whatever they were folded in.
    """
    (a, norm_a), (b, norm_b) = one, two
    if a.shape != b.shape:
        return False
    u = 2 * LAMBDA * FORMATS["float32"].storage
    alike = (np.abs(a - b) <= u * (a + b)).all(axis=1)
    plain = np.abs(norm_a - norm_b) <= u * norm_a
    return bool(alike.mean() >= 0.5 and plain[alike].mean() < 0.5)


def folded(one: Twin, two: Twin, pairs: Sequence[Layers]) -> dict[tuple[str, str], tuple[str, str]]:
    """The values that two kernels with one factor a channel end in, normalised: with them, what the kernels themselves make."""
    found = {}
    for pair in pairs:
        if pair.scaled:
            a, b = one.nodes[pair.one].outputs[0], two.nodes[pair.two].outputs[0]
            found[_normalised(one, a), _normalised(two, b)] = (a, b)
    return found


def _normalised(twin: Twin, name: str) -> str:
    """The last value of the steps by weights alone that follow a sum: a normalisation, or a factor and what is then added."""
    last, now = name, name
    while len(users := twin.users.get(now, [])) == 1:
        node = twin.nodes[users[0]]
        following = node.outputs[0]
        if twin.moves(following) and not node.kind.startswith("Pad"):
            now = following
        elif node.kind in ("BatchNormalization", "Mul", "Add", "Sub", "Div") and len(twin.reads(following)) == 1:
            if not any(n in twin.weights and twin.weights[n].size > 1 for n in node.inputs):
                break
            last = now = following
            if node.kind in ("BatchNormalization", "Add", "Sub"):
                break
        else:
            break
    return last

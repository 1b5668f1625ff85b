"""The local noise of one operator as the oracle keeps and draws it. Pure numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np

from parity.axes import F64
from parity.judging import draws
from parity.operators.base import Noise, Operator, Shared, Site
from parity.operators.formats import Format
from parity.operators.graph import Node

SHOWS = 1e-3  #: flushing below this share of the other noise is left out of the draws


@dataclass(frozen=True)
class Local:
    """One output of a node that rounds: its exact value and its noise."""

    y: F64
    noise: Noise
    coarse: bool = False  #: whether the result is stored more coarsely than it is computed

    def draw(self, key: int) -> F64:
        """One draw of the noise; the same for the same key. Elements of equal value get equal draws."""
        y, noise = self.y, self.noise
        moved = np.zeros(y.shape) if noise.own is None else draws.bell(y, key, noise.own)
        for n, part in enumerate(noise.shared):
            moved += part.coefficient * draws.along(y.shape, part.axes, draws.mixed(key + 3 + n))
        if noise.storage is not None:
            # Of variance B^2 where storing is most of the noise: then lambda has to hold of it what it holds of A.
            draws.add_flat(moved, y, key + 1, sqrt(3) * noise.storage if self.coarse else noise.storage)
        if np.any(noise.flush):
            share = 0.5 + 0.5 * float(draws.flat(np.zeros(1), key + 2)[0])
            moved -= np.sign(y) * np.minimum(np.abs(y), noise.flush) * share  # towards zero, everywhere alike
        if np.isfinite(moved.sum()) or np.isfinite(moved).all():  # a sum is finite only where every element is
            return moved
        return np.where(np.isfinite(y), moved, 0.0)


def fused(noise: Noise, rule: Operator, at: Site, node: Node, x: Sequence[Any], passes: dict[str, float]) -> Noise:
    """The noise of a sum that a kernel may have taken over from the convolution or product before it.

    Runtimes fuse ``conv(x) + r`` into one kernel that starts from r and adds the convolution onto it, a block of input
    channels at a time, so r is rounded once a block and not once (ONNX Runtime's blocked convolutions hold 8 or 16).
    passes: of values that are sums of products, how many blocks; what is found here is added.
    """
    if any(isinstance(v, list) for v in x):  # a sequence, whose arrays have no one shape
        return noise
    if len(x) > 1 and rule.products(at, *(np.shape(v) for v in x if v is not None)):
        passes[node.outputs[0]] = 1 + (np.shape(x[1])[1] / 8 if np.ndim(x[1]) > 2 else np.shape(x[0])[-1] / 64)
    elif node.kind in ("BatchNormalization", "Identity") and node.inputs[0] in passes:
        passes[node.outputs[0]] = passes[node.inputs[0]]  # a normalisation is folded into the convolution
    elif node.kind in ("Add", "Sum"):
        for i, name in enumerate(node.inputs):
            if name in passes:
                others = sum(np.abs(v) for j, v in enumerate(x) if j != i)
                more = at.format.accumulate * np.sqrt(passes[name]) * others
                noise = replace(noise, own=more if noise.own is None else noise.own + more)
    return noise


def limited(noise: Noise, y: Any, form: Format | None) -> Noise:
    """With everything marked that passes the largest stored number by itself."""
    if form is None or noise.exact or not y.size:
        return noise
    size = np.abs(y)
    if size.max() <= form.stored_largest:
        return noise
    beyond = np.isfinite(y) & (size > form.stored_largest)
    if not beyond.any():
        return noise
    return replace(noise, overflow=beyond if noise.overflow is None else noise.overflow | beyond)


def scaled(noise: Noise, factor: float) -> Noise:
    """With ``factor`` times the evaluation error."""
    own = None if noise.own is None else noise.own * factor
    return replace(noise, own=own, shared=tuple(Shared(p.coefficient * factor, p.axes) for p in noise.shared))


def narrowed(noise: Noise) -> Noise:
    """Without the flushing where it is lost in the other noise."""
    if noise.storage is None:
        return noise
    rest = SHOWS * (noise.storage + (0.0 if noise.own is None else noise.own))
    return noise if np.any(np.asarray(noise.flush) > rest) else replace(noise, flush=0.0)

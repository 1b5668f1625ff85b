"""The derivative of resizing: a weighted sum along each axis, handed back by the same weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from parity.operators.build import Named
from parity.operators.gradient.base import Applied, derivative
from parity.operators.gradient.movement import moved
from parity.operators.resize import plan, table

Grads = Sequence[Named | None]
EXACT = 2.0**12  #: weights that are whole multiples of its inverse are exact in float32, and so are their sums


@derivative("Resize")
def _resize(at: Applied, dy: Named, x: Named, *more: Named | None) -> Grads:
    """Nearest elements go back to where they came from. Other modes only with weights that nothing rounds, as doubling has them."""
    mode = at.get("mode", "nearest")
    if mode == "nearest":
        return moved(at, dy, x, *more)
    given = [None if each is None else at.known(i) for i, each in enumerate(more, 1)]
    op, back = at.op, dy
    for along in plan(at.site, x.value.y, given):
        made = table(at.site, along)
        weights = np.zeros((dy.shape[along.axis], x.shape[along.axis]))
        np.add.at(weights, (np.arange(len(weights))[:, None], made.elements), made.weights)
        if made.outside.any() or np.any(weights * EXACT != np.rint(weights * EXACT)):
            raise at.without(f"in mode {mode} by weights that are rounded")
        rank = len(x.shape)
        turn = (*(a for a in range(rank) if a != along.axis), along.axis)
        back = op.MatMul(op.Transpose(back, perm=turn), op.constant(weights.astype(np.float32)))
        back = op.Transpose(back, perm=tuple(int(i) for i in np.argsort(turn)))
    return [back, *([None] * len(more))]

"""Normalisation by statistics, and softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.axes import F64
from parity.operators.base import Noise, Operator, Shared, Site, Unsupported, operator, stored
from parity.operators.windows import per_channel


@operator("BatchNormalization")
class BatchNormalization(Operator):
    """``(x - mean) s + beta`` with ``s = gamma / sqrt(var + epsilon)``: ``2 u_a (|s| (|x| + |mean|) + |beta|)``.

    A kernel folds scale and shift once a channel: that half of the rounding is one draw for all its pixels.
    """

    def _folded(self, at: Site, x: Any, gamma: Any, beta: Any, mean: Any, var: Any) -> tuple[F64, F64, F64]:
        scale = np.asarray(gamma / np.sqrt(var + at.get("epsilon", 1e-5)))
        return tuple(np.asarray(per_channel(v, x.ndim)) for v in (scale, mean, beta))  # type: ignore[return-value]

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        if at.get("training_mode", 0) or at.outputs > 1:
            raise Unsupported("BatchNormalization: training mode")
        scale, mean, beta = self._folded(at, *x)
        return ((x[0] - mean) * scale + beta,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        scale, mean, beta = self._folded(at, *x)
        u, data = at.format.accumulate, x[0]
        own = u * (np.abs(scale) * (np.abs(data) + np.abs(mean)) + np.abs(beta))
        axes = (0, *range(2, data.ndim))
        shift = np.broadcast_to(u * (np.abs(scale * mean) + np.abs(beta)), data.shape)
        return (Noise(own, (Shared(u * scale * data, axes), Shared(shift, axes)), stored(at, y[0])),)

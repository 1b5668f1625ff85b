"""The scale and the shift behind a normalisation, each stored or not: what all normalisations have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from parity.axes import Array, Shape
from parity.layers.base import Draw, Layer, Parameter, is_number, require

FLOAT64 = 11  #: ONNX's number of the type
Affine = bool | Literal["scale", "center"]  #: gamma and beta; neither; gamma alone; beta alone


def statistics(op: Any) -> dict[str, int]:
    """What tells a normalisation of float64 to keep its statistics in float64: ONNX's own default is float32, whatever is normalised."""
    return {"stash_type": FLOAT64} if op.precision == "float64" else {}


class Normalisation(Layer):
    """What normalisations with a gamma and a beta share: their fields, and what stands for one that is not stored.

    affine is torch's word for both together (``elementwise_affine`` in LayerNorm, whose ``bias=False`` is "scale" here); Keras
    says each apart, ``scale`` and ``center``.
    """

    eps: float
    affine: Affine

    def check(self) -> None:
        require(
            self, "eps", is_number(self.eps) and 0 < self.eps < 1, "must be a number between 0 and 1, both excluded"
        )
        good = isinstance(self.affine, bool) or self.affine in ("scale", "center")
        require(self, "affine", good, 'must be True or False, or "scale" or "center" for one of them alone')

    @property
    def scale(self) -> bool:
        """Whether gamma is stored."""
        return self.affine in (True, "scale")

    @property
    def center(self) -> bool:
        """Whether beta is stored."""
        return self.affine in (True, "center")

    def _affine(self, shape: Shape, axes: str) -> dict[str, Parameter]:
        """The parameters that are stored of gamma and beta."""
        stored = {}
        if self.scale:
            stored["gamma"] = Parameter(shape, axes, Draw("uniform", 1.0, 0.25))
        if self.center:
            stored["beta"] = Parameter(shape, axes, Draw(spread=0.3))
        return stored

    def _filled(self, op: Any, shape: Shape, gamma: Any, beta: Any) -> tuple[Any, Any]:
        """gamma and beta in operators, ones and zeros for what is not stored."""
        ones, zeros = np.ones(shape, np.float32), np.zeros(shape, np.float32)
        return op.constant(ones) if gamma is None else gamma, op.constant(zeros) if beta is None else beta

    def _torch_affine(self, shape: Shape, parameters: Mapping[str, Array]) -> dict[str, Array]:
        """weight and bias of a torch module that has both or neither: the one that is not stored changes nothing."""
        if not self.affine:
            return {}
        ones, zeros = np.ones(shape, np.float32), np.zeros(shape, np.float32)
        return {"weight": parameters.get("gamma", ones), "bias": parameters.get("beta", zeros)}

    def _keras(self) -> dict[str, Any]:
        """What every normalisation of Keras is told alike."""
        return dict(epsilon=self.eps, scale=self.scale, center=self.center)

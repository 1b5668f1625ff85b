"""Divergences of OpenVINO that parity knows of; :mod:`parity.cases.shipped` has the others."""

from __future__ import annotations

from parity.axes import Shape
from parity.cases.known import KnownDivergence, of_kind
from parity.cases.overhang import overhang
from parity.operators.graph import Node


def _antialiased(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "Resize" and bool(node.attributes.get("antialias", 0))


def _counts_an_overhang(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether a window of an average that counts padding hangs over what is padded."""
    counts = node.kind == "AveragePool" and bool(node.attributes.get("count_include_pad", 0))
    return counts and overhang(node, shapes) > 0


_softplus = of_kind("Softplus")


_einsum = of_kind("Einsum")


NO_ANTIALIAS = KnownDivergence(
    routes="*>openvino",
    operator=_antialiased,
    kind="value",
    script="openvino_resize_antialias.py",
    reason="OpenVINO resizes an image as if antialias were not there",
    evidence=(
        "Resize of 1x1x8x8 by 0.5, linear and cubic, half_pixel, opset 18: what openvino 2026.4.1 gives with antialias 1 is to the bit what "
        "it gives with 0, and 0.35 and 0.45 from ONNX Runtime 1.32; without antialias the two agree to 1e-7"
    ),
    link="https://github.com/openvinotoolkit/openvino/issues/35893",
    versions={"openvino": "<=2026.4.1"},
)

COUNTED_OVERHANG = KnownDivergence(
    routes="*>openvino",
    operator=_counts_an_overhang,
    kind="value",
    script="openvino_averagepool_ceil_overhang.py",
    reason="OpenVINO divides an average by what lies behind the padding too, where ceil_mode lets a window hang over it",
    evidence=(
        "AveragePool of 0 to 41 as 1x1x6x7, kernel 3, stride 2, pads 1, ceil_mode 1, count_include_pad 1, opset 19: the last row of openvino "
        "2026.4.1 begins with 7.889, 71 / 9; ONNX Runtime 1.32 has 11.833, 71 / 6, as torch and the reference evaluator. With "
        "count_include_pad 0 all agree"
    ),
    versions={"openvino": "<=2026.4.1"},
)

ROUGH_SOFTPLUS = KnownDivergence(
    routes="*>openvino",
    operator=_softplus,
    kind="value",
    script="openvino_softplus.py",
    reason="OpenVINO's Softplus has an absolute error of 2e-6 where its value is smaller than that, and gives negative ones",
    evidence=(
        "of 4,001 inputs from -30 to 30 openvino 2026.4.1 is off by up to 1.93e-6, at -17.7, and Softplus(-29.445) is -1.9e-6 where 1.6e-13 is "
        "right; ONNX Runtime 1.32 is right to 2.3e-7 of each value"
    ),
    link="https://github.com/openvinotoolkit/openvino/issues/35931",
    versions={"openvino": "<=2026.4.1"},
)

UNSQUEEZED = KnownDivergence(
    routes="tensorflow>openvino*",
    operator=_einsum,
    kind="error",
    says="Exception from src/inference/src/cpp/core.cpp",
    script="openvino_unsqueeze_nothing.py",
    reason="OpenVINO adds an axis in front where an Unsqueeze names none, as tf2onnx writes of an einsum, and then refuses what comes next",
    evidence=(
        "Unsqueeze of 2x3 with axes [], opset 15: openvino 2026.4.1 gives 1x2x3, ONNX Runtime 1.32 2x3. tf.einsum('ni,oij,nj->no') by tf2onnx 1.17 has "
        "one before a Transpose of three axes: 'Input order must have shape [n], where n is the rank of arg'"
    ),
    versions={"openvino": "<=2026.4.1"},
)

OPENVINO = (NO_ANTIALIAS, COUNTED_OVERHANG, ROUGH_SOFTPLUS, UNSQUEEZED)

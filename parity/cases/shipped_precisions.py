"""Divergences of halves and of float64, as ``parity/cases/shipped.py`` has those of float32. The scripts are in ``docs/divergences/``."""

from __future__ import annotations

import numpy as np

from parity.axes import Shape
from parity.cases.known import KnownDivergence, of_kind
from parity.operators.formats import HALVES
from parity.operators.graph import Node

FROM_TORCH = ("torch>*", "torchscript>*")
REFERENCE = ("definition>reference", "torch>reference", "torchscript>reference")


def _rounded_attribute(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether an attribute is a float that no float32 is; HardSwish has its sixth written in ONNX's own definition of it."""
    given = [value for value in node.attributes.values() if isinstance(value, float)]
    return node.kind == "HardSwish" or any(float(np.float32(value)) != value for value in given)


def _any(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return True


_folded = of_kind("BatchNormalization")
_transposed = of_kind("ConvTranspose")
_folded_back = of_kind("Col2Im")
_running = of_kind("CumSum")
_sampled = of_kind("GridSample")
_shrunk = of_kind("Shrink")
_exponential_of_alpha = of_kind("Celu")
_size_norm = of_kind("LRN")


def _normalised(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind in ("BatchNormalization", "InstanceNormalization", "LayerNormalization")


_COMPOSED = ("AveragePool", "Col2Im")  #: of the second Keras has none, and it is composed of a sum
#: The sums that a layer may be, whole or in part.
_SUMS = ("ReduceSum", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceMean", "ConvTranspose", *_COMPOSED)


def _sums_in_half(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether TensorFlow has no kernel of float16 for it that adds in float32: sums, norms, averages, convolutions but plain ones of images."""
    volume, depthwise = len(shapes[0]) == 5, node.attributes.get("group", 1) > 1
    return node.kind in _SUMS or (node.kind == "Conv" and (volume or depthwise))


def _reduced(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind.startswith("Reduce") or node.kind in _COMPOSED


def _kept_wide(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind in ("ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin", "CumSum")


def _of_an_error_function(node: Node, shapes: tuple[Shape, ...]) -> bool:
    return node.kind == "Gelu" and node.attributes.get("approximate", "none") == "none"


def _through_float32(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether TensorFlow takes a number of it, or all of it, in float32: a slope, the constants of gelu, a resized image."""
    blended = node.kind == "Resize" and node.attributes.get("mode") in ("linear", "cubic")
    return node.kind in ("LeakyRelu", "Gelu") or blended


FLOAT32_ATTRIBUTES = KnownDivergence(
    routes="*>*",
    precision="float64",
    operator=_rounded_attribute,
    kind="value",
    script="onnx_float_attributes.py",
    reason="an attribute of an ONNX operator is a float32, so an epsilon or a slope of a float64 model is another number",
    evidence=(
        "torch.nn.BatchNorm2d(1, eps=1e-3).double(), exported by torch 2.13: the file has 0.0010000000474974513, and of a variance of "
        "0.004 ONNX Runtime 1.32 is off by 5e-9, torch by less than 1e-15. AttributeProto has one field for a float, of 32 bits (onnx.proto)"
    ),
    link="https://github.com/onnx/onnx/issues/1820",
    versions={"onnx": "<=1.23.2"},
)

NORMALISED_IN_HALF = KnownDivergence(
    routes=REFERENCE,
    precision=HALVES,
    operator=_normalised,
    kind="value",
    script="reference_batchnorm_half.py",
    reason="onnx's reference evaluator rounds every step of a normalisation of halves to the half",
    evidence=(
        "onnx 1.23.2, onnx/reference/ops/op_batch_normalization.py: s * (x - mean) / np.sqrt(var + epsilon) + bias, all in numpy's "
        "float16. Of normal data it is off by 91 units in the last place, ONNX Runtime 1.32 by half of one"
    ),
    versions={"onnx": "<=1.23.2"},
)

TRANSPOSED_IN_HALF = KnownDivergence(
    routes="*>reference",
    precision="float16",
    operator=_transposed,
    kind="value",
    script="reference_convtranspose_half.py",
    reason="onnx's reference evaluator adds up a transposed convolution of float16 in float16",
    evidence=(
        "ConvTranspose of 8 channels with a kernel of 5x5: onnx 1.23.2's evaluator is off by over 200 units in the last place where "
        "terms cancel. It adds the columns up in an array of the input's type (onnx/reference/ops/op_col2im.py)"
    ),
    versions={"onnx": "<=1.23.2"},
)

TORCH_TRANSPOSED_IN_HALF = KnownDivergence(
    routes="torch",
    precision=HALVES,
    operator=_transposed,
    kind="value",
    script="torch_convtranspose_half.py",
    reason="torch adds up a transposed convolution of halves in the half, on processors without such arithmetic",
    evidence=(
        "conv_transpose2d of 8 channels with a kernel of 5x5 on the cpu, torch 2.13: off by over 200 units in the last place where terms "
        "cancel, where conv2d is off by half of one; of float16 on all processors tried, of bfloat16 on one with AVX2 and no AVX-512"
    ),
    link="https://github.com/pytorch/pytorch/issues/153700",
    versions={"torch": "<=2.14.1"},
    everywhere=False,
)

TORCH_FOLD_IN_HALF = KnownDivergence(
    routes="torch",
    precision=HALVES,
    operator=_folded_back,
    kind="value",
    script="torch_fold_half.py",
    reason="torch adds up where the columns of Fold overlap in the half that is stored",
    evidence=(
        "torch.nn.functional.fold of windows of 5x5 on the cpu, torch 2.13: off by 97 units in the last place in float16 and 64 in bfloat16, where "
        "terms cancel; conv2d with as many terms by half of one"
    ),
    versions={"torch": "<=2.14.1"},
)

TENSORFLOW_IN_HALF = KnownDivergence(
    routes="tensorflow",
    precision="float16",
    operator=_sums_in_half,
    kind="value",
    script="tensorflow_half_sums.py",
    reason="TensorFlow adds up sums and squares, and 3D, depthwise and transposed convolutions of float16 in float16 on the cpu",
    evidence=(
        "tensorflow-cpu 2.21 beside the same in float64: reduce_sum of 900 numbers is off by 63 units in the last place, the convolutions by "
        "hundreds where terms cancel; of bfloat16, for which its reducers have an accumulator of float32, all are within one"
    ),
    link="https://github.com/tensorflow/tensorflow/pull/124049",
    versions={"tensorflow": "<=2.21.0"},
)

SUMS_IN_HALF = KnownDivergence(
    routes="*>reference",
    precision=HALVES,
    operator=_reduced,
    kind="value",
    script="reference_bfloat16_sums.py",
    reason="onnx's reference evaluator adds up halves in halves, as the sums of ml_dtypes do, and numpy's but along the last axis",
    evidence=(
        "ReduceSum of a thousand ones in bfloat16: 256 in the evaluator of onnx 1.23.2, where every further one is lost in rounding. "
        "numpy 2.4 adds float16 in float32 along the last axis alone: of 140 normal numbers over two axes in front it is off by a hundred times "
        "its last rounding"
    ),
    versions={"onnx": "<=1.23.2"},
)

RUNNING_IN_HALF = KnownDivergence(
    routes="*>reference",
    precision=HALVES,
    operator=_running,
    kind="value",
    script="reference_running_sums_half.py",
    reason="onnx's reference evaluator keeps running sums of halves in the half",
    evidence=(
        "CumSum of 200 normal numbers, onnx 1.23.2: off by 12 units in the last place of float16 and by 195 of bfloat16, where terms cancel "
        "(onnx/reference/ops/op_cum_sum.py: np.cumsum(x, axis=axis, dtype=x.dtype))"
    ),
    versions={"onnx": "<=1.23.2"},
)

FOLDED_BACK_IN_HALF = KnownDivergence(
    routes=REFERENCE,
    precision=HALVES,
    operator=_folded_back,
    kind="value",
    script="reference_running_sums_half.py",
    reason="onnx's reference evaluator adds up what overlaps in Col2Im in the half that is stored",
    evidence=(
        "Col2Im of windows of 5x5 in an image of 10x10, onnx 1.23.2: off by 6 units in the last place of float16 and by 5 of bfloat16, where terms "
        "cancel. It adds into an array of the input's type (onnx/reference/ops/op_col2im.py)"
    ),
    versions={"onnx": "<=1.23.2"},
)

TENSORFLOW_RUNNING_SUMS = KnownDivergence(
    routes="tensorflow",
    precision=HALVES,
    operator=_running,
    kind="value",
    script="tensorflow_running_sums.py",
    reason="TensorFlow keeps the running sums of cumsum of halves in the half on the cpu",
    evidence=(
        "tf.cumsum of 200 normal numbers, tensorflow-cpu 2.21, beside the same in float64: off by 12 units in the last place of float16 and by 195 of "
        "bfloat16, where terms cancel"
    ),
    versions={"tensorflow": "<=2.21.0"},
)

PLACES_OF_FLOAT32 = KnownDivergence(
    routes="*>reference",
    precision="float64",
    operator=_sampled,
    kind="value",
    script="reference_grid_sample_double.py",
    reason="onnx's reference evaluator computes the places of a GridSample in float32, also of a float64 grid",
    evidence=(
        "GridSample, mode linear, of a 5x7 image of doubles at 12 places: onnx 1.23.2's evaluator is off by 2.2e-7, torch 2.13 by 2.2e-16 "
        "(onnx/reference/ops/op_grid_sample.py: x = np.zeros(len(n), dtype=np.float32))"
    ),
    versions={"onnx": "<=1.23.2"},
)

ERROR_FUNCTION = KnownDivergence(
    routes=REFERENCE,
    precision="float64",
    operator=_of_an_error_function,
    kind="value",
    script="reference_erf_float32.py",
    reason="onnx's reference evaluator computes the error function of a float64 in float32",
    evidence="Erf of nine doubles from -2 to 2: off by up to 2.2e-8 in onnx 1.23.2 (onnx/reference/ops/op_erf.py: otypes=['f'])",
    versions={"onnx": "<=1.23.2"},
)

SHRUNK = KnownDivergence(
    routes="*>ort",
    precision="float64",
    operator=_shrunk,
    kind="value",
    script="onnxruntime_shrink_double.py",
    reason="ONNX Runtime takes a Shrink of float64 through float32",
    evidence="Shrink of eleven doubles, lambd 0.5, no bias, which moves values alone: onnxruntime 1.32.0 is off by up to 4.8e-8",
    versions={"onnxruntime": "<=1.32.0"},
)

FOLDED_IN_HALF = KnownDivergence(
    routes="*>ort",
    precision="float16",
    operator=_folded,
    kind="value",
    script="onnxruntime_folds_batchnorm_half.py",
    reason="ONNX Runtime's optimiser folds a BatchNormalization into a convolution of float16 and rounds what it folds to float16",
    evidence=(
        "Conv of 4 channels and BatchNormalization with a variance of 0.004, where scale and shift are large and cancel: onnxruntime 1.32.0 is "
        "off by 0.0158 (root mean square) as it ships and by 0.0081 with its optimisations off"
    ),
    versions={"onnxruntime": "<=1.32.0"},
)

TENSORFLOW_THROUGH_FLOAT32 = KnownDivergence(
    routes=("tensorflow", "tensorflow>*"),
    precision="float64",
    operator=_through_float32,
    kind="value",
    script="tensorflow_float64_through_float32.py",
    reason="TensorFlow takes the slope of leaky_relu, the constants of gelu and images that are resized in float32, whatever the model's type",
    evidence=(
        "tensorflow 2.21 in float64: leaky_relu(x, 0.1) is off by 3e-9 (the slope is an attribute), gelu by 5e-9 (tf.cast of a Python float "
        "goes through float32), and tf.image.resize returns float32, which Keras casts back"
    ),
    versions={"tensorflow": "<=2.21.0"},
)

WRITTEN_AS_FLOAT16 = KnownDivergence(
    routes="tensorflow>*",
    precision="bfloat16",
    operator=_any,
    kind="dtype",
    script="tf2onnx_bfloat16.py",
    reason="tf2onnx writes bfloat16 as float16",
    evidence="TF_TO_ONNX_DTYPE of tf2onnx 1.17.0 maps DT_BFLOAT16 to FLOAT16 (tf2onnx/tf_utils.py)",
    link="https://github.com/onnx/tensorflow-onnx/issues/2337",
    versions={"tf2onnx": "<=1.17.0"},
)

MIXED_WITH_FLOAT16 = KnownDivergence(
    routes="tensorflow>*",
    precision="bfloat16",
    operator=_any,
    kind="onnx-invalid",
    says="type",
    script="tf2onnx_bfloat16.py",
    reason="tf2onnx writes values of bfloat16 as float16 and stored arrays as bfloat16, which no operator takes together",
    evidence=(
        "a Dense of bfloat16 by Keras 3.15 and tf2onnx 1.17.0: onnx.checker says that B of the MatMul has inconsistent type tensor(bfloat16), and "
        "ONNX Runtime that T is bound to float16 and bfloat16"
    ),
    link="https://github.com/onnx/tensorflow-onnx/issues/2337",
    versions={"tf2onnx": "<=1.17.0"},
)

NO_SUCH_OPERATOR = KnownDivergence(
    routes=FROM_TORCH,
    precision=HALVES,
    operator=_any,
    kind="onnx-invalid",
    says="unsupported type: tensor(",
    script="torch_bfloat16_conv.py",
    reason="torch's exporters write operators of halves in opsets that have them of other types alone",
    evidence=(
        "torch.nn.Conv2d(2, 3, 3).bfloat16() with torch 2.13: both exporters write a Conv of bfloat16 in opset 18 or 20 without a word, which "
        "onnx.checker refuses and ONNX Runtime cannot load; Conv has bfloat16 from opset 22 on"
    ),
    link="https://github.com/microsoft/onnxruntime/issues/25740",
    versions={"torch": "<=2.14.1"},
)

REDUCED_TO_FLOAT32 = KnownDivergence(
    routes="torch>*",
    precision=HALVES,
    operator=_kept_wide,
    kind="dtype",
    script="torch_half_reductions.py",
    reason="the dynamo exporter writes sums, products, largest and least of halves with an output of float32",
    evidence=(
        "torch.sum(x, (2, 3)) of float16, torch 2.13: the file is Cast to float32 and ReduceSum, and the cast back is not there; amax, amin, "
        "prod and cumsum alike, and bfloat16 too. dynamo=False writes float16"
    ),
    versions={"torch": "<=2.14.1"},
)

ONLY_FLOAT32 = KnownDivergence(
    routes=FROM_TORCH,
    precision="float64",
    operator=_exponential_of_alpha,
    kind="value",
    script="exporters_celu_double.py",
    reason="torch's exporters write celu of float64 as a Celu of float32 between two casts, as ONNX has no other",
    evidence="torch.nn.CELU().double() with torch 2.13: values above 0, which are only moved, are off by up to 1.2e-7 in every runtime",
    versions={"torch": "<=2.14.1"},
)

SCALARS_OF_FLOAT32 = KnownDivergence(
    routes="torch>*",
    precision="float64",
    operator=_size_norm,
    kind="value",
    script="onnxscript_lrn_alpha.py",
    reason="the dynamo exporter writes the alpha of a local response norm of float64 as its float32",
    evidence="torch.nn.LocalResponseNorm(3).double() with torch 2.13: the file multiplies by 9.999999747378752e-05 in double, not by 1e-4",
    versions={"torch": "<=2.14.1"},
)


PRECISIONS = (
    FLOAT32_ATTRIBUTES,
    NORMALISED_IN_HALF,
    TRANSPOSED_IN_HALF,
    TORCH_TRANSPOSED_IN_HALF,
    TORCH_FOLD_IN_HALF,
    TENSORFLOW_IN_HALF,
    FOLDED_BACK_IN_HALF,  # before the sums: of a Col2Im that is one the operator itself is named
    SUMS_IN_HALF,
    RUNNING_IN_HALF,
    TENSORFLOW_RUNNING_SUMS,
    PLACES_OF_FLOAT32,
    ERROR_FUNCTION,
    SHRUNK,
    FOLDED_IN_HALF,
    TENSORFLOW_THROUGH_FLOAT32,
    WRITTEN_AS_FLOAT16,
    MIXED_WITH_FLOAT16,
    NO_SUCH_OPERATOR,
    REDUCED_TO_FLOAT32,
    ONLY_FLOAT32,
    SCALARS_OF_FLOAT32,
)

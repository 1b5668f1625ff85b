"""Divergences of halves and of float64 that cases/precisions.py shows; those that other projects can meet are parity's own, held here to cases."""

from dataclasses import replace

from parity.cases import KnownDivergence
from parity.cases.shipped_precisions import (
    ERROR_FUNCTION,
    FLOAT32_ATTRIBUTES,
    FOLDED_BACK_IN_HALF,
    FOLDED_IN_HALF,
    MIXED_WITH_FLOAT16,
    NO_SUCH_OPERATOR,
    NORMALISED_IN_HALF,
    ONLY_FLOAT32,
    PLACES_OF_FLOAT32,
    REDUCED_TO_FLOAT32,
    RUNNING_IN_HALF,
    SCALARS_OF_FLOAT32,
    SHRUNK,
    SUMS_IN_HALF,
    TENSORFLOW_IN_HALF,
    TENSORFLOW_RUNNING_SUMS,
    TENSORFLOW_THROUGH_FLOAT32,
    TORCH_FOLD_IN_HALF,
    TORCH_TRANSPOSED_IN_HALF,
    TRANSPOSED_IN_HALF,
    WRITTEN_AS_FLOAT16,
)

REFERENCE = ("definition>reference", "torch>reference", "torchscript>reference")
FROM_TORCH = ("torch>ort", "torch>reference", "torchscript>ort", "torchscript>reference")
AS_DEFINED = ("definition>ort", "definition>reference", *FROM_TORCH)

NETWORKS = ("*/residual", "*/depthwise")
NORMS = ("*/batchnorm?d", *NETWORKS)

#: What ONNX has of bfloat16 in newer opsets than torch's exporters write, if at all.
NOT_OF_BFLOAT16 = tuple(
    f"bfloat16/{name}"
    for name in (
        *("conv?d", "convtranspose?d", "depthwiseconv?d", "separableconv?d", "simple_cnn", "residual", "depthwise"),
        *("add", "subtract", "multiply", "maximum", "minimum", "average", "concatenate"),  # of a convolution
        *(
            "maxpool?d",
            "maxpoolindices?d",
            "maxunpool?d",
            "avgpool?d",
            "lppool?d",
            "adaptivemaxpool?d",
            "localresponsenorm",
            "gridsample",
            "groupnorm",
            "instancenorm?d",
        ),
        *("elu", "selu", "hardsigmoid", "hardswish", "mish", "softplus"),
    )
)
#: Those that the dynamo exporter writes with other operators.
NOT_OF_BFLOAT16_TRACED = (
    "bfloat16/adaptiveavgpool?d",
    "bfloat16/globalavgpool?d",
    "bfloat16/globalmaxpool?d",
    "*float16/celu",
)

KNOWN = [
    replace(
        FLOAT32_ATTRIBUTES,
        cases=("float64/batchnorm?d", "float64/layernorm", "float64/groupnorm"),
        routes=AS_DEFINED,
    ),
    replace(
        FLOAT32_ATTRIBUTES,
        cases=tuple(
            f"float64/{name}" for name in ("residual", "depthwise", "hardsigmoid", "hardswish", "instancenorm[13]d")
        ),
        routes=REFERENCE,
    ),
    replace(FLOAT32_ATTRIBUTES, cases="float64/localresponsenorm", routes=("definition>reference", "torch>reference")),
    replace(
        FLOAT32_ATTRIBUTES, cases=("float64/leakyrelu", "float64/selu"), routes=(*REFERENCE, "tensorflow>reference")
    ),
    replace(NORMALISED_IN_HALF, cases=NORMS),
    replace(NORMALISED_IN_HALF, cases="bfloat16/instancenorm2d"),
    replace(TRANSPOSED_IN_HALF, cases="float16/convtranspose?d"),
    replace(TORCH_TRANSPOSED_IN_HALF, cases=("float16/convtranspose?d", "bfloat16/convtranspose?d")),
    replace(
        TENSORFLOW_IN_HALF,
        cases=tuple(
            f"float16/{name}"
            for name in ("conv3d", "convtranspose?d", "depthwise", "depthwiseconv?d", "sum", "std", "fold")
        ),
    ),
    replace(
        SUMS_IN_HALF,
        cases=("bfloat16/mean", "bfloat16/sum", "bfloat16/var", "bfloat16/std"),
        routes="definition>reference",
    ),
    replace(
        TENSORFLOW_IN_HALF, cases="float16/separableconv2d", everywhere=False
    ),  # the products behind it hide it, at most seeds
    replace(SUMS_IN_HALF, cases="bfloat16/mean", routes=("torch>reference", "torchscript>reference")),
    replace(SUMS_IN_HALF, cases="bfloat16/sum", routes="torchscript>reference"),
    replace(SUMS_IN_HALF, cases=("*float16/sum", "*float16/std", "float16/fold"), routes="tensorflow>reference"),
    replace(RUNNING_IN_HALF, cases="*float16/cumsum", routes="definition>reference"),
    replace(RUNNING_IN_HALF, cases="*float16/cumsum", routes="tensorflow>reference"),
    replace(RUNNING_IN_HALF, cases="*float16/cumsum", routes="torchscript>reference"),
    replace(FOLDED_BACK_IN_HALF, cases="*float16/fold"),
    replace(TENSORFLOW_RUNNING_SUMS, cases="*float16/cumsum"),
    replace(TORCH_FOLD_IN_HALF, cases="*float16/fold"),
    replace(PLACES_OF_FLOAT32, cases="float64/gridsample", routes=REFERENCE),
    replace(ERROR_FUNCTION, cases="float64/gelu"),
    replace(SHRUNK, cases="float64/*shrink", routes="definition>ort"),
    replace(FOLDED_IN_HALF, cases="float16/depthwise", routes=("definition>ort", "torch>ort", "torchscript>ort")),
    replace(
        TENSORFLOW_THROUGH_FLOAT32, cases=("float64/leakyrelu", "float64/gelu", "float64/upsample"), routes="tensorflow"
    ),
    replace(WRITTEN_AS_FLOAT16, cases="bfloat16/*"),
    replace(MIXED_WITH_FLOAT16, cases="bfloat16/*"),
    replace(NO_SUCH_OPERATOR, cases=NOT_OF_BFLOAT16),
    replace(NO_SUCH_OPERATOR, cases=NOT_OF_BFLOAT16_TRACED, routes="torchscript>*"),
    replace(REDUCED_TO_FLOAT32, cases=("*/sum", "*/prod", "*/max", "*/min", "*float16/cumsum")),
    replace(ONLY_FLOAT32, cases="float64/celu"),
    replace(SCALARS_OF_FLOAT32, cases="float64/localresponsenorm", routes="torch>reference"),
    KnownDivergence(
        cases=("bfloat16/var", "bfloat16/std"),
        routes="torchscript>*",
        kind="onnx-invalid",
        says="complex128",
        script="torchscript_bfloat16_variance.py",
        reason="the TorchScript exporter takes its own number of bfloat16 for ONNX's, which is complex128, in a variance",
        evidence=(
            "torch.var of bfloat16 with dynamo=False, torch 2.13: the file casts to type 15, torch's number of bfloat16 and ONNX's of complex128; "
            "onnx.checker refuses it and ONNX Runtime cannot load it"
        ),
        versions={"torch": "<=2.14.1"},
    ),
    KnownDivergence(
        cases=("*float16/cosinesimilarity", "*float16/pairwisedistance"),
        routes="torchscript>*",
        kind="dtype",
        script="torchscript_distance_types.py",
        reason="the TorchScript exporter writes the eps of a distance of halves as float32, so the distance comes as float32",
        evidence=(
            "torch.nn.CosineSimilarity() and PairwiseDistance() of float16 and bfloat16 with dynamo=False, torch 2.13: the output of the file is FLOAT. "
            "symbolic_opset9.py makes eps with torch.tensor([eps]), and what meets it is cast to its type"
        ),
        versions={"torch": "<=2.14.1"},
    ),
    KnownDivergence(
        cases="float64/logsumexp",
        routes="tensorflow>*",
        kind="value",
        script="tf2onnx_types.py",
        reason="tf2onnx takes the logarithm of a float64 in float32",
        evidence=(
            "tf.reduce_logsumexp of float64 by tf2onnx 1.17.0: a Cast to float32, Log, and a Cast back; "
            "TensorFlow itself is off by less than 1e-15"
        ),
        versions={"tf2onnx": "<=1.17.0"},
    ),
    KnownDivergence(
        cases="float16/logsumexp",
        routes="tensorflow>*",
        kind="onnx-invalid",
        says="IsInf",
        script="tf2onnx_types.py",
        reason="tf2onnx writes an IsInf of halves, which ONNX has of float32 and float64 alone in its opsets",
        evidence="tf.reduce_logsumexp of float16 by tf2onnx 1.17.0 in opset 15: onnx.checker says that X of IsInf has unsupported type tensor(float16)",
        versions={"tf2onnx": "<=1.17.0"},
    ),
    KnownDivergence(
        cases=("float16/upsample", "float64/upsample"),
        routes="tensorflow>*",
        kind="onnx-invalid",
        says="clip_by_value",
        script="tf2onnx_types.py",
        reason="tf2onnx leaves out that TensorFlow resizes into float32, so what clips the image has two types",
        evidence=(
            "keras.layers.UpSampling2D(2, interpolation='bilinear') of float16 and of float64 by Keras 3.15 and tf2onnx 1.17.0: onnx.checker says "
            "that a Minimum behind the Resize has inconsistent type tensor(float)"
        ),
        versions={"tf2onnx": "<=1.17.0"},
    ),
]

"""Normalisations."""

from __future__ import annotations

from benchmarks.porting.model import SPELLED, Counterpart, Pair
from parity.layers import (
    BatchNorm2D,
    GroupNorm,
    InstanceNorm2D,
    LayerNorm,
    LocalResponseNorm,
    RMSNorm,
    UnitNorm,
)

IMAGE = (4, 3, 11, 14)
FEATURES = (2, 37)
UNBIASED = "torch keeps the unbiased variance of the batch, n / (n - 1) times that of Keras and ONNX"

NORMS = (
    Counterpart(
        "BatchNorm{n}D",
        "Normalisation",
        "torch.nn.BatchNorm{n}d",
        "keras.layers.BatchNormalization",
        "BatchNormalization",
        (
            ("num_features", "(found when it is first called)", "(the parameters' shape)"),
            ("eps", "epsilon", "epsilon"),
            ("momentum", "momentum", "momentum"),
            ("affine", "scale, center", "(its inputs)"),
            ("(always the second)", "axis", "(always the second)"),
            ("track_running_stats", "", ""),
            ("(model.train())", "(training=True in the call)", "training_mode"),
        ),
        "Order in Keras: gamma, beta, moving mean, moving variance. A momentum of 0.1 in torch is 0.9 in Keras and ONNX.",
        (
            Pair(
                "batch norm",
                BatchNorm2D(3),
                IMAGE,
                "torch.nn.BatchNorm2d(3)",
                "keras.layers.BatchNormalization()",
                "keras.layers.BatchNormalization(epsilon=1e-5)",
                "eps is 1e-5 in torch and 1e-3 in Keras, which shows in channels of a small variance (here 0.004)",
            ),
            Pair(
                "batch norm after a step",
                BatchNorm2D(3, eps=1e-3),
                IMAGE,
                "torch.nn.BatchNorm2d(3, eps=1e-3)",
                "keras.layers.BatchNormalization()",
                "keras.layers.BatchNormalization(momentum=0.9)",
                "torch's momentum is the weight of the new batch, 0.1; Keras' that of the old value, 0.99: it moves a tenth as far",
                after_a_step=True,
                remains=UNBIASED,
            ),
            Pair(
                "batch norm, momentum=0.9 in both",
                BatchNorm2D(3, eps=1e-3),
                IMAGE,
                "torch.nn.BatchNorm2d(3, eps=1e-3, momentum=0.9)",
                "keras.layers.BatchNormalization(momentum=0.9)",
                "keras.layers.BatchNormalization(momentum=0.1)",
                "the same word and number, the opposite meaning",
                after_a_step=True,
                remains=UNBIASED,
            ),
        ),
    ),
    Counterpart(
        "LayerNorm",
        "Normalisation",
        "torch.nn.LayerNorm",
        "keras.layers.LayerNormalization",
        "LayerNormalization",
        (
            ("normalized_shape", "axis", "axis"),
            ("eps", "epsilon", "epsilon"),
            ("elementwise_affine", "scale, center", "(its inputs)"),
            ("bias", "center", "(a third input)"),
        ),
        "Over an image gamma and beta are `C H W` in torch and `H W C` in Keras.",
        (
            Pair(
                "layer norm",
                LayerNorm("F", 37),
                FEATURES,
                "torch.nn.LayerNorm(37)",
                "keras.layers.LayerNormalization()",
                "keras.layers.LayerNormalization(epsilon=1e-5)",
                "eps is 1e-5 in torch and 1e-3 in Keras; it shows where the features vary little (here by 0.03)",
                scale=0.03,
            ),
            Pair(
                "layer norm of an image",
                LayerNorm("CHW", (3, 11, 14)),
                IMAGE,
                "torch.nn.LayerNorm((3, 11, 14))",
                "keras.layers.LayerNormalization(epsilon=1e-5)",
                "keras.layers.LayerNormalization(axis=[1, 2, 3], epsilon=1e-5)",
                "Keras normalises over the channels alone",
            ),
        ),
    ),
    Counterpart(
        "GroupNorm",
        "Normalisation",
        "torch.nn.GroupNorm",
        "keras.layers.GroupNormalization",
        "GroupNormalization",
        (
            ("num_groups", "groups", "num_groups"),
            ("eps", "epsilon", "epsilon"),
            ("affine", "scale, center", "(its inputs)"),
        ),
        "",
        (
            Pair(
                "group norm",
                GroupNorm(2, 6),
                (2, 6, 5, 7),
                "torch.nn.GroupNorm(2, 6)",
                "keras.layers.GroupNormalization(2)",
                "keras.layers.GroupNormalization(2, epsilon=1e-5)",
                "eps is 1e-5 in torch and 1e-3 in Keras, and Keras has 32 groups unless it is told",
                scale=0.03,
            ),
        ),
    ),
    Counterpart(
        "InstanceNorm{n}D",
        "Normalisation",
        "torch.nn.InstanceNorm{n}d",
        "keras.layers.GroupNormalization",
        "InstanceNormalization",
        (("num_features", "groups", ""), ("eps", "epsilon", "epsilon"), ("affine", "scale, center", "(its inputs)")),
        "",
        (
            Pair(
                "instance norm",
                InstanceNorm2D(3),
                IMAGE,
                "torch.nn.InstanceNorm2d(3)",
                "keras.layers.GroupNormalization(3, scale=False, center=False)",
                "keras.layers.GroupNormalization(3, epsilon=1e-5, scale=False, center=False)",
                "Keras has no layer of the name; a group for each channel is it. torch's has no gamma and beta unless told affine=True",
                scale=0.03,
            ),
        ),
    ),
    Counterpart(
        "RMSNorm",
        "Normalisation",
        "torch.nn.RMSNorm",
        "keras.layers.RMSNormalization",
        "RMSNormalization",
        (
            ("normalized_shape", "axis", "axis"),
            ("eps", "epsilon", "epsilon"),
            ("elementwise_affine", "", ""),
        ),
        "",
        (
            Pair(
                "RMS norm",
                RMSNorm("F", 37),
                FEATURES,
                "torch.nn.RMSNorm(37)",
                "keras.layers.RMSNormalization()",
                "keras.layers.RMSNormalization(epsilon=2.0**-52)",
                "without eps torch takes the machine's of the type, 2^-23 in float32 and 2^-52 in float64; Keras takes 1e-6 (features here "
                "of size 0.001)",
                scale=1e-3,
            ),
        ),
    ),
    Counterpart(
        "UnitNorm",
        "Normalisation",
        "torch.nn.functional.normalize",
        "keras.layers.UnitNormalization",
        "LpNormalization",
        (("dim", "axis", "axis"), ("p", "", "p"), ("eps", "", "")),
        "",
        (
            Pair("unit norm", UnitNorm(), IMAGE, "lambda x: F.normalize(x)", "keras.layers.UnitNormalization()"),
            Pair(
                "unit norm, p=1",
                UnitNorm(p=1),
                IMAGE,
                "lambda x: F.normalize(x, p=1)",
                "keras.layers.UnitNormalization()",
                "lambda x: ops.normalize(x, axis=-1, order=1)",
                "Keras' layer has the 2-norm alone",
            ),
        ),
    ),
    Counterpart(
        "LocalResponseNorm",
        "Normalisation",
        "torch.nn.LocalResponseNorm",
        "tf.nn.local_response_normalization",
        "LRN",
        (
            ("size", "depth_radius", "size"),
            ("alpha", "alpha", "alpha"),
            ("beta", "beta", "beta"),
            ("k", "bias", "bias"),
        ),
        "torch and ONNX divide alpha by the size, TensorFlow does not; its radius counts to one side.",
        (
            Pair(
                "local response norm",
                LocalResponseNorm(5),
                (2, 9, 5, 7),
                "torch.nn.LocalResponseNorm(5)",
                "",
                SPELLED,
                "Keras has none: a sum of shifted squares",
            ),
        ),
    ),
)

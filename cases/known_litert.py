"""What LiteRT is known to do otherwise: on cases that show it, which turn stale once it is mended, and wherever else it is met."""

from dataclasses import replace

from parity.cases import KnownDivergence
from parity.cases.shipped_litert import BIAS_OF_A_SIGNAL, CLAMPED_LOG_OF_EXP, LOG_OF_EXP, OPEN_EINSUM, SMALL_LOG_OF_EXP

SOFT = ("softplus/*", "logsigmoid/*")

KNOWN = [
    replace(LOG_OF_EXP, cases="logsigmoid/features-scale25-mean-30", routes="litert"),
    replace(CLAMPED_LOG_OF_EXP, cases="logsigmoid/features-scale25-mean-30"),
    replace(SMALL_LOG_OF_EXP, cases="softplus/beta0.3-threshold-1-batch1-scale10"),
    replace(OPEN_EINSUM, cases="upsample/size7x9-bicubic-corners-scale0.001-mean100"),
    KnownDivergence(
        cases="adaptivemaxpool2d/one-pixel",
        routes="litert",
        kind="error",
        says="AdaptiveMaxPooling2D.call()",
        reason="Keras takes a maximum to one row or column with a window one longer than the image too, which no graph takes",
        evidence=(
            "keras 3.15.1, keras/src/backend/common/backend_utils.py, compute_adaptive_pooling_window_sizes, as of averages: in a "
            "tf.function AdaptiveMaxPooling2D((1, 1)) of 2x6x10x4 raises ValueError, and called it ends TensorFlow's process on the cpu"
        ),
        script="keras_adaptive_max_crash.py",
        versions={"keras": "<=3.15.1"},
    ),
    replace(BIAS_OF_A_SIGNAL, cases=("maxpoolindices1d/base", "maxunpool1d/base")),
    replace(BIAS_OF_A_SIGNAL, cases="*pool*", everywhere=False),
    replace(LOG_OF_EXP, cases=SOFT, everywhere=False),
    replace(SMALL_LOG_OF_EXP, cases=SOFT, everywhere=False),
    replace(OPEN_EINSUM, cases="upsample/*", everywhere=False),
]

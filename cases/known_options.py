"""What diverges where a route is asked with an option or runs elsewhere, held to cases of this repository."""

from __future__ import annotations

from dataclasses import replace

from parity.cases.shipped_jax import ENDS_BEYOND, ENDS_IN_FLOAT32, NO_INT64, NORM_OF_A_LIST
from parity.cases.shipped_onnxslim import FEWER_AXES, FEWER_AXES_STORED, MERGED_POOLS
from parity.cases.shipped_openvino import COUNTED_OVERHANG, NO_ANTIALIAS, ROUGH_SOFTPLUS, UNSQUEEZED
from parity.cases.shipped_options import (
    ANTIALIAS_FACTOR,
    BILINEAR_OF_ONE_TYPE,
    FLATTENED_SOFTMAX,
    HALF_CONVERTED,
    LEFT_NOOP,
    LEFT_OPERATOR,
    OPEN_BATCH_STATISTICS,
    OPEN_BILINEAR,
    OPEN_CUT,
    OPEN_GLU,
    OPEN_SIGNAL,
    PLACELESS,
    SHRUNK_BY_UPSAMPLE,
)
from parity.cases.shipped_precisions import (
    TENSORFLOW_IN_HALF,
    TENSORFLOW_RUNNING_SUMS,
    TORCH_FOLD_IN_HALF,
    TORCH_TRANSPOSED_IN_HALF,
)
from parity.cases.shipped_processors import CUT_TO_BFLOAT16, SUMS_IN_BFLOAT16

TRANSPOSED = "convtranspose?d/*"
SUMMED = ("conv3d/*", TRANSPOSED, "depthwiseconv?d/*", "separableconv?d/*", "sum/*", "std/*", "var/*", "fold/*")
PRODUCTS = ("linear/*", "multiheadattention/*", "simple_cnn*", "keras_cnn*")
BLOCKS = ("*_block*", "inverted_residual*", "mbconv*", "shufflenet_unit*", "unet*", "squeeze_excite*")

KNOWN = [
    replace(BILINEAR_OF_ONE_TYPE, cases="bilinear/base", routes="torch+autocast"),
    replace(TORCH_FOLD_IN_HALF, cases="fold/overlap-mixed", routes="torch+autocast"),
    # The project's own entries of these speak of what is stored in a half; here it is stored in float32 and computed in one.
    replace(TORCH_FOLD_IN_HALF, cases="fold/*", routes="torch+autocast*", everywhere=False),
    replace(TORCH_TRANSPOSED_IN_HALF, cases=(TRANSPOSED, *BLOCKS), routes="torch+autocast*"),
    replace(TENSORFLOW_IN_HALF, cases=(*SUMMED, *BLOCKS), routes="tensorflow+mixed_float16*", everywhere=False),
    replace(SUMS_IN_BFLOAT16, cases=(*SUMMED, *BLOCKS), routes="tensorflow+mixed_bfloat16*"),
    replace(CUT_TO_BFLOAT16, cases=(*PRODUCTS, *BLOCKS), routes="tensorflow+mixed_bfloat16*"),
    replace(TENSORFLOW_RUNNING_SUMS, cases="cumsum/*", routes="tensorflow+mixed_*", everywhere=False),
    replace(NO_INT64, cases=("*arg*", "*pool*"), everywhere=False),
    replace(NO_INT64, cases=("argmax/base", "maxpoolindices2d/base", "maxunpool2d/base")),
    replace(NORM_OF_A_LIST, cases="*pairwisedistance*"),
    replace(ENDS_IN_FLOAT32, cases="adaptive*pool?d/*"),
    replace(ENDS_BEYOND, cases="adaptive*pool1d/halves"),
    # The name of one case would leave the others without: an entry of the project stands in the place of the shipped one.
    replace(FEWER_AXES, cases="*upsample*"),
    replace(FEWER_AXES_STORED, cases=("aspp*", "feature_pyramid*", "unet/resized")),
    replace(MERGED_POOLS, cases="*maxunpool?d*"),
    replace(NO_ANTIALIAS, cases="upsample/by0.5-bicubic-antialias"),
    replace(COUNTED_OVERHANG, cases="avgpool2d/k3-stride2-ceil-pad1"),
    replace(ROUGH_SOFTPLUS, cases="softplus/features-scale10-mean-1"),
    replace(ANTIALIAS_FACTOR, cases="upsample/by0.5-bicubic-antialias", routes="torch>ort+dynamic"),
    replace(
        OPEN_CUT, cases="convtranspose2d/kernel5x2-stride1x3-padding-valid-scale1e6", routes="tensorflow>ort+dynamic"
    ),
    replace(OPEN_GLU, cases="glu/last-scale0.001-mean-1", routes="tensorflow>ort+dynamic"),
    replace(OPEN_BILINEAR, cases="upsample/bilinear-by2x3", routes="tensorflow>ort+dynamic"),
    replace(OPEN_BATCH_STATISTICS, cases="batchnorm?d/untracked/*"),
    replace(OPEN_SIGNAL, cases="maxpool1d/*"),
    replace(
        PLACELESS,
        cases="upsample/by1.75-recomputed-bilinear",
        routes=("torchscript>ort+opset9", "torchscript>ort+opset10"),
    ),
    replace(SHRUNK_BY_UPSAMPLE, cases="upsample/by0.5", routes="torchscript>ort+opset9"),
    replace(FLATTENED_SOFTMAX, cases=("softmax/*", "logsoftmax/*")),
    replace(LEFT_NOOP, cases=("sum/*", "prod/*", "logsumexp/*"), everywhere=False),
    replace(UNSQUEEZED, cases="bilinear/*", everywhere=False),
    replace(
        LEFT_OPERATOR,
        cases=(
            *("multiheadattention/*", "bilinear/*", "*vit_block*", "*swin_block*", "cumsum/*", "logsumexp/*", "roll/*"),
            *("maxpoolindices?d/*", "maxunpool?d/*", "gridsample/*", "upsample/*", "aspp*"),
        ),
        everywhere=False,
    ),
    replace(HALF_CONVERTED, cases="convtranspose1d/*", everywhere=False),
]

"""What moves elements about, and pools with indices."""

from __future__ import annotations

from benchmarks.porting.model import Counterpart, Pair, Said
from parity.layers import Fold, GridSample, MaxPoolIndices2D, Permute, Reshape, Roll, Slice, Unfold

IMAGE = (2, 3, 11, 14)
PATCHES = "ops.image.extract_patches(x, 3, strides=1)"

MOVES = (
    Counterpart(
        "Reshape",
        "Moving elements",
        "torch.reshape",
        "keras.layers.Reshape",
        "Reshape",
        notes=(Said("Keras' shape leaves the batch out.", "image to tokens"),),
        pairs=(
            Pair(
                "image to tokens",
                Reshape((3, 154)),
                IMAGE,
                "lambda x: x.flatten(2).transpose(1, 2)",
                "keras.layers.Reshape((-1, 3))",
                case="reshape/base",
            ),
            Pair(
                "reshape of an image",
                Reshape((6, 77)),
                IMAGE,
                "lambda x: x.reshape(-1, 6, 77)",
                "keras.layers.Reshape((6, 77))",
                "[keras.layers.Permute((3, 1, 2)), keras.layers.Reshape((6, 77))]",
                "as of Flatten: torch reads channel by channel, Keras place by place",
                case="reshape/base",
            ),
        ),
    ),
    Counterpart(
        "Permute",
        "Moving elements",
        "torch.permute",
        "keras.layers.Permute",
        "Transpose",
        (("(dims)", "dims", "perm"),),
        (),
        (
            Pair(
                "permute",
                Permute((1, 3, 2)),
                IMAGE,
                "lambda x: x.permute(0, 1, 3, 2)",
                "keras.layers.Permute((1, 3, 2))",
                "keras.layers.Permute((2, 1, 3))",
                "Keras leaves the batch out, counts from 1 and has the channels last",
                case="permute/base",
            ),
        ),
    ),
    Counterpart(
        "Slice",
        "Moving elements",
        "",
        "",
        "Slice",
        (),
        (),
        (
            Pair(
                "slice of the channels",
                Slice("c", 0, 2),
                IMAGE,
                "lambda x: x[:, :2]",
                "lambda x: ops.convert_to_tensor(x)[:, :2]",
                "lambda x: ops.convert_to_tensor(x)[..., :2]",
                "an index counts axes of the layout",
                case="slice/base",
            ),
        ),
    ),
    Counterpart(
        "Roll",
        "Moving elements",
        "torch.roll",
        "keras.ops.roll",
        "",
        (("(shifts)", "shift", ""), ("(dims)", "axis", "")),
        (),
        (
            Pair(
                "roll",
                Roll((2, 3)),
                IMAGE,
                "lambda x: torch.roll(x, (2, 3), dims=(2, 3))",
                "lambda x: ops.roll(x, (2, 3), axis=(1, 2))",
                case="roll/base",
            ),
        ),
    ),
    Counterpart(
        "WindowPartition WindowReverse",
        "Moving elements",
        "",
        "",
        "",
        unpaired="no framework has a layer of the name: a reshape, a transpose and a reshape.",
    ),
    Counterpart(
        "Unfold",
        "Moving elements",
        "torch.nn.Unfold",
        "keras.ops.image.extract_patches",
        "",
        (
            ("kernel_size", "size", ""),
            ("stride", "strides", ""),
            ("dilation", "dilation_rate", ""),
            ("padding", "padding", ""),
        ),
        (Said("Keras' strides are the size unless they are given.", "unfold"),),
        (
            Pair(
                "unfold",
                Unfold(3),
                IMAGE,
                "torch.nn.Unfold(3)",
                f"lambda x: ops.transpose(ops.reshape({PATCHES}, (2, 108, 27)), (0, 2, 1))",
                f"lambda x: ops.reshape(ops.transpose(ops.reshape({PATCHES}, (2, 108, 9, 3)), (0, 3, 2, 1)), (2, 27, 108))",
                "torch has the channel slowest in a patch, Keras fastest",
                single=True,
                case="unfold/base",
            ),
        ),
    ),
    Counterpart(
        "Fold",
        "Moving elements",
        "torch.nn.Fold",
        "",
        "Col2Im",
        (("output_size", "", "(an input)"), ("kernel_size", "", "(an input)"), ("stride", "", "strides")),
        (),
        (
            Pair(
                "fold",
                Fold((5, 6), 3),
                (2, 27, 12),
                "torch.nn.Fold((5, 6), 3)",
                "lambda x: op.Col2Im(x, np.array([5, 6]), np.array([3, 3]))",
                case="fold/base",
            ),
        ),
    ),
    Counterpart(
        "GridSample",
        "Moving elements",
        "torch.nn.functional.grid_sample",
        "",
        "GridSample",
        (("mode", "", "mode"), ("padding_mode", "", "padding_mode"), ("align_corners", "", "align_corners")),
        (),
        (
            Pair(
                "grid sample",
                GridSample(),
                IMAGE,
                "lambda x, grid: F.grid_sample(x, grid, align_corners=False)",
                "lambda x, grid: op.GridSample(x, grid)",
                more=((2, 5, 6, 2),),
                case="gridsample/base",
            ),
        ),
    ),
    Counterpart(
        "MaxPoolIndices{n}D",
        "Pools with indices",
        "torch.nn.MaxPool{n}d",
        "",
        "MaxPool",
        (("return_indices", "", "(a second output)"), ("(row by row)", "", "storage_order")),
        (),
        (
            Pair(
                "indices of a max pool",
                MaxPoolIndices2D(2),
                IMAGE,
                "lambda x: F.max_pool2d(x, 2, return_indices=True)[1]",
                "lambda x: op.MaxPool(x, kernel_shape=(2, 2), strides=(2, 2), outputs=2)[1]",
                "lambda x: op.MaxPool(x, kernel_shape=(2, 2), strides=(2, 2), outputs=2)[1] % (11 * 14)",
                "torch counts in the image of a channel, ONNX in the whole input",
                case="maxpoolindices2d/base",
            ),
        ),
    ),
    Counterpart(
        "MaxUnpool{n}D",
        "Pools with indices",
        "torch.nn.MaxUnpool{n}d",
        "",
        "MaxUnpool",
        unpaired="it reads the indices of a max pool, which differ as said there.",
    ),
)

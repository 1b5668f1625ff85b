"""The recipes of the guide: what to do in which order, each step with what checks it."""

from __future__ import annotations

from benchmarks.porting.model import Said

RECIPES: dict[str, tuple[Said, ...]] = {
    "PyTorch to Keras": (
        Said("A whole port to begin from: two blocks of MobileNetV2.", "porting/mobilenet_block.py"),
        Said("Another: a U-Net.", "porting/unet.py"),
        Said("Feed images channels last: `x.permute(0, 2, 3, 1)`.", "conv2d"),
        Said("Write every default in bold of a layer's table below as torch has it: `epsilon=1e-5`.", "batch norm"),
        Said("BatchNorm's `momentum` is 1 - torch's: 0.9.", "batch norm, momentum=0.9 in both"),
        Said('`padding=(k - 1) // 2` is `"same"` at stride 1 and an odd kernel.', "conv2d same"),
        Said(
            "At any other stride or kernel it is `ZeroPadding2D(p)` and a valid convolution.",
            "conv2d stride 2, padding 1",
        ),
        Said(
            "`F.pad` and `ZeroPad2d` count (left, right, top, bottom), `ZeroPadding2D` ((top, bottom), (left, right)).",
            "zero padding",
        ),
        Said("In front of a max pool pad with minus infinity.", "max pool, stride 2, padding 1"),
        Said("An average that counts its padding: `ZeroPadding2D` and a valid pool.", "average pool, padded"),
        Said("`AdaptiveAvgPool2d(1)` is `GlobalAveragePooling2D(keepdims=True)`.", "global average"),
        Said("`Permute((3, 1, 2))` in front of `Flatten`, or turn the weight of the dense layer behind it.", "flatten"),
        Said("`dim=1` is `axis=-1`, `dim=-1` of an image is `axis=2`.", "concatenate, -1 in both"),
        Said("Turn the [weights](#weights), after the layer was called once.", "convolution"),
        Said(
            "Compare at inference: `model.eval()` in torch, `training=False` in Keras.",
            "batch norm after a step",
        ),
    ),
    "Keras to PyTorch": (
        Said("A whole port to begin from: a block of EfficientNet.", "porting/efficientnet_block.py"),
        Said(
            '`padding="same"` with a stride: of each axis `p = max((ceil(n / s) - 1) * s + k - n, 0)`, `p // 2` in front and the rest behind, '
            "by `F.pad(x, (left, right, top, bottom))`.",
            "conv2d stride 2, same",
        ),
        Said("BatchNorm: `eps=1e-3`, `momentum=0.01`, 1 - Keras'.", "porting/efficientnet_block.py"),
        Said("LeakyReLU: `negative_slope=0.3`, or 0.2 of the function and of `Activation`.", "leaky relu"),
        Said("`GlobalAveragePooling2D()` drops the axes: `x.mean((2, 3))`.", "mean"),
        Said(
            "A dense layer behind `Flatten`: turn its weight back as [below](#weights), from H W C.",
            "dense behind Flatten of 3 x 4 x 6 (C H W)",
        ),
        Said("`UpSampling2D(2)` is `Upsample(scale_factor=2)`, bilinear too.", "bilinear, twice"),
        Said('`Resizing(interpolation="nearest")` is `mode="nearest-exact"`.', "nearest to a size"),
        Said(
            '`Conv2DTranspose(padding="same")` cuts the end: crop the last rows of what torch gives without padding.',
            "transposed, same in torch",
        ),
        Said("`model.eval()`, or dropout and BatchNorm are those of training.", "batch norm after a step"),
        Said(
            "`F.dropout(x)` drops in eval mode too: `training=self.training`.", "dropout, torch's module and function"
        ),
    ),
    "To ONNX": (
        Said(
            "An export of each to begin from, the batch left open: a file takes the layout of its framework.",
            "porting/to_onnx.py",
        ),
        Said(
            "Both in one process: `import torch._dynamo` before Keras. It loads triton, which torch's default wheel brings; behind TensorFlow that is a segmentation fault.",
            "porting/to_onnx.py",
        ),
        Said(
            "`model.eval()` first: torch's dynamo exporter writes a BatchNorm in training by its running statistics, without a word.",
            "divergences/onnxscript_batchnorm_training.py",
        ),
        Said("Written by hand, a pool whose stride is left out has 1.", "max pool in ONNX"),
        Said("Written by hand, an average does not count its padding.", "average pool in ONNX, padded"),
        Said("Written by hand, a reduction keeps its axes.", "mean in ONNX"),
        Said("Written by hand, the nearest of Resize is nearest to the centre.", "nearest to a size in ONNX"),
        Said('`DepthToSpace` is TensorFlow\'s order unless `mode="CRD"`.', "pixel shuffle in ONNX"),
        Said(
            "A Keras convolution with groups cannot be exported by tf2onnx.",
            "divergences/tf2onnx_grouped_convolution.py",
        ),
        Said("Nor can a GELU.", "divergences/tf2onnx_gelu_erfc.py"),
        Said(
            "What else goes wrong on the way: [the ten worst](divergences/README.md#the-ten-worst), and at each layer below.",
            "divergences/torchscript_logsigmoid.py",
        ),
    ),
}

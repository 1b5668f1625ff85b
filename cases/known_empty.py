"""Where frameworks, exporters and runtimes refuse inputs without elements, or take them for something else."""

from parity.cases import KnownDivergence

BY_REFERENCE = (
    "Of a batch of 0 onnx 1.23.2's reference evaluator raises for Flatten ('cannot reshape array of size 0'), GlobalAveragePool (a division "
    "by zero), ConvTranspose and Resize; ONNX Runtime 1.32 and torch give empty arrays of the right shape; "
    "docs/divergences/reference_empty_batch.py"
)

KNOWN = [
    KnownDivergence(
        cases=("empty/conv1d", "empty/conv2d", "empty/net"),
        routes=("tensorflow", "tensorflow>*"),
        kind="error",
        says="when calling Conv",
        script="tensorflow_conv_empty_batch.py",
        reason="TensorFlow's convolution of a batch of 0 has the shape of its input, to which the bias cannot be added",
        evidence=(
            "tf.nn.conv2d of 0x6x10x4 with 3x3x4x5, padding VALID: 0x6x10x4 in tensorflow 2.21.0 on the cpu, of 1x6x10x4 1x4x8x5; conv3d and "
            "depthwise_conv2d alike; keras.layers.Conv2D then fails in AddV2; without oneDNN, which TensorFlow uses by itself where a "
            "processor has instructions such as AVX512_VNNI, 0x4x8x5; docs/divergences/tensorflow_conv_empty_batch.py"
        ),
        versions={"tensorflow": "<=2.21.0"},
        everywhere=False,
    ),
    KnownDivergence(
        cases=("empty/max", "empty/globalmaxpool2d"),
        routes=("tensorflow", "tensorflow>*"),
        kind="error",
        says="InvalidArgumentError",
        script="keras_max_empty_batch.py",
        reason="Keras refuses a maximum of an array without elements, also where each maximum has elements, of no images",
        evidence=(
            "keras.ops.max of 0x6x10x4 over its rows and columns: 'Cannot compute the max of an empty tensor' in Keras 3.15 "
            "(keras/src/backend/tensorflow/numpy.py), where tf.reduce_max gives 0x4; docs/divergences/keras_max_empty_batch.py"
        ),
        versions={"keras": ">=3.0,<4"},
    ),
    KnownDivergence(
        cases="empty/groupnorm",
        routes=("torchscript>ort", "torchscript>reference"),
        kind="crash",
        says="SIGFPE",
        script="torchscript_groupnorm_empty_batch.py",
        reason="torch's TorchScript exporter dies of a division by zero on a GroupNorm of a batch of 0",
        evidence=(
            "torch.onnx.export(torch.nn.GroupNorm(2, 4), torch.zeros(0, 4, 6, 10), dynamo=False) ends the process with SIGFPE in torch 2.13.0; "
            "the module itself gives 0x4x6x10; docs/divergences/torchscript_groupnorm_empty_batch.py"
        ),
        versions={"torch": "<=2.14.1"},
    ),
    KnownDivergence(
        cases="empty/groupnorm",
        routes=("torch>ort", "torch>reference"),
        kind="onnx-invalid",
        says="Product cannot be 0 in combination with -1",
        script="onnx_groupnorm_empty_batch.py",
        reason="torch's dynamo exporter reshapes groups to (0, groups, -1), in which -1 cannot be found for a batch of 0",
        evidence=(
            "GroupNorm(2, 4) of 0x4x6x10, torch 2.13.0, onnxscript 0.7.2: strict shape inference says 'Invalid Target shape product of 0. "
            "Product cannot be 0 in combination with -1', and ONNX Runtime and the reference evaluator refuse the file"
        ),
        versions={"onnxscript": "<=0.7.2"},
    ),
    *(
        KnownDivergence(
            cases="empty/groupnorm",
            routes=route,
            kind="error",
            says=says,
            script="onnx_groupnorm_empty_batch.py",
            reason="ONNX writes its GroupNormalization with a Reshape to (0, groups, -1), which a batch of 0 leaves open",
            evidence=(
                "the function body of GroupNormalization 21 (onnx/defs/nn/defs.cc); ONNX Runtime 1.32 and the evaluator of onnx 1.23.2 run "
                "that body, and refuse 0x4x6x10; docs/divergences/onnx_groupnorm_empty_batch.py"
            ),
            versions={"onnx": "<=1.23.2"},
        )
        for route, says in (("definition>ort", "Reshape"), ("definition>reference", "cannot reshape"))
    ),
    *(
        KnownDivergence(
            cases=cases,
            routes=routes,
            kind="error",
            says=says,
            script="reference_empty_batch.py",
            reason="onnx's reference evaluator refuses a batch of 0 in Flatten, GlobalAveragePool, ConvTranspose and Resize",
            evidence=BY_REFERENCE,
            versions={"onnx": "<=1.23.2"},
        )
        for cases, routes, says in (
            (
                ("empty/flatten", "empty/globalmaxpool2d", "empty/net"),
                ("definition>reference", "torchscript>reference"),
                "cannot reshape",
            ),
            ("empty/globalavgpool2d", ("definition>reference", "torchscript>reference"), "division by zero"),
            ("empty/convtranspose2d", "*>reference", "ConvTranspose"),
            (("empty/upsample", "empty/upsample-bilinear"), "definition>reference", "antialias"),
        )
    ),
]

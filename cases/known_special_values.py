"""What frameworks, exporters and runtimes make of NaN and infinities that is not what the others make of them."""

from parity.cases import KnownDivergence

KNOWN = [
    # ---- frameworks ----
    KnownDivergence(
        cases=("special/gelu/base", "special/gelu/features", "special/gelu/signal"),
        routes="torch",
        kind="nan",
        script="torch_gelu_of_infinity.py",
        reason="torch's GELU of infinity is NaN on the cpu",
        evidence=(
            "torch.nn.functional.gelu of six numbers, infinity the first, torch 2.13.0: NaN through oneDNN, infinity with "
            "torch.backends.mkldnn off, and infinity by a tanh; on a processor without AVX-512 infinity throughout; "
            "docs/divergences/torch_gelu_of_infinity.py"
        ),
        link="https://github.com/pytorch/pytorch/issues/185770",
        versions={"torch": "<=2.13.0"},
        everywhere=False,
    ),
    KnownDivergence(
        cases=tuple(
            f"special/{layer}/{shape}"
            for layer in ("hardshrink", "softshrink", "threshold")
            for shape in ("base", "features", "signal")
        ),
        routes=("torch", "torch@cuda", "torch>*"),
        kind="nan",
        script="torch_shrink_nan.py",
        reason="torch lets NaN through Hardshrink, Softshrink and Threshold, where Keras and ONNX's Shrink take the last branch",
        evidence=(
            "of NaN torch 2.13.0 gives NaN in all three, and so do the files of the dynamo exporter; ONNX' text of Shrink says 'otherwise, "
            "y = 0', Keras 3.15 selects by x > threshold, and the TorchScript exporter writes Shrink: 0, and Threshold's value; "
            "docs/divergences/torch_shrink_nan.py"
        ),
    ),
    KnownDivergence(
        cases=("special/softmax/sp*", "special/softmax-channels/sparse"),
        routes="tensorflow",
        kind="nan",
        script="tensorflow_softmax_nan.py",
        reason="TensorFlow's softmax is 0 beside NaN or infinity in its row, though what it divides by is NaN",
        evidence=(
            "tf.nn.softmax of [1, NaN, 2] is [0, NaN, 0] in tensorflow 2.21.0 on the cpu, and of [1, infinity, 2] too; log_softmax is NaN "
            "throughout, and so is torch's softmax; without oneDNN, which TensorFlow uses by itself where a processor has instructions such "
            "as AVX512_VNNI, it is NaN; docs/divergences/tensorflow_softmax_nan.py"
        ),
        versions={"tensorflow": "<=2.21.0"},
        everywhere=False,
    ),
    KnownDivergence(
        cases=("special/maxpool*/sp*", "special/adaptivemaxpool2d/sparse"),
        routes="tensorflow",
        kind="nan",
        script="tensorflow_maxpool_nan.py",
        reason="TensorFlow's max pooling drops NaN",
        evidence=(
            "tf.nn.max_pool2d of [1, NaN, 2, 3] is 3 in tensorflow 2.21.0 on the cpu, where tf.reduce_max is NaN and torch's max pooling "
            "too; docs/divergences/tensorflow_maxpool_nan.py"
        ),
        link="https://github.com/tensorflow/tensorflow/issues/125965",
        versions={"tensorflow": "<=2.21.0"},
    ),
    # ---- exporters ----
    KnownDivergence(
        cases=(
            *(
                f"special/{layer}/{shape}"
                for layer in ("relu-limits", "threshold", "hardshrink", "softshrink", "softplus-beta")
                for shape in ("base", "features", "signal")
            ),
            "special/logsumexp/sparse",
        ),
        routes="tensorflow>*",
        kind="nan",
        script="tf2onnx_select_multiplies.py",
        reason="tf2onnx writes tf.where as two products and a sum, so the branch that is not taken gives NaN where it is infinite",
        evidence=(
            "tf.where(x > 0.1, x, 20) becomes Greater, Cast, Mul, Add in tf2onnx 1.17.0: of minus infinity and NaN the file gives NaN in ONNX "
            "Runtime and the reference evaluator, TensorFlow 20; docs/divergences/tf2onnx_select_multiplies.py"
        ),
        link="https://github.com/onnx/tensorflow-onnx/issues/1988",
        versions={"tf2onnx": "<=1.17.0"},
    ),
    KnownDivergence(
        cases="special/unitnorm/sparse",
        routes=("torch>ort", "torchscript>ort"),
        kind="nan",
        script="torch_clamp_of_infinity.py",
        reason="torch's exporters write clamp_min as a Clip without a largest value, which by ONNX' text is the largest number",
        evidence=(
            "x.clamp_min(0.5) of infinity, torch 2.13.0: infinity in torch, 3.4e38 in ONNX Runtime 1.32 from either exporter's file, so that "
            "normalize gives infinity over 3.4e38; the reference evaluator keeps the infinity; docs/divergences/torch_clamp_of_infinity.py"
        ),
        versions={"torch": "<=2.14.1"},
    ),
    # ---- ONNX Runtime ----
    KnownDivergence(
        cases="special/*maxpool?d*/sp*",
        routes="*>ort",
        kind="nan",
        script="onnxruntime_maxpool_nan.py",
        reason="ONNX Runtime's MaxPool keeps NaN or drops it, by where in the window it stands",
        evidence=(
            "MaxPool, kernel 2x2, of 1 to 4 with NaN at each place in turn, onnxruntime 1.32.0 on the cpu: 4, 4, 4, NaN; "
            "docs/divergences/onnxruntime_maxpool_nan.py"
        ),
        versions={"onnxruntime": "<=1.32.0"},
    ),
    KnownDivergence(
        cases=("special/max/sparse", "special/min/sparse"),
        routes="*>ort",
        kind="nan",
        script="onnxruntime_reduce_nan.py",
        reason="ONNX Runtime's ReduceMax and ReduceMin drop a NaN that is not the first",
        evidence=(
            "ReduceMax of [1, NaN, 3] is 3 in onnxruntime 1.32.0 on the cpu and of [NaN, 2, 3] NaN; the reference evaluator, torch and "
            "TensorFlow give NaN for both; docs/divergences/onnxruntime_reduce_nan.py"
        ),
        link="https://github.com/microsoft/onnxruntime/issues/10514",
        versions={"onnxruntime": "<=1.32.0"},
    ),
    KnownDivergence(
        cases="special/localresponsenorm/sparse",
        routes="definition>ort",
        kind="nan",
        script="onnxruntime_lrn_infinity.py",
        reason="ONNX Runtime's LRN slides its sum over the channels, so that behind an infinity or NaN every channel is NaN",
        evidence=(
            "LRN, size 3, of eight channels of 1 with infinity in channel 1: channels 3 to 7 are NaN in onnxruntime 1.32.0, though their "
            "windows hold none; docs/divergences/onnxruntime_lrn_infinity.py"
        ),
        versions={"onnxruntime": "<=1.32.0"},
    ),
    # ---- the reference evaluator ----
    *(
        KnownDivergence(
            cases=cases,
            routes=routes,
            kind="nan",
            script="reference_average_nan.py",
            reason="onnx's reference evaluator leaves NaN out of the window of a pool",
            evidence=(
                "onnx 1.23.2 pads with NaN and takes what is not NaN of each window (onnx/reference/ops/_op_common_pool.py, line 181): "
                "AveragePool below opset 19 and LpPool of [1, NaN, 2, 3] are 2 and 4.32; MaxPool keeps it at some places of a window; "
                "docs/divergences/reference_average_nan.py and reference_maxpool_nan.py"
            ),
            versions={"onnx": "<=1.23.2"},
        )
        for cases, routes in (
            ("special/avgpool*/sp*", "tensorflow>reference"),
            (
                "special/adaptiveavgpool2d/sparse",
                ("definition>reference", "torchscript>reference", "tensorflow>reference"),
            ),
            ("special/lppool2d/sparse", ("definition>reference", "tensorflow>reference")),
            (("special/maxpool*/sp*", "special/adaptivemaxpool2d/sparse"), "*>reference"),
            ("special/globalmaxpool2d/sparse", "torchscript>reference"),
        )
    ),
    KnownDivergence(
        cases="special/upsample-nearest/special",
        routes=("definition>reference", "torch>reference", "torchscript>reference"),
        kind="nan",
        script="reference_resize_infinity.py",
        reason="onnx's reference evaluator multiplies the neighbours of the nearest element by 0, which is NaN where they are infinite",
        evidence=(
            "Resize, nearest, of [1, infinity, 2, 3] twice as wide: [1, NaN, 3.4e38, 3.4e38, NaN, 2, 3, 3] in onnx 1.23.2; "
            "docs/divergences/reference_resize_infinity.py"
        ),
        versions={"onnx": "<=1.23.2"},
    ),
]

"""Divergences of layers that look up, drop, unfold and sample; those of all others are in ``known_divergences.py``."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from parity.axes import Shape
from parity.cases import KnownDivergence
from parity.cases.shipped import CEIL_DECLARED, CEIL_REFUSED, STRIDE_ONE_NO_IMAGE
from parity.operators.graph import Node

Shapes = tuple[Shape, ...]


def of_indices(also: Callable[[bool, int, bool], bool]) -> Callable[[Node, Shapes], bool]:
    """Whether there is a MaxPool that gives its indices, of which ``also`` holds: stride 1, over so many places, padded."""

    def found(node: Node, shapes: Shapes) -> bool:
        at_one = set(node.attributes.get("strides", ())) == {1}
        return (
            node.kind == "MaxPool"
            and len(node.outputs) == 2
            and also(at_one, len(shapes[0]) - 2, any(node.attributes.get("pads", ())))
        )

    return found


#: torch's exporters make torch's indices of ONNX's with a pool of kernel 1, so theirs are right only where both pools are off alike: along a signal, with stride 1.
INDICES: dict[str, Any] = dict(
    script="reference_max_pool_indices.py",
    reason="onnx's reference evaluator counts the indices of a MaxPool of stride 1 in one channel, and not through the whole input",
    evidence=(
        "MaxPool, kernel 1, strides 1, input 1x2x2x3: the evaluator of onnx 1.23.2 gives 0 to 5 twice, ONNX Runtime 1.32 0 to 11, as the "
        "operator's text says ('in [0, N x C x D1 x ... x Dn)'). Both of torch's exporters take such a pool off the indices of every "
        "MaxPool that gives them, to make torch's of them. docs/divergences/reference_max_pool_indices.py"
    ),
    versions={"onnx": "<=1.23.2"},
)

KNOWN = [
    # ---- small constants ----
    KnownDivergence(
        cases=("rmsnorm/small-eps", "float64/rmsnorm/small"),
        routes="torch>*",
        kind="value",
        script="dynamo_small_constants.py",
        reason="the dynamo exporter takes adding 1e-8 or less, and multiplying by 1 to five places, for nothing, and leaves it out",
        evidence=(
            "torch 2.13 with onnxscript 0.7.2: x + 1e-9 and x * 1.000009 are exported as one Identity each, and so is the eps of an RMSNorm that is 1e-9, or "
            "2^-52 as in float64; constants of patterns are matched with rel_tol=1e-5 and abs_tol=1e-8 (onnxscript/rewriter/_pattern_ir.py), those of the "
            "rules for x + 0 and x * 1 too. docs/divergences/dynamo_small_constants.py"
        ),
        versions={"onnxscript": "<=0.7.2"},
    ),
    # ---- indices of pools ----
    KnownDivergence(
        cases=("maxpoolindices?d/*", "maxunpool?d/*"),
        routes="definition>reference",
        operator=of_indices(lambda at_one, places, padded: at_one and (places == 2 or (places == 3 and not padded))),
        kind="value",
        **INDICES,
    ),
    KnownDivergence(
        cases=("maxpoolindices?d/*", "*float*/maxpoolindices?d"),
        routes=("torch>reference", "torchscript>reference"),
        operator=of_indices(lambda at_one, places, padded: not at_one or places == 2 or (places == 3 and not padded)),
        kind="value",
        **INDICES,
    ),
    KnownDivergence(
        cases="maxunpool?d/*",
        routes="torch>reference",
        operator=of_indices(lambda at_one, places, padded: at_one and (places == 2 or (places == 3 and not padded))),
        kind="value",
        **INDICES,
    ),
    KnownDivergence(
        cases=("maxunpool?d/*", "float16/maxunpool?d", "float64/maxunpool?d"),
        routes="torch>reference",
        operator=of_indices(lambda at_one, places, padded: not at_one),
        kind="error",
        says="out of bounds",
        **INDICES,
    ),
    replace(STRIDE_ONE_NO_IMAGE, cases=("maxpoolindices[13]d/*", "maxunpool[13]d/*"), routes="definition>reference"),
    replace(STRIDE_ONE_NO_IMAGE, cases=("maxpoolindices[13]d/*", "maxunpool[13]d/*"), routes="torch>reference"),
    replace(STRIDE_ONE_NO_IMAGE, cases="maxpoolindices[13]d/*", routes="torchscript>reference"),
    replace(CEIL_REFUSED, cases="maxpoolindices?d/*"),
    replace(CEIL_DECLARED, cases="maxpoolindices?d/*"),
    KnownDivergence(
        cases="maxunpool?d/no-size",
        routes="torchscript>*",
        kind="error",
        says="cond must be a bool",
        script="torchscript_maxunpool.py",
        reason="the TorchScript exporter fails on a MaxUnpool without output_size in a check of torch's own",
        evidence=(
            "torch 2.13, MaxUnpool1d to 3d(2) traced: torch.nn.functional hands a traced tensor to torch._check_with, which raises "
            "TypeError('cond must be a bool, but got a Tensor'). With an output_size it says that max_unpool2d is not supported"
        ),
        versions={"torch": "<=2.14.1"},
    ),
    # ---- sampling ----
    KnownDivergence(
        cases="gridsample/bicubic-border-*",
        routes=("torch>reference", "torchscript>reference", "definition>reference"),
        kind="value",
        script="reference_grid_sample_cubic_border.py",
        reason="onnx's reference evaluator moves the places of a cubic GridSample to the border, and not the elements that it reads there",
        evidence=(
            "GridSample, mode cubic, padding_mode border, align_corners 1, image k^2 of 4x5 at (-1.2, 0): the evaluator of onnx 1.23.2 "
            "gives 53.125, torch 2.13 and ONNX Runtime 1.32 51.397; linear and nearest agree, and so do zeros and reflection "
            "(onnx/reference/ops/op_grid_sample.py, line 53). docs/divergences/reference_grid_sample_cubic_border.py"
        ),
        versions={"onnx": "<=1.23.2"},
    ),
    # ---- distances ----
    KnownDivergence(
        cases="cosinesimilarity/*eps10*",
        routes="torchscript>*",
        kind="value",
        script="torchscript_distances.py",
        reason="the TorchScript exporter holds the product of the two norms to eps, where torch holds each of them",
        evidence=(
            "symbolic_opset9.py of torch 2.13, cosine_similarity: max(sqrt(sum x1^2 sum x2^2), eps). CosineSimilarity(eps=10) of two rows of "
            "norm 1: torch gives x1 x2 / 100, the file x1 x2 / 10 in ONNX Runtime 1.32. docs/divergences/torchscript_distances.py"
        ),
        versions={"torch": "<=2.14.1"},
    ),
    *(
        KnownDivergence(
            cases=(
                *(f"pairwisedistance/*{word}*" for word in ("p1", "p3", "largest", "eps0.001", "of-equals")),
                "float64/pairwisedistance",
            ),
            routes="torchscript>*",
            kind=kind,
            script="torchscript_distances.py",
            reason="the TorchScript exporter adds eps of a PairwiseDistance to p and not to the difference, and leaves out the modulus",
            evidence=(
                "symbolic_opset9.py of torch 2.13, pairwise_distance: pow(sum(pow(x1 - x2, p)), 1 / (p + eps)). p=1 of differences 1 and -1: "
                "torch 2, the file 0 in ONNX Runtime 1.32; p=3 of -1: NaN. docs/divergences/torchscript_distances.py"
            ),
            versions={"torch": "<=2.14.1"},
        )
        for kind in ("value", "nan", "infinity")
    ),
    KnownDivergence(
        cases="pairwisedistance/of-equals",
        routes="tensorflow>*",
        kind="value",
        script="grappler_reassociates.py",
        reason="TensorFlow's Grappler, which tf2onnx runs, turns a - b + eps into a + (eps - b), which rounds eps away",
        evidence=(
            "Keras 3.15 with TensorFlow 2.21, x - clip(x) + 1e-6 of x within the clip: the model gives 1e-6, the exported file has a Sub of the "
            "constant and the clip and an Add, and gives 9.5e-7 to 1.01e-6 in ONNX Runtime 1.32. docs/divergences/grappler_reassociates.py"
        ),
        versions={"tensorflow": "<=2.21.0", "tf2onnx": "<=1.17.0"},
    ),
    KnownDivergence(
        cases=("argmin/*", "special/argmin/*", "*float*/argmin"),
        routes="tensorflow>*",
        kind="onnx-invalid",
        says="Bitcast",
        script="tf2onnx_argmax_bitcast.py",
        reason="tf2onnx writes the sign bit that Keras' argmin asks for as a Bitcast, which its opsets do not have",
        evidence=(
            "keras.ops.argmin as keras.ops.argmax: keras/src/backend/tensorflow/numpy.py in Keras 3.15 finds -0 with tf.bitcast, for which "
            "tf2onnx 1.17.0 has no rule: onnx.checker says 'No Op registered for Bitcast with domain_version of 15'"
        ),
        versions={"keras": ">=3.0,<4", "tf2onnx": "<=1.17.0"},
    ),
    # ---- windows ----
    KnownDivergence(
        cases=(
            "unfold/base",
            "unfold/kernel2x3-stride*",
            "unfold/kernel2x3-one",
            "unfold/padding*",
            "unfold/kernel2-dilation2-one*",
            "unfold/kernel2-padding*",
            "unfold/kernel2-stride*",
            "unfold/dilation2-padding1-scale*",
            "unfold/stride*",
            "unfold/scale*",
            "unbatched/unfold",
            "fold/patches-mixed",
        ),
        routes=("tensorflow", "tensorflow>*"),
        kind="error",
        says="cannot access local variable 'strides'",
        script="keras_extract_patches_strides.py",
        reason="Keras' extract_patches takes strides of an array and fails with them in a functional model",
        evidence=(
            "keras.ops.image.extract_patches(keras.Input((7, 9, 4)), 3, 1) raises UnboundLocalError in Keras 3.9.2, 3.11.3, 3.12.1 and "
            "3.13.0 with tensorflow-cpu 2.19.1: compute_output_spec of ExtractPatches (keras/src/ops/image.py) sets strides only where "
            "there are none. Keras 3.14.0 sets it in both, and 3.15.1 gives the shape; of an array all are right"
        ),
        versions={"keras": "<3.14"},
    ),
    # ---- embeddings ----
    KnownDivergence(
        cases=("embedding/max-norm/*", "unbatched/embedding-max-norm"),
        routes="torchscript>*",
        kind="value",
        script="torchscript_embedding_max_norm.py",
        reason="the TorchScript exporter leaves out the max_norm of an Embedding: the file is one Gather of the stored rows",
        evidence=(
            "torch 2.13, Embedding(5, 8, max_norm=1.0) traced on the index 0 and asked for 1, 2, 3: torch gives rows of norm 1, the file "
            "rows of norm 2 to 3 in ONNX Runtime 1.32; only the rows of the sample input are shorter, since tracing shortens them "
            "in the module. docs/divergences/torchscript_embedding_max_norm.py"
        ),
        versions={"torch": "<=2.14.1"},
    ),
    KnownDivergence(
        cases="embedding/max-norm/*largest*",
        routes="torch>*",
        kind="value",
        script="dynamo_embedding_renorm.py",
        reason="the dynamo exporter writes the norm of order infinity as sum(|x|^inf)^(1/inf), which is always 1",
        evidence=(
            "torch 2.13 with onnxscript 0.7.2, Embedding(5, 8, max_norm=1.0, norm_type=inf): off by 1.1 in ONNX Runtime 1.32 and in the "
            "reference evaluator alike; aten_embedding_renorm (torch_lib/ops/core.py) knows 1 and 2 and takes Pow for all others. "
            "docs/divergences/dynamo_embedding_renorm.py"
        ),
        link="https://github.com/microsoft/onnxscript/pull/1098",
        versions={"onnxscript": "<=0.7.2"},
    ),
    KnownDivergence(
        cases="embedding/max-norm/int32*",
        routes="torch>*",
        kind="onnx-invalid",
        says="ScatterND",
        script="dynamo_embedding_renorm.py",
        reason="the dynamo exporter gives the int32 indices of an Embedding with max_norm to a ScatterND, which takes int64 alone",
        evidence=(
            "torch 2.13 with onnxscript 0.7.2: onnx.checker says 'ScatterND: indices has unsupported type: tensor(int32)', and ONNX Runtime "
            "1.32 does not load the file. docs/divergences/dynamo_embedding_renorm.py"
        ),
        link="https://github.com/microsoft/onnxscript/pull/1098",
        versions={"onnxscript": "<=0.7.2"},
    ),
]

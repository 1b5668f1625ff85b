"""Divergences of layers that look up, drop, unfold and sample; those of all others are in ``known_divergences.py``."""

from parity.cases import KnownDivergence

KNOWN = [
    KnownDivergence(
        cases="embedding/max-norm/*",
        routes="torchscript>*",
        kind="value",
        reason="the TorchScript exporter leaves out the max_norm of an Embedding: the file is one Gather of the stored rows",
        evidence=(
            "torch 2.13, Embedding(5, 8, max_norm=1.0) traced on the index 0 and asked for 1, 2, 3: torch gives rows of norm 1, the file "
            "rows of norm 2 to 3 in ONNX Runtime 1.32; only the rows of the sample input are shorter, since tracing shortens them "
            "in the module. docs/divergences/torchscript_embedding_max_norm.py"
        ),
        versions={"torch": "<=2.13.0"},
    ),
    KnownDivergence(
        cases="embedding/max-norm/*largest*",
        routes="torch>*",
        kind="value",
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
        reason="the dynamo exporter gives the int32 indices of an Embedding with max_norm to a ScatterND, which takes int64 alone",
        evidence=(
            "torch 2.13 with onnxscript 0.7.2: onnx.checker says 'ScatterND: indices has unsupported type: tensor(int32)', and ONNX Runtime "
            "1.32 does not load the file. docs/divergences/dynamo_embedding_renorm.py"
        ),
        link="https://github.com/microsoft/onnxscript/pull/1098",
        versions={"onnxscript": "<=0.7.2"},
    ),
]

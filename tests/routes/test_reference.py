"""The ONNX reference evaluator as a runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parity.routes.runtimes.reference import OnnxReference


def test_what_is_drawn_at_random_is_another_each_call_and_the_same_each_time_a_file_is_loaded(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="an ONNX file is run")
    helper, kinds = onnx.helper, onnx.TensorProto
    stored = [helper.make_tensor("half", kinds.FLOAT, [], [0.5]), helper.make_tensor("trains", kinds.BOOL, [], [True])]
    x, y = (helper.make_tensor_value_info(name, kinds.FLOAT, [64]) for name in "xy")
    nodes = [helper.make_node("Dropout", ["x", "half", "trains"], ["y"])]
    graph = helper.make_graph(nodes, "drops", [x], [y], stored)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), tmp_path / "drops.onnx")

    def calls() -> list[bytes]:
        program = OnnxReference().program(tmp_path / "drops.onnx", "cpu", tf32=False, optimise=False)
        return [program(np.ones(64, np.float32))[0].tobytes() for _ in range(4)]

    once = calls()
    assert len(set(once)) == 4
    assert calls() == once

"""The fixture ``assert_parity``: a model of one's own asserted in a test."""

from __future__ import annotations

import pytest

from tests.check import models
from tests.plugin.conftest import Project

pytest.importorskip("onnxruntime", reason="files are run")

TEST = """
import numpy as np

def test_the_file(assert_parity, request):
    found = assert_parity("chain.onnx", inputs="1x3x9x11", runtimes=["ort"])
    assert found.document.seed == request.config.option.parity_seed == 5

def test_two_files(assert_parity):
    assert_parity("chain.onnx", "other.onnx", inputs="1x3x9x11")
"""


def test_the_fixture_draws_from_the_seed_and_leaves_a_page_of_what_fails(project: Project) -> None:
    models.saved(models.chain(), project.folder / "chain.onnx")
    other = models.chain()
    other.graph.node[1].CopyFrom(models.helper.make_node("LeakyRelu", ["a"], ["b"], name="between", alpha=0.1))
    models.saved(other, project.folder / "other.onnx")
    project.write("test_own.py", TEST)
    done = project.pytest("test_own.py", "--parity-seed", "5", "--parity-reports", "pages")
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert "parity: fail" in done.stdout
    assert "DIFFERENT  chain.onnx and other.onnx" in done.stdout
    assert "Traceback" not in done.stdout
    page = project.folder / "pages" / "test_own.py_test_two_files.html"
    assert str(page.relative_to(project.folder)) in done.stdout
    assert page.read_text().startswith("<!DOCTYPE html>")

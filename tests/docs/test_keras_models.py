from pathlib import Path

import numpy as np
import pytest

from parity.routes.lowering import lower
from parity.routes.lowering.activation import ACTIVATIONS
from parity.routes.lowering.table import RULES
from tests.docs.pages import ROOT, follow

PAGE = "keras-models.md"


def test_the_page_s_model_is_right_layer_by_layer_and_its_twin_is_the_graph(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="the page runs a Keras model")
    (done,) = follow(PAGE, tmp_path)
    *layers, twin = done.stdout.splitlines()
    assert [line.split()[:2] for line in layers] == [
        [name, "pass"] for name in ("conv", "norm", "relu", "pool", "head")
    ]
    off = float(twin.removeprefix("the twin in float64 is off by "))
    assert off < np.finfo(np.float32).eps ** 2  # nothing of float32 is in it


@pytest.mark.parametrize(
    ("begins", "names"),
    [
        ("Layers: ", {kind for room, kind in RULES if room == "layers"}),
        ("From keras.applications: ", {kind for room, kind in RULES if room == "applications"}),
        ("Activations, by name or as functions of `keras.activations`: ", set(ACTIVATIONS)),
        (
            "Operations of `keras.ops` and of Python on Keras' tensors: ",
            {kind for room, kind in RULES if room == "ops"},
        ),
    ],
)
def test_the_page_lists_what_has_a_rule(begins: str, names: set[str]) -> None:
    assert lower.FILES  # which fill the table
    text = " ".join((ROOT / "docs" / PAGE).read_text().split())
    said = text.partition(begins)[2].partition(".")[0]
    assert said.split(", ") == sorted(names)

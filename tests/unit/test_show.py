"""The table of shapes after each layer."""

from __future__ import annotations

import json

import pytest

from parity.cases.registry import Registry
from parity.cli import show

SIMPLE_CNN = """\
NCHW (torch)       NHWC (TensorFlow)
[1, 3, 224, 224]   [1, 224, 224, 3]
[1, 16, 224, 224]  [1, 224, 224, 16]
[1, 16, 224, 224]  [1, 224, 224, 16]
[1, 16, 112, 112]  [1, 112, 112, 16]
[1, 32, 112, 112]  [1, 112, 112, 32]
[1, 32, 112, 112]  [1, 112, 112, 32]
[1, 32, 56, 56]    [1, 56, 56, 32]
[1, 100352]        [1, 100352]
[1, 10]            [1, 10]"""


def test_simple_cnn_is_what_the_chapter_s_exercise_asks_for(registry: Registry) -> None:
    lines = show.lines(registry.cases["simple_cnn"])
    at = lines[2].index("NCHW")
    until = lines[2].index("parameters") - 2
    assert "\n".join(line[at:until].rstrip() for line in lines[2:12]) == SIMPLE_CNN
    assert [line.split()[-2:] for line in lines[3:12]] == [
        ["0", "1x1"],
        ["448", "3x3"],
        ["0", "3x3"],
        ["0", "4x4"],
        ["4,640", "8x8"],
        ["0", "8x8"],
        ["0", "10x10"],
        ["0", "10x10"],
        ["1,003,530", "all"],
    ]
    assert lines[-1] == "1,008,618 parameters"


def test_vgg16_goes_from_224_by_224_by_3_down_to_7_by_7_by_512(registry: Registry) -> None:
    rows = show.rows(registry.cases["vgg16_features"])
    assert (rows[0].nhwc, rows[-1].nhwc, rows[-1].nchw) == ((1, 224, 224, 3), (1, 7, 7, 512), (1, 512, 7, 7))
    assert sum(row.parameters for row in rows) == 14_714_688  # the published count of its convolutions
    assert rows[-1].field == (212, 212)  # Araujo, Norris and Sim, Distill 2019


def test_a_graph_says_what_each_layer_reads_and_a_chain_does_not(registry: Registry) -> None:
    assert "reads" in show.lines(registry.cases["residual_block"])[2]
    assert "reads" not in show.lines(registry.cases["simple_cnn"])[2]


@pytest.mark.parametrize("name", ["simple_cnn", "residual_block", "cnn_block/small"])
def test_json_holds_the_same_table(registry: Registry, name: str) -> None:
    case = registry.cases[name]
    told = json.loads(json.dumps(show.plain(case)))
    rows = show.rows(case)
    assert [layer["name"] for layer in told["layers"]] == [row.node for row in rows]
    assert [tuple(layer["nhwc"]) for layer in told["layers"]] == [row.nhwc for row in rows]
    assert told["parameters"] == sum(row.parameters for row in rows)


def test_every_case_there_is_can_be_shown(registry: Registry) -> None:
    for case in registry.cases.values():
        assert show.lines(case)[0].startswith(case.name)

"""A case as a table: the shape after each layer in both layouts, parameters and receptive field. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

from parity.axes import Shape
from parity.cases.case import INPUT, Case
from parity.records.wording import table


@dataclass(frozen=True)
class Row:
    """One layer's output. ``field`` is (height, width) in input elements, None where it sees all of them."""

    node: str
    layer: str
    reads: tuple[str, ...]
    nchw: Shape
    nhwc: Shape
    parameters: int
    field: tuple[int, ...] | None


def rows(case: Case) -> list[Row]:
    """The input, then every node in computing order. A value of features ``(N, F)`` has one shape in both layouts."""
    fields = case.network.receptive_fields(case.input, case.training)
    made = [Row(INPUT, "", (), case.shape, case.input.in_layout("NHWC"), 0, fields[INPUT])]
    for node in case.network.nodes:
        tensor = case.tensors[node.name]
        stored = sum(prod(parameter.shape) for parameter in node.parameters().values())
        shapes = (tensor.in_layout("NCHW"), tensor.in_layout("NHWC"))
        made.append(Row(node.name, str(node.layer), node.inputs, *shapes, stored, fields[node.name]))
    return made


def lines(case: Case) -> list[str]:
    """The table as text, a heading before it and the total of the parameters after it."""
    made = rows(case)
    wired = any(row.reads != (before.node,) for before, row in pairwise(made))
    heading = ["name", "layer", *(["reads"] if wired else []), "NCHW (torch)", "NHWC (TensorFlow)"]
    cells = [[*heading, "parameters", "receptive field"]]
    for row in made:
        field = "all" if row.field is None else "x".join(map(str, row.field))
        reads = [", ".join(row.reads)] if wired else []
        cells.append([row.node, row.layer, *reads, _shape(row.nchw), _shape(row.nhwc), f"{row.parameters:,}", field])
    total = sum(row.parameters for row in made)
    normal = f"input drawn as {case.scale:g} * ({case.mean:g} + z)"
    drawn = normal if case.values == "normal" else f"input of {case.values} values"
    return [
        f"{case.name}: {case.precision}, {case.mode}, {drawn}",
        "",
        *table(cells, frozenset(range(len(heading)))),
        "",
        f"{total:,} parameters",
    ]


def plain(case: Case) -> dict[str, Any]:
    """The table as plain data for ``--json``; a receptive field of null sees the whole input."""
    made = rows(case)
    return {
        "case": case.name,
        "precision": case.precision,
        "mode": case.mode,
        "scale": case.scale,
        "mean": case.mean,
        "values": case.values,
        "tags": list(case.tags),
        "parameters": sum(row.parameters for row in made),
        "layers": [
            {
                "name": row.node,
                "layer": row.layer,
                "reads": list(row.reads),
                "nchw": list(row.nchw),
                "nhwc": list(row.nhwc),
                "parameters": row.parameters,
                "receptive_field": row.field,
            }
            for row in made
        ],
    }


def _shape(shape: Shape) -> str:
    return f"[{', '.join(map(str, shape))}]"

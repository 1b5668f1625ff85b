"""The layers that the routes of a case went through, side by side. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parity.axes import Tensor
from parity.records.lines import Check, LayerFigure, Number
from parity.report.charts import Block, Line
from parity.report.matrix import Column, spelled

Shown = tuple[Column, Check, str, str]  #: a check with its column, label and anchor


@dataclass(frozen=True)
class LayerRow:
    """One layer; shapes as both layouts have them. ``ratios`` has one figure for each column that ran."""

    node: str
    layer: str
    nchw: tuple[int, ...]
    nhwc: tuple[int, ...]
    parameters: int
    field: str
    ratios: tuple[tuple[str, bool], ...]  #: the figure, and whether it is above 1
    born: bool


@dataclass(frozen=True)
class Walk:
    """The layers of some routes in computing order: one of a network; of a model of one's own one for each of its files."""

    judged: tuple[Column, ...]  #: the columns of the ratios of ``layers``
    layers: tuple[LayerRow, ...]
    lines: tuple[Line, ...]
    way: tuple[Block, ...]


def walks(found: Sequence[Shown]) -> list[list[Shown]]:
    """The checks that were judged layer by layer, together where the layers of one are among those of the other."""
    made: list[list[Shown]] = []
    for each in sorted((each for each in found if each[1].layers), key=lambda each: -len(each[1].layers)):
        nodes = {layer.node for layer in each[1].layers}
        home = next((w for w in made if nodes <= {layer.node for layer in w[0][1].layers}), None)
        if home is None:
            made.append([each])
        else:
            home.append(each)
    order = {id(check): i for i, (_, check, _, _) in enumerate(found)}
    return sorted(
        (sorted(walk, key=lambda each: order[id(each[1])]) for walk in made), key=lambda walk: order[id(walk[0][1])]
    )


def walk(shown: Check, members: Sequence[Shown]) -> Walk:
    """The layers of some checks of the case that ``shown`` says what it is of."""
    checks = [check for _, check, _, _ in members]
    figures = max((check.layers for check in checks), key=len)
    several = len(figures) > 1
    return Walk(
        judged=tuple(column for column, _, _, _ in members),
        layers=tuple(_layers(figures, checks)),
        lines=tuple(_lines(members, [layer.node for layer in figures])) if several else (),
        way=tuple(_way(checks[0] if shown.own else shown, figures)) if several else (),
    )


def both(shape: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A canonical shape as both layouts have it; of features they are one."""
    tensor = Tensor(tuple(shape))
    return tensor.in_layout("NCHW"), tensor.in_layout("NHWC")


def _layers(figures: Sequence[LayerFigure], checks: Sequence[Check]) -> list[LayerRow]:
    by_check = [{layer.node: layer.ratio for layer in check.layers} for check in checks if check.layers]
    births = {check.failure.born for check in checks if check.failure is not None}
    rows = []
    for layer in figures:
        ratios = [ratios.get(layer.node) for ratios in by_check]
        field = "all of it" if layer.field is None else "x".join(map(str, layer.field))
        said = tuple((spelled(ratio), not _within(ratio)) for ratio in ratios)
        rows.append(
            LayerRow(layer.node, layer.layer, *both(layer.shape), layer.parameters, field, said, layer.node in births)
        )
    return rows


def _lines(found: Sequence[Shown], nodes: Sequence[str]) -> list[Line]:
    """One line for each route that was judged; routes that agree in every figure share one."""
    merged: dict[tuple[tuple[Number | None, ...], int | None], list[Column]] = {}
    for column, check, _, _ in found:
        if check.layers:
            by_node = {layer.node: layer.ratio for layer in check.layers}
            born = check.failure.born if check.failure is not None else None
            key = (tuple(by_node.get(node) for node in nodes), nodes.index(born) if born in nodes else None)
            merged.setdefault(key, []).append(column)
    return [
        Line(", ".join(c.label for c in columns), columns[0].colour, columns[0].dash, ratios, born)
        for (ratios, born), columns in merged.items()
    ]


def _way(check: Check, figures: Sequence[LayerFigure]) -> list[Block]:
    """The input and every layer's output, of one image: ``(C, H, W)`` or ``(F,)``."""
    every = [("input", "", check.input_shape), *((f.node, f.layer.split("(")[0], f.shape) for f in figures)]
    return [
        Block(label, kind, tuple(shape[1:])) for label, kind, shape in every if len(shape) in (2, 4) and min(shape) > 0
    ]


def _within(ratio: Number | None) -> bool:
    return ratio is None or (not isinstance(ratio, str) and ratio <= 1)

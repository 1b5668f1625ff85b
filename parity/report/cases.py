"""One case in full: what it is, every route, every layer, its failures and pictures. Pure data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from parity.judging.blame import whose
from parity.records.history import KEPT, Point
from parity.records.lines import Check, Grid, LayerFigure, Sight, worst
from parity.records.verdict import BAD
from parity.records.wording import ending, meaning, rank, worst_first
from parity.report.charts import Bars
from parity.report.images import signed
from parity.report.matrix import GLYPHS, LETTERS, NO_RECORD, Column, spelled
from parity.report.walks import Shown, Walk, both, walk, walks

TILE = 42  #: pixels a tile of a picture is shown wide
ALONE = 168  #: and where it is the only one
SMALL = 20  #: and where there are many in a row, as of filters
ALIKE = "none to be seen: under 1/127 of what is allowed"  #: the step of a grid of errors


@dataclass(frozen=True)
class RouteRow:
    """One check of a case. ``figures`` are the ratios on data, integers and impulses, then of the worst layer."""

    column: Column
    check: Check
    anchor: str  #: empty where a failure's block has it
    href: str  #: of the failure's block, where there is one
    letter: str
    glyph: str
    ratio: str
    figures: tuple[str, ...]
    points: tuple[Point, ...]  #: the last runs, oldest first


@dataclass(frozen=True)
class Also:
    """What came of a probe that has no column: routes, and what is said of them."""

    probe: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Window:
    """What the worst element sees, and of what size that is."""

    sight: Sight
    height: int
    width: int


@dataclass(frozen=True)
class Panel:
    """One picture: a grid, or the difference of two; ``width`` in pixels."""

    title: str
    grid: Grid
    scale: str  #: values or signed
    across: int
    width: int
    less: Grid | None = None
    limit: float = 1.0  #: of a difference: the end of its scale
    note: str = ""  #: shown instead of a picture


@dataclass(frozen=True)
class Failing:
    """One check that is not well: the record, and what wording adds to it."""

    check: Check
    label: str
    anchor: str
    letter: str
    end: str
    meaning: str
    born: LayerFigure | None
    whose: str
    window: Window | None
    panels: tuple[Panel, ...]
    same: str = ""  #: the label of a failure above that says all of this but whose it is and how to repeat it


@dataclass(frozen=True)
class MapRow:
    """The output of one layer as pictures: one for each framework, then their differences."""

    node: str
    layer: str
    size: tuple[int, ...]
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Case:
    """Everything a case's section shows."""

    name: str
    anchor: str
    model: str
    letter: str
    word: str
    glyph: str
    ratio: str
    network: bool
    own: bool  #: whether it is a model of one's own: shapes are in its own axes
    given: tuple[tuple[int, ...], tuple[int, ...]]  #: the input's shape, in both layouts
    gives: tuple[tuple[int, ...], tuple[int, ...]]
    routes: tuple[RouteRow, ...]
    parameters: int
    walks: tuple[Walk, ...]
    bars: tuple[Bars, ...]
    failures: tuple[Failing, ...]
    filters: tuple[Panel, ...]
    maps: tuple[MapRow, ...]
    limit: float  #: the end of the scale of all differences of ``maps``
    also: tuple[Also, ...]  #: what else the case was asked

    @property
    def bad(self) -> bool:
        """Whether one of its checks failed."""
        return any(row.check.status in BAD for row in self.routes)


def view(
    name: str,
    anchor: str,
    found: Sequence[Shown],
    history: Mapping[str, Sequence[Point]],
    holes: bool,
) -> Case:
    """The view of one case from its checks, each with its column, label and anchor, in the order of the columns.

    holes: whether the run ended before some of its checks: then it is not shown as passed.
    """
    checks = [check for _, check, _, _ in found]
    shown = next((check for check in checks if check.model), checks[0])
    first = worst_first(checks)[0]
    walked = [walk(shown, members) for members in walks(found)]
    failing = {
        id(check): (label, at) for _, check, label, at in found if check.status in BAD or check.status == "known"
    }
    maps, limit = _maps(found)
    word = NO_RECORD if holes and first.status == "pass" else first.status
    return Case(
        name=name,
        anchor=anchor,
        model=shown.model,
        letter=LETTERS[word],
        word=word,
        glyph="?" if word == NO_RECORD else GLYPHS[first.status],
        ratio=spelled(worst(check.ratio for check in checks)),
        network=any(len(each.layers) > 1 for each in walked),
        own=shown.own,
        given=(tuple(shown.input_shape),) * 2 if shown.own else both(shown.input_shape),
        gives=(tuple(shown.output_shape),) * 2 if shown.own else both(shown.output_shape),
        routes=tuple(
            _route(column, check, label, at, id(check) in failing, history) for column, check, label, at in found
        ),
        parameters=sum(layer.parameters for layer in walked[0].layers) if walked else 0,
        walks=tuple(walked),
        bars=tuple(_bars(found)),
        failures=tuple(_failures([(check, *failing[id(check)]) for check in checks if id(check) in failing], checks)),
        filters=tuple(
            panel_of(column.label, check.filters, "values", 24) for column, check, _, _ in found if check.filters
        ),
        maps=maps,
        limit=limit,
        also=tuple(_also(found)),
    )


def _also(found: Sequence[Shown]) -> Iterator[Also]:
    """What came of the probes that have no column of their own, each answer with the routes that gave it."""
    for probe in ("states", "gradients", "draws", "batch", "threads", "unbatched"):
        said: dict[str, list[str]] = {}
        for column, check, _, _ in found:
            for figure in check.probes:
                if figure.probe == probe:
                    far = "" if figure.ratio is None else f"{spelled(figure.ratio)} of what is allowed"
                    text = "; ".join(filter(None, (far, figure.note, figure.reason))) or figure.status
                    said.setdefault(text, []).append(column.label)
        if said:
            yield Also(probe, tuple((", ".join(routes), text) for text, routes in said.items()))


def _route(
    column: Column, check: Check, label: str, anchor: str, failing: bool, history: Mapping[str, Sequence[Point]]
) -> RouteRow:
    probes = {probe.probe: probe for probe in check.probes}
    figures = [spelled(probes[p].ratio) if p in probes else "" for p in ("data", "integer", "impulse")]
    figures.append(spelled(worst(layer.ratio for layer in check.layers)))
    points = tuple(history.get(label, ()))[-KEPT:]
    at, link = ("", anchor) if failing else (anchor, "")
    return RouteRow(
        column,
        check,
        at,
        link,
        LETTERS[check.status],
        GLYPHS[check.status],
        spelled(check.ratio),
        tuple(figures),
        points,
    )


def _bars(found: Sequence[Shown]) -> list[Bars]:
    merged: dict[tuple[int, ...], list[str]] = {}
    for column, check, _, _ in found:
        if any(check.histogram):
            merged.setdefault(tuple(check.histogram), []).append(column.label)
    return [Bars(", ".join(labels), counts) for counts, labels in merged.items()]


def _failures(found: Sequence[tuple[Check, str, str]], others: Sequence[Check]) -> list[Failing]:
    """Worst ending first, a framework before its exports; one that fails as another does follows it and refers to it."""
    groups: dict[tuple[object, ...], list[Failing]] = {}
    for check, label, anchor in found:
        made = _failing(check, label, anchor, others)
        place = check.failure.place if check.failure is not None else None
        where = (check.failure.born, check.failure.pattern) if check.failure is not None else ()
        key = (check.status, made.end, where, tuple(place.index.items()) if place is not None else check.reason)
        groups.setdefault(key, []).append(made)
    ordered = sorted(groups.values(), key=lambda members: rank(members[0].end))
    return [f if f is members[0] else replace(f, same=members[0].label) for members in ordered for f in members]


def _failing(check: Check, label: str, anchor: str, others: Sequence[Check]) -> Failing:
    failure = check.failure
    born = None
    window = None
    panels: tuple[Panel, ...] = ()
    if failure is not None:
        born = next((layer for layer in check.layers if layer.node == failure.born), None)
        window = _window(check)
        if failure.pictures is not None:
            said = failure.pictures
            rows = (
                ("expected", said.expected, "values"),
                ("got", said.got, "values"),
                ("(got - expected) / allowed", said.error, "signed"),
            )
            panels = tuple(panel_of(title, grid, scale, 8) for title, grid, scale in rows)
    end = ending(check)
    return Failing(
        check, label, anchor, LETTERS[check.status], end, meaning(end), born, whose(check, others), window, panels
    )


def _window(check: Check) -> Window | None:
    """The size of what the worst element looks into: the input of the case, or the output of a layer."""
    sight = check.failure.sight if check.failure is not None else None
    if sight is None or len(sight.rows) != 2 or len(sight.columns) != 2:
        return None
    shapes = {layer.node: layer.shape for layer in check.layers} | {"input": check.input_shape}
    shape = shapes.get(sight.of, [])
    return Window(sight, shape[2], shape[3]) if len(shape) == 4 and min(shape) > 0 else None


def _maps(found: Sequence[Shown]) -> tuple[tuple[MapRow, ...], float]:
    """The layers of the routes that kept pictures, side by side, and the one scale of all their differences."""
    kept = [
        (column, {f.node: f for f in check.layers})
        for column, check, _, _ in found
        if any(f.maps for f in check.layers)
    ]
    if not kept:
        return (), 1.0
    limit = _limit([layers for _, layers in kept])
    rows = []
    for node, layer in kept[0][1].items():
        if layer.maps is None:
            continue
        here = [(column, layers[node]) for column, layers in kept if node in layers]
        panels = [panel_of(column.label, figure.maps, "values", 8) for column, figure in here if figure.maps]
        before, base = here[0]
        for column, figure in here[1:]:
            if base.errors is not None and figure.errors is not None:
                title = f"{column.label} - {before.label}"
                panel = panel_of(title, figure.errors, "signed", 8, base.errors, limit)
                alike = figure.errors.data == base.errors.data
                panels.append(replace(panel, note=ALIKE) if alike else panel)
        size = tuple(layer.shape[1:]) if len(layer.shape) != 4 else (layer.shape[2], layer.shape[3], layer.shape[1])
        rows.append(MapRow(node, layer.layer, size, tuple(panels)))
    return tuple(rows), limit


def _limit(kept: Sequence[Mapping[str, LayerFigure]]) -> float:
    """The least power of two that every difference is within: one scale for all layers, so that they compare."""
    most = 2.0**-6
    for layers in kept[1:]:
        for node, figure in layers.items():
            base = kept[0].get(node)
            if base is not None and base.errors is not None and figure.errors is not None:
                taken = _difference(figure.errors, base.errors)
                most = max(most, taken)
    return float(2.0 ** math.ceil(math.log2(most)))


def _difference(one: Grid, other: Grid) -> float:
    try:
        apart = abs(signed(one) - signed(other))
    except ValueError:
        return 0.0  # of two sizes, or damaged: shown as that
    return float(max(apart[apart == apart], default=0.0))


def panel_of(title: str, grid: Grid, scale: str, across: int, less: Grid | None = None, limit: float = 1.0) -> Panel:
    """A picture of ``across`` tiles in a row, each as wide as so many leave room for."""
    across = max(1, min(across, grid.tiles))
    one = ALONE if grid.tiles == 1 else SMALL if across > 8 else TILE
    return Panel(title, grid, scale, across, across * one, less, limit)

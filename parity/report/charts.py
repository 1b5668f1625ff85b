"""Charts as inline SVG. Pure: numbers in, markup out; colours and dashes are classes of ``report.css``.

Ratios are drawn on a log scale on which the limit, 1, is always a line of its own. Every text that comes from records
is escaped here, so what these functions give back needs no more care.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from parity.judging.pictures import EDGES
from parity.records.lines import Number
from parity.records.wording import figure
from parity.report import images

COLOURS, DASHES = 6, 4  #: how many of each the style sheet has
MOST_NODES = 200  #: layers drawn in one chart

AXIS = "axis"  #: the id of what histograms share

_BINS = len(EDGES) + 2
_BIN, _LEFT = 15, 8  #: pixels: the width of a bin, and what is left of the first
_LIMIT_BIN = EDGES.index(1.0) + 2  #: bins before the line at 1


@dataclass(frozen=True)
class Line:
    """The ratio after each layer on one route, or on several that agree in all of them."""

    label: str
    colour: int
    dash: int
    ratios: tuple[Number | None, ...]
    born: int | None = None  #: the layer where a failure of this line was born


@dataclass(frozen=True)
class Bars:
    """Elements by ratio on one route, or on several that agree, in the bins of :data:`parity.judging.pictures.EDGES`."""

    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """One value on its way through a network: ``(C, H, W)`` or ``(F,)``, and what computed it."""

    label: str
    kind: str
    sizes: tuple[int, ...]


def layers(nodes: Sequence[str], lines: Sequence[Line]) -> Markup:
    """The ratio after each layer as a line for each route, with the bound and the layers where failures were born."""
    nodes = nodes[:MOST_NODES]
    finite = [float(r) for line in lines for r in line.ratios if isinstance(r, int | float) and r > 0]
    special = any(isinstance(r, str) for line in lines for r in line.ratios)
    bottom = min(-2, max(-5, math.floor(math.log10(min(finite, default=0.1))) - 1))  # the lowest is for 0
    top = min(12.0, max(0.3, math.ceil(math.log10(max(finite, default=1.0))))) + (1 if special else 0)
    step = max(26, min(72, 480 // max(len(nodes), 1)))
    left, head, plot = 52, 16, 170
    width, foot = left + step * len(nodes) + 60, 62

    def x(i: int) -> float:
        return left + step * (i + 0.5)

    def y(ratio: Number) -> float:
        if isinstance(ratio, str):
            return head + 5
        at = bottom if ratio <= 0 else min(max(math.log10(ratio), bottom), top)
        return round(head + plot * (top - at) / (top - bottom), 1)

    drawn: list[str] = []
    for i in sorted({line.born for line in lines if line.born is not None and line.born < len(nodes)}):
        drawn.append(f"<rect class=bo x={x(i) - step / 2:g} y={head} width={step} height={plot} />")
        drawn.append(f"<text class=bt x={x(i):g} y={head - 5} text-anchor=middle>born here</text>")
    for power in range(bottom, math.floor(top) + 1):
        if power == 0:
            continue
        at = y(10.0**power)
        said = "0" if power == bottom else f"1e{power}" if abs(power) > 2 else f"{10.0**power:g}"
        drawn.append(
            f'<path class=gr d="M{left} {at}H{width - 60}" /><text x={left - 6} y={at + 4} text-anchor=end>{said}</text>'
        )
    drawn.append(
        f'<path class=li d="M{left} {y(1.0)}H{width - 60}" /><text class=lt x={width - 56} y={y(1.0) + 4}>1, bound</text>'
    )
    for i, name in enumerate(nodes):
        drawn.append(
            f'<text transform="translate({x(i):g} {head + plot + 14}) rotate(-40)" text-anchor=end>{escape(_short(name))}</text>'
        )
    for line in lines:
        drawn.append(_line(line, len(nodes), x, y))
    label = f"Ratio after each of {len(nodes)} layers on {len(lines)} lines; the figures are in the table below"
    return _svg(width, head + plot + foot, label, "".join(drawn))


def _line(line: Line, count: int, x: Callable[[int], float], y: Callable[[Number], float]) -> str:
    pieces: list[list[tuple[float, float]]] = [[]]
    for i, ratio in enumerate(line.ratios[:count]):
        if ratio is None:
            pieces.append([])
        else:
            pieces[-1].append((x(i), y(ratio)))
    style = f"c{line.colour % COLOURS} d{line.dash % DASHES}"
    paths = "".join("M" + "L".join(f"{a:g} {b:g}" for a, b in piece) for piece in pieces if piece)
    dots = "".join(f"M{a:g} {b:g}h0" for piece in pieces for a, b in piece)
    return f'<path class="ln {style}" d="{paths}"/><path class="dt {style}" d="{dots}"/>'


def histogram(rows: Sequence[Bars]) -> Markup:
    """How many output elements have which ratio: one row of bars a route, all on the same bins, with a line at 1."""
    bin_width, height, left = _BIN, 30, _LEFT
    plot = bin_width * _BINS
    drawn: list[str] = []
    for n, row in enumerate(rows):
        base = (n + 1) * height
        most = math.log1p(max(0, *row.counts)) or 1.0
        within = _bars(row.counts[:_LIMIT_BIN], 0, base, bin_width, left, most)
        beyond = _bars(row.counts[_LIMIT_BIN:_BINS], _LIMIT_BIN, base, bin_width, left, most)
        drawn.append(f'<path class=gr d="M{left} {base}h{plot}"/>')
        drawn.append(f'<path class=hi d="{within}"/>' if within else "")
        drawn.append(f'<path class=hb d="{beyond}"/>' if beyond else "")
        drawn.append(f"<text x={left + plot + 8} y={base - 4}>{escape(_short(row.label, 70))}</text>")
    at, foot = left + bin_width * _LIMIT_BIN, len(rows) * height
    drawn.append(f'<path class=li d="M{at} 0V{foot + 4}"/>')
    drawn.append(f'<use href="#{AXIS}" y={foot + 16} />')
    longest = max((len(_short(row.label, 70)) for row in rows), default=0)
    label = f"Output elements by ratio, {len(rows)} rows on the same bins, with a line at 1"
    return _svg(left + plot + 16 + 7 * max(longest, 4), foot + 22, label, "".join(drawn))


def shared() -> Markup:
    """What every histogram has in common, once for the page: the figures below its bins."""
    ticks = [(0.5, "0"), *((i + 2.0, f"{EDGES[i]:.1g}") for i in (1, 4, 7)), (float(_LIMIT_BIN), "1")]
    ticks += [(i + 2.0, f"{EDGES[i]:g}") for i in (13, 16)] + [(_BINS - 0.5, "more")]
    made = ""
    for place, said in ticks:
        style = " class=lt" if said == "1" else ""
        made += f"<text{style} x={_LEFT + _BIN * place:g} text-anchor=middle>{said}</text>"
    return Markup(f'<svg class=defs aria-hidden=true><g id="{AXIS}">{made}</g></svg>')


def _bars(counts: Sequence[int], first: int, base: int, width: int, left: int, most: float) -> str:
    made = ""
    for i, n in enumerate(counts):
        if n > 0:
            tall = max(2, round(24 * math.log1p(n) / most))
            made += f"M{left + (first + i) * width + 1} {base}v-{tall}h{width - 2}v{tall}z"
    return made


def meter(ratio: Number | None) -> Markup:
    """A ratio as a bar from 0.001 to 1000 on a log scale; the style sheet draws the bound in the middle."""
    if ratio is None:
        return Markup("")
    size = math.inf if isinstance(ratio, str) else ratio
    at = 0.0 if size <= 0 else min(max((math.log10(size) + 3) / 6, 0.02), 1.0) if math.isfinite(size) else 1.0
    return Markup(
        f'<svg class=me aria-hidden=true><path class={"mb" if size > 1 else "mg"} d="M0 4h{60 * at:.3g}"/></svg>'
    )


def spark(ratios: Sequence[Number | None], bad: Sequence[bool]) -> Markup:
    """The last runs of one check, oldest first: its ratio on a log scale, the bound dashed, failures as dots."""
    if not ratios:
        return Markup("")
    step = 4

    def y(ratio: Number | None) -> float:
        if ratio is None:
            return 10.0
        size = 1e9 if isinstance(ratio, str) else ratio
        return round(10 - 8 * min(max(math.log10(size) / 3 if size > 0 else -1.0, -1.0), 1.0), 1)

    points = [(2 + step * i, y(ratio)) for i, ratio in enumerate(ratios)]
    line, flat = f"{points[0][0]} {points[0][1]:g}", 0
    for (_, before), (_, after) in pairwise(points):  # most checks give the same figure night after night
        if after == before:
            flat += step
        else:
            line, flat = f"{line}{f'h{flat}' if flat else ''}l{step} {round(after - before, 1):g}", 0
    line += f"h{flat}" if flat else ""
    dots = "".join(f"M{a} {b:g}h0" for (a, b), red in zip(points, bad, strict=True) if red)
    width = step * len(points)
    last = figure(ratios[-1])
    return Markup(
        f'<svg class=sp width={width} height=20 viewBox="0 0 {width} 20" role=img aria-label="{len(points)} runs, {sum(bad)} not well, last ratio {escape(last)}">'
        f'<path class=li d="M0 10H{width}"/><path class=ln d="M{line}"/><path class=dt d="M{points[-1][0]} {points[-1][1]:g}h0"/>'
        + (f'<path class=bd d="{dots}"/>' if dots else "")
        + "</svg>"
    )


def window(height: int, width: int, rows: tuple[int, int], columns: tuple[int, int]) -> Markup:
    """Where in an input of ``height x width`` an element looks: a frame with the rows and columns filled."""
    scale = 88 / max(height, width, 1)
    tall, wide = max(height * scale, 6), max(width * scale, 6)
    seen_wide = max((columns[1] - columns[0] + 1) * scale, 3)
    seen_tall = max((rows[1] - rows[0] + 1) * scale, 3)
    left = min(columns[0] * scale, wide - seen_wide)
    top = min(rows[0] * scale, tall - seen_tall)
    body = f"<rect class=fr x=1 y=1 width={wide:.3g} height={tall:.3g} /><rect class=se x={1 + left:.3g} y={1 + top:.3g} width={seen_wide:.3g} height={seen_tall:.3g} />"
    return _svg(
        math.ceil(wide) + 2,
        math.ceil(tall) + 2,
        f"rows {rows[0]} to {rows[1]}, columns {columns[0]} to {columns[1]} of {height}x{width}",
        body,
    )


def way(blocks: Sequence[Block]) -> Markup:
    """A network from its input down: height is the rows of an image (their root), width its channels (their log)."""
    blocks = blocks[:MOST_NODES]
    tallest = max((_side(block.sizes) for block in blocks), default=1.0)
    left, middle, drawn = 54.0, 72.0, []
    before: tuple[int, ...] = ()
    for block in blocks:
        tall = max(6.0, 130 * _side(block.sizes) / tallest)
        wide = 5 + 2.2 * math.log2(1 + block.sizes[0])
        kind = (
            "wi"
            if not block.kind
            else "wc"
            if "Conv" in block.kind
            else "wp"
            if "Pool" in block.kind
            else "wl"
            if block.kind == "Linear"
            else "wo"
        )
        title = f"<title>{escape(_short(block.label))}: {escape(_sized(block.sizes))}</title>"
        drawn.append(
            f"<rect class={kind} x={left:.4g} y={middle - tall / 2:.4g} width={wide:.3g} height={tall:.4g} rx=1.5>{title}</rect>"
        )
        if block.sizes != before:
            drawn.append(
                f'<text transform="translate({left + wide / 2:.4g} {middle + 80:g}) rotate(-40)" text-anchor=end>{escape(_sized(block.sizes))}</text>'
            )
        before = block.sizes
        left += wide + 5
    said = (
        f"From {_sized(blocks[0].sizes)} to {_sized(blocks[-1].sizes)} in {len(blocks) - 1} layers"
        if blocks
        else "No layer"
    )
    return _svg(math.ceil(left) + 6, 206, said, "".join(drawn))


def ramp(scale: images.Scale) -> Markup:
    """The colours of a scale, low to high, for a legend."""
    colours = images.ramp(scale)
    body = "".join(f'<rect x={12 * i} width=12 height=10 fill="{colour}" />' for i, colour in enumerate(colours))
    return Markup(f"<svg class=ra width={12 * len(colours)} height=10 aria-hidden=true>{body}</svg>")


def _side(sizes: Sequence[int]) -> float:
    """What a block is drawn as tall as: the root of an image's rows; little for features."""
    return math.sqrt(max(sizes[1], 1)) if len(sizes) == 3 else 1.0


def _sized(sizes: Sequence[int]) -> str:
    """``224x224x3`` of ``(3, 224, 224)``: as people say it, channels last."""
    return "x".join(map(str, (*sizes[1:], sizes[0])))


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _svg(width: float, height: float, label: str, body: str) -> Markup:
    return Markup(
        f'<svg role=img aria-label="{escape(label)}" width={width:g} height={height:g} viewBox="0 0 {width:g} {height:g}">{body}</svg>'
    )

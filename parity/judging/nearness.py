"""How far two float64 evaluations of one function may lie apart, at every value: drawn, not picked. Pure numpy.

Two things are rounded: the oracle's own arithmetic, in float64; and constants that an exporter folded, in the type it folded
them in (docs/error-bounds.md, Two graphs).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from parity.axes import F64, Array
from parity.judging import draws
from parity.judging.local import Local
from parity.judging.twins import Twin
from parity.operators.base import Operator, Site
from parity.operators.formats import FORMATS
from parity.operators.graph import Node, Step, Value, as_value, reads

DRAWS = 8  #: K: how often noise is drawn for every input
FOLDING = 4  #: roundings that folding a normalisation puts into a constant: plus epsilon, root, division, product
POOL = 8  #: how many draws the mean spread of the whole value counts beside an element's own

STASH = {"float32": 1, "float64": 11}  #: ONNX's numbers of the types in which a normalisation keeps its statistics

Spread = tuple[F64, ...]


def spreads(twin: Twin, folded: frozenset[str]) -> dict[str, Spread]:
    """The standard deviation of every float value of data over draws of its noise, element by element, one array an input.

    folded: the stored constants that the other side has no equal of, so that one of the two may have computed them. What was
    put in the place of a value is taken as it is.
    """
    made: dict[str, list[F64]] = {}
    for k in range(len(twin.side.feeds)):
        for name, found in _spread(twin, folded, k).items():
            made.setdefault(name, []).append(found)
    return {name: tuple(found) for name, found in made.items() if len(found) == len(twin.side.feeds)}


def _spread(twin: Twin, folded: frozenset[str], k: int) -> dict[str, F64]:
    local: dict[tuple[int, int, int], Local] = {}
    exact = {name: values[k] for name, values in twin.values.items()}
    total: dict[str, Any] = {}
    for i in range(len(twin.nodes)):  # what every operator rounds on the exact values
        _node(twin, i, exact, _measuring(twin, i, local))
    rounds = {i for i, _, _ in local}
    for draw in range(DRAWS):
        key = draws.mixed(k * DRAWS + draw)
        moved = _constants(twin, folded, key)
        env = {**exact, **moved}
        for i, node in enumerate(twin.nodes):
            if (node.kind == "Constant" and not node.domain) or not (
                i in rounds or any(n in moved for n in reads(node))
            ):
                continue  # nothing that it reads was moved, and it rounds nothing
            made = _node(twin, i, env, _drawing(i, local, key))
            env |= made
            moved |= made
            for name in made:
                if name in twin.data and _is_float(exact[name]):
                    if np.shape(env[name].y) != np.shape(exact[name].y):
                        continue  # the noise decided a shape: nothing can be said of how far it carries
                    with np.errstate(invalid="ignore", over="ignore"):
                        d = np.asarray(env[name].y) - exact[name].y
                    if name not in total:
                        total[name] = np.zeros(d.shape)
                    total[name] += np.square(np.where(np.isfinite(d), d, 0.0))
    return {name: _pooled(t / DRAWS) for name, t in total.items()}


def _is_float(value: Value) -> bool:
    return not value.dtype.startswith("seq") and np.asarray(value.y).dtype == np.float64


def _pooled(variance: F64) -> F64:
    """An element whose draws were small by luck, or vanished behind a ReLU, is not judged sharply; none more sharply than it."""
    if not variance.size:
        return variance
    found: F64 = np.sqrt(np.maximum(variance, (DRAWS * variance + POOL * variance.mean()) / (DRAWS + POOL)))
    return found


def _node(twin: Twin, i: int, env: Mapping[str, Value], step: Step) -> dict[str, Value]:
    """The outputs of one node that were computed and not replaced."""
    names = [name for name in twin.nodes[i].outputs if name in twin.values and name not in twin.replaced]
    if not names:
        return {}
    made = twin.outputs(i, env, step)
    return {name: made[name] for name in names}


def _constants(twin: Twin, folded: frozenset[str], key: int) -> dict[str, Value]:
    """What is stored, with the rounding of what may have been computed. What half precision holds exactly was not."""
    u, found = FOLDING * FORMATS[twin.side.folded].storage, {}
    for n, name in enumerate(sorted(folded)):
        value = as_value(twin.stored[name])
        with np.errstate(over="ignore", invalid="ignore"):
            rounded = value.y.astype(np.float16).astype(np.float64) != value.y
            noise = u * np.abs(value.y) * draws.bell(value.y, draws.mixed(key + n))
        found[name] = Value(value.y + np.where(rounded, noise, 0.0), value.dtype)
    return found


def _measuring(twin: Twin, i: int, local: dict[tuple[int, int, int], Local]) -> Step:
    data = any(name in twin.data for name in twin.nodes[i].outputs)
    kept = "float64" if data else twin.side.folded
    inner = iter(range(1 << 30))

    def step(rule: Operator, at: Site, node: Node, inputs: list[Value | None]) -> list[Value]:
        x = [None if v is None else v.y for v in inputs]
        y = rule.value(at, *x)
        dtypes, n = rule.dtypes(at, y), next(inner)
        if at.kind not in ("Cast", "CastLike", "Constant") and not any(d.startswith("seq") for d in dtypes):
            as_if = _as_if(at, kept)
            for j, (noise, v) in enumerate(zip(rule.noise(as_if, y, *x), y, strict=True)):
                if not noise.exact and np.asarray(v).dtype == np.float64:
                    local[i, n, j] = Local(v, replace(noise, flush=0.0))
        return [Value(v, d) for v, d in zip(y, dtypes, strict=True)]

    return step


def _as_if(at: Site, kept: str) -> Site:
    """The place as if all its floats, the statistics of a normalisation too, were kept in this type."""
    dtypes = tuple(kept if d in FORMATS else d for d in at.dtypes)
    return replace(at, dtypes=dtypes, override=None, attributes={**at.attributes, "stash_type": STASH[kept]})


def _drawing(i: int, local: Mapping[tuple[int, int, int], Local], key: int) -> Step:
    inner = iter(range(1 << 30))

    def step(rule: Operator, at: Site, node: Node, inputs: list[Value | None]) -> list[Value]:
        y, n = rule.value(at, *(None if v is None else v.y for v in inputs)), next(inner)
        made = enumerate(zip(y, rule.dtypes(at, y), strict=True))
        return [Value(_moved(v, local.get((i, n, j)), key + 64 * i + 8 * n + j), d) for j, (v, d) in made]

    return step


def _moved(v: Any, local: Local | None, key: int) -> Array:
    moved: Array = v if local is None or np.shape(v) != local.y.shape else v + local.draw(draws.mixed(key))
    return moved

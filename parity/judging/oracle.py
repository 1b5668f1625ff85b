"""The float64 answer of a graph with the bound of every element. Pure numpy.

Noise is put in where roundings happen, and float64 carries it: no rule says how an error passes through an operator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from parity.axes import F64, Array
from parity.judging import draws
from parity.judging.local import Local, fused, limited, narrowed, scaled
from parity.judging.second_look import widening
from parity.judging.signs import signs_kept
from parity.operators.base import Near, Noise, Operator, Site
from parity.operators.formats import FORMATS, Format
from parity.operators.graph import Graph, Node, Step, Value, constant_values, walk
from parity.records.verdict import LAMBDA

DRAWS = 16  #: K: how often noise is drawn end to end
MORE_DRAWS = 64  #: the same where gradients are asked: their last roundings mostly show in draws alone
DECIDED = 6.0  #: how many times over noise counts there in what decides (docs/error-bounds.md, Gradients)
STEPS = ("Floor", "Ceil", "Round", "Sign")  #: operators that make whole numbers of floats, as floats
TIE = 2.0**-40  #: how far values may lie apart, by their size, that a decision takes for equal: far below any rounding
OVERFLOW = "what is computed on the way may pass the largest number"
POOL = 8  #: how many draws the spread of its neighbours counts beside an element's own

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """What float64 says of one value, and how far an honest route may be from it. Arrays of one shape."""

    y: Array  #: float64; integers and booleans as they are
    evaluation: F64  #: A
    storage: F64  #: B, with what flushing may take away
    dtype: str = "float32"
    unspecified: Mask | None = None  #: where the computation leaves open what comes
    why: tuple[str, ...] = ()  #: why it does
    signs: Mask | None = None  #: zeros that keep their sign for certain

    @property
    def form(self) -> Format:
        """The format the value is stored in."""
        return FORMATS[self.dtype]

    def allowed(self, lam: float = LAMBDA) -> F64:
        """The largest honest error of each element: ``lam * A + B + 2 * tiny``, in the unit of the values.

        A whole number is right or is not: of those half of one is allowed beside what noise before them can move.
        """
        if self.dtype not in FORMATS:
            return lam * self.evaluation + 0.5
        return lam * self.evaluation + self.storage + 2 * self.form.tiny


@dataclass
class _Rounded:
    """What the first walk found: the noise of every output, by the number of its node and its place among the outputs."""

    decided: float = 1.0  #: how many times over noise counts in what decides
    local: dict[tuple[int, int], Local] = field(default_factory=dict)
    outputs: dict[str, tuple[int, int]] = field(default_factory=dict)  #: of the graph's outputs that round themselves
    sizes: dict[tuple[int, int], Any] = field(
        default_factory=dict
    )  #: what decides a shape, by node and place among the inputs
    #: The outputs of nodes that noise does not reach, by node: what they read is fed, or made of that without rounding.
    still: dict[int, Sequence[Any]] = field(default_factory=dict)
    decides: dict[int, list[Any]] = field(
        default_factory=dict
    )  #: the inputs of nodes that decide something by floats, by node
    near: dict[int, Near] = field(default_factory=dict)  #: what follows a node's inputs faster than its value, by node
    why: dict[str, None] = field(default_factory=dict)  #: why anything is unspecified, in the order in which it was met

    def again(self, i: int, rule: Operator, at: Site, inputs: list[Value | None], key: int = 0) -> Sequence[Any]:
        """The outputs of a node in a later walk, on inputs that noise has moved; key: of how ties are broken."""
        if i in self.still:
            return self.still[i]
        x = self.of_this_shape(i, inputs)
        if i in self.decides:
            exact = self.decides[i]
            # One push for what is read twice: nothing is less than itself.
            first = [next(k for k, other in enumerate(exact) if other is v) for v in exact]
            x = [
                _undecided(moved, v, self.decided, draws.mixed(key + k))
                for moved, v, k in zip(x, exact, first, strict=True)
            ]
        return self.near[i](*x) if i in self.near else rule.value(at, *x)

    def of_this_shape(self, i: int, inputs: list[Value | None]) -> list[Any]:
        """The inputs of a node in a later walk, all that decides the shape as it was in the first.

        A size that is worked out in floats must not jump with their noise: a route whose sizes are others shows it.
        """
        return [self.sizes.get((i, k), None if v is None else v.y) for k, v in enumerate(inputs)]


def truths(
    graph: Graph,
    feeds: Mapping[str, Value],
    *,
    careful: bool = False,
    loops: bool = True,
    override: Format | None = None,
    key: int = 0,
    decided: float = 1.0,
    count: int = DRAWS,
) -> dict[str, Truth]:
    """The outputs of a graph on exactly these feeds, each with the bound of an honest kernel.

    What an output's own operator rounds is known; what comes in is drawn ``count`` times. careful: with the widenings
    that are only wanted where the bound without them is left: running sums and, with ``loops``, plain float32 loops over a
    sample of each sum; override: what float32 rounds, for TF32 and other algorithms; key: names the draws, so that they
    repeat; decided: how many times over noise counts where floats decide what is taken, as they do at a kink. Sequences among the outputs are left out.
    """
    feeds = constant_values(graph) | dict(feeds)
    found = _Rounded(decided)
    step = _measuring(graph, feeds, found, careful and loops)
    exact = walk(graph, feeds, step, careful=careful, override=override)
    spread: dict[str, F64] = {}
    unspecified: dict[str, Mask] = {}
    if set(found.local) - set(found.outputs.values()) or len(graph.outputs) > 1:
        spread, unspecified = _drawn(graph, feeds, found, exact, key, count)
    why = tuple(dict.fromkeys([*found.why, *[OVERFLOW] * bool(unspecified)]))
    if found.why:
        tainted, cured = walk(graph, feeds, _tainting(found)), walk(graph, feeds, _curing(found))
        for name in filter(lambda name: _is_number(exact[name]), graph.outputs):
            lost = _only_one_is_nan(tainted[name].y, exact[name].y) | _only_one_is_nan(cured[name].y, exact[name].y)
            own = found.local.get(found.outputs.get(name, (-1, -1)))
            if own is not None and own.noise.open is not None:
                lost = lost | own.noise.open  # of whole numbers none is NaN
            unspecified[name] = lost | unspecified[name] if name in unspecified else lost
    signs = {} if found.local else signs_kept(graph, feeds, exact)
    return {
        name: _truth(
            exact[name],
            found.local.get(found.outputs.get(name, (-1, -1))),
            spread.get(name),
            unspecified.get(name),
            count,
            why,
            signs.get(name),
        )
        for name in graph.outputs
        if not exact[name].dtype.startswith("seq")
    }


def _truth(
    exact: Value,
    local: Local | None,
    spread: F64 | None,
    unspecified: Mask | None,
    count: int,
    why: tuple[str, ...],
    signs: Mask | None,
) -> Truth:
    y = np.asarray(exact.y)
    evaluation, storage = np.zeros(y.shape), np.zeros(y.shape)
    if local is not None:
        noise = local.noise
        evaluation = evaluation + (0.0 if noise.evaluation is None else noise.evaluation)
        storage = storage + (0.0 if noise.storage is None else noise.storage) + noise.flush
    if spread is not None:
        evaluation = np.sqrt(evaluation * evaluation + _pooled(spread, count))
    if exact.dtype == "float64":  # as the oracle is: two honest evaluations, each as far off as this
        evaluation, storage = 2 * evaluation, 2 * storage
    if y.dtype == np.float64 and not np.isfinite(y).all():  # an infinity is structure, not a number with an error
        fine = np.isfinite(y)
        evaluation, storage = np.where(fine, evaluation, 0.0), np.where(fine, storage, 0.0)
    if unspecified is not None and not unspecified.any():
        unspecified = None
    return Truth(y, evaluation, storage, exact.dtype, unspecified, why, signs)


def _pooled(spread: F64, count: int) -> F64:
    """The variance of each element from its draws and those of its channel (of the whole array for features).

    An element whose draws were small by luck must not be judged sharply (docs/error-bounds.md, End to end).
    """
    if not spread.size:
        return spread
    axes = (0, *range(2, spread.ndim)) if spread.ndim > 2 else tuple(range(spread.ndim))
    pool: F64 = (count * spread + POOL * spread.mean(axis=axes, keepdims=True)) / (count + POOL)
    return pool


# ---- the walks ------------------------------------------------------------------------------------------------------


def _decides(node: Node, inputs: list[Value | None], dtypes: Sequence[str]) -> bool:
    """Whether a node makes of floats what is none: truth values, places, whole numbers."""
    steps = node.kind in STEPS or any(d not in FORMATS for d in dtypes)
    return steps and any(v is not None and v.is_float for v in inputs)


def _is_whole(value: Value) -> bool:
    """Whether these are whole numbers, of floats such as their type holds each of."""
    form = FORMATS.get(value.dtype)
    if form is None:  # a sequence has no type of its own
        return getattr(value.y, "dtype", np.dtype(bool)).kind in "iu"
    y = np.asarray(value.y)
    return bool(((y == np.rint(y)) & (np.abs(y) <= 1 / form.storage)).all())


def _undecided(moved: Any, exact: Any, times: float, key: int) -> Any:
    """An input of what decides: its noise so many times over, and pushed either way, so that what ties to the bit falls either way."""
    if exact is None or exact.dtype != np.float64:
        return moved
    push = draws.along(exact.shape, (), key) * (TIE * np.abs(exact) + np.finfo(np.float64).tiny)
    return np.where(np.isfinite(exact), exact + times * (moved - exact) + push, moved)


class _Counter:
    """Numbers the nodes of a walk in the order in which they are computed, those of bodies and branches included."""

    def __init__(self) -> None:
        self._next = -1

    def __call__(self) -> int:
        self._next += 1
        return self._next


def _measuring(graph: Graph, feeds: Mapping[str, Value], found: _Rounded, loops: bool) -> Step:
    """The first walk: the exact values, and beside them the local noise of everything that rounds."""
    number, top = _Counter(), {id(node) for node in graph.nodes}
    still = {
        id(value): value for value in feeds.values()
    }  # what noise does not reach, held so that no other has its id
    #: Whole numbers that a step has decided, and what is made of them: there is nothing open about them a second time.
    whole: dict[int, Value] = {}
    passes: dict[str, float] = {}  #: of values that are sums of products: how often a kernel may add onto what is there

    def step(rule: Operator, at: Site, node: Node, inputs: list[Value | None]) -> list[Value]:
        i = number()
        x = [None if v is None else v.y for v in inputs]
        found.sizes |= {(i, k): x[k] for k in rule.sizes if k < len(x)}
        y = rule.value(at, *x)
        dtypes = rule.dtypes(at, y)
        made = [Value(v, dtype) for v, dtype in zip(y, dtypes, strict=True)]
        counted = any(id(v) in whole for v in inputs)
        counted = counted and all(v is None or id(v) in whole or id(v) in still for v in inputs)
        decides = not counted and _decides(node, inputs, dtypes)
        if decides or counted:
            whole.update((id(v), v) for v in made if _is_whole(v))
        if not all(dtype.startswith("seq") for dtype in dtypes):
            for j, (noise, v, dtype) in enumerate(zip(rule.noise(at, y, *x), y, dtypes, strict=True)):
                form = FORMATS.get(dtype)
                noise = limited(fused(noise, rule, at, node, x, passes), v, form)
                exact = noise.exact or (counted and id(made[j]) in whole)
                if exact and noise.overflow is None and noise.open is None:
                    continue
                if loops and j == 0 and (factor := widening(rule, at, noise, v, x, LAMBDA)) > 1:
                    noise = scaled(noise, factor)
                found.why |= dict.fromkeys(
                    [OVERFLOW] * (noise.overflow is not None) + [noise.why] * (noise.open is not None)
                )
                found.local[i, j] = Local(v, narrowed(noise), form is not None and form.storage > form.accumulate)
                if j == 0 and (near := rule.near(at, y, *x)) is not None:
                    found.near[i] = near
                if id(node) in top and j < len(node.outputs) and node.outputs[j] in graph.outputs:
                    found.outputs[node.outputs[j]] = (i, j)
        if found.decided != 1 and decides:
            found.decides[i] = x
        if i not in found.decides and all(v is None or id(v) in still for v in inputs):
            found.still[i] = y
            still.update((id(v), v) for j, v in enumerate(made) if (i, j) not in found.local)
        return made

    return step


def _drawn(
    graph: Graph, feeds: Mapping[str, Value], found: _Rounded, exact: Mapping[str, Value], key: int, count: int
) -> tuple[dict[str, F64], dict[str, Mask]]:
    """The variance of what comes into each output's own operator, and where draws were not finite though the value is."""
    drawn = [name for name in graph.outputs if _is_number(exact[name])]
    total: dict[str, Any] = {name: np.zeros(np.shape(exact[name].y)) for name in drawn}
    lost: dict[str, Mask] = {}
    for k in range(count):
        before: dict[str, Any] = {}
        after = walk(graph, feeds, _drawing(found, before, draws.mixed(key * count + k)))
        for name in drawn:
            with np.errstate(invalid="ignore", over="ignore"):
                y = np.asarray(exact[name].y, np.float64)
                d = np.asarray(before.get(name, after[name].y), np.float64) - y
                odd = ~np.isfinite(d) & np.isfinite(y)
                if odd.any():
                    lost[name] = odd | lost[name] if name in lost else odd
                total[name] += np.square(np.where(np.isfinite(d), d, 0.0))
    return {name: t / count for name, t in total.items()}, lost


def _is_number(value: Value) -> bool:
    return not value.dtype.startswith("seq") and np.asarray(value.y).dtype.kind not in "OSU"


def _drawing(found: _Rounded, before: dict[str, Any], key: int) -> Step:
    """Every rounding moved by one draw of its noise; ``before`` keeps the graph's outputs without their own."""
    number = _Counter()
    names = {place: name for name, place in found.outputs.items()}

    def step(rule: Operator, at: Site, node: Node, inputs: list[Value | None]) -> list[Value]:
        i = number()
        y = found.again(i, rule, at, inputs, draws.mixed(key + 8 * i + 4))
        made = []
        for j, (v, dtype) in enumerate(zip(y, rule.dtypes(at, y), strict=True)):
            if (i, j) in names:
                before[names[i, j]] = v
            local = found.local.get((i, j))
            made.append(Value(v if local is None else _moved(v, local.draw(draws.mixed(key + 8 * i + j))), dtype))
        return made

    return step


def _moved(v: Any, noise: F64) -> Any:
    """A value with its noise. Whole numbers that may go either way go to a whole number beside."""
    return np.add(v, noise, out=noise) if v.dtype == np.float64 else np.rint(v + LAMBDA * noise).astype(v.dtype)


def _tainting(found: _Rounded) -> Step:
    """NaN wherever a value is unspecified, so that what it reaches shows."""

    def changed(noise: Noise, v: Any) -> Any:
        for mask in (noise.overflow, noise.open):
            v = v if mask is None else np.where(mask, np.nan, v)
        return v

    return _changing(found, changed)


def _curing(found: _Rounded) -> Step:
    """A number wherever an operator leaves a NaN open, so that what other kernels might have made of it shows."""

    def changed(noise: Noise, v: Any) -> Any:
        return v if noise.open is None else np.where(noise.open & np.isnan(v), 1.0, v)

    return _changing(found, changed)


def _changing(found: _Rounded, changed: Callable[[Noise, Any], Any]) -> Step:
    number = _Counter()

    def step(rule: Operator, at: Site, node: Node, inputs: list[Value | None]) -> list[Value]:
        i = number()
        y = found.again(i, rule, at, inputs)
        made = []
        for j, (v, dtype) in enumerate(zip(y, rule.dtypes(at, y), strict=True)):
            local = found.local.get((i, j))
            made.append(Value(v if local is None or v.dtype.kind != "f" else changed(local.noise, v), dtype))
        return made

    return step


def _only_one_is_nan(one: Array, other: Array) -> Mask:
    if one.dtype.kind != "f":
        return np.zeros(other.shape, bool)
    mask: Mask = np.isnan(one) != np.isnan(other)
    return mask


# ---- one operator by itself -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Maker:
    """The operator that makes a graph's first output, with what it reads, when it is all that rounds there."""

    rule: Operator
    at: Site
    reads: tuple[Any, ...]


def maker(graph: Graph, feeds: Mapping[str, Value]) -> Maker | None:
    """The operator whose rounding is all that an output has; None where there is another before it, or after."""
    rounding: list[tuple[Node, Maker]] = []

    def step(rule: Operator, at: Site, node: Node, inputs: list[Value | None]) -> list[Value]:
        x = tuple(None if v is None else v.y for v in inputs)
        y = rule.value(at, *x)
        if not all(noise.exact for noise in rule.noise(at, y, *x)):
            rounding.append((node, Maker(rule, at, x)))
        return [Value(v, d) for v, d in zip(y, rule.dtypes(at, y), strict=True)]

    walk(graph, feeds, step)
    if len(rounding) != 1 or rounding[0][0].outputs[0] != graph.outputs[0]:
        return None
    return rounding[0][1]

"""Recurrent layers, one step after the other, and wrappers of layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from parity.errors import Unsupported
from parity.operators.build import Named
from parity.routes.lowering.activation import activate
from parity.routes.lowering.table import Writer, lowers, rank, rule_of, why_not

#: What a cell makes of its projected input and its states: the new states, of which the first is its output.
Step = Callable[[Named, Sequence[Named]], Sequence[Named]]


def _dense(op: Writer, x: Named, kernel: Named, bias: Named | None) -> Any:
    y = op.MatMul(x, kernel)
    return y if bias is None else op.Add(y, bias)


def _zeros(op: Writer, x: Named, units: int) -> Any:
    """A state before the first step."""
    size = op.Concat(op.Shape(x, start=0, end=1), op.integers(units), axis=0)
    return op.Expand(op.number(0.0), size)


def _stepped(op: Writer, layer: Any, x: Named, projected: Named, states: Any, count: int, step: Step) -> Any:
    """The steps in the order in which the layer takes them. ``projected`` is batch, time, features."""
    if layer.stateful:
        raise Unsupported("stateful=True")
    given = [states] if isinstance(states, Named) else list(states or [])
    now: Sequence[Named] = given or [_zeros(op, x, layer.cell.units) for _ in range(count)]
    times = range(x.shape[1])
    seen = []
    for t in reversed(times) if layer.go_backwards else times:
        now = step(op.Squeeze(op.Slice(projected, *map(op.integers, (t, t + 1, 1))), op.integers(1)), now)
        seen.append(now[0])
    y = now[0]
    if layer.return_sequences:
        y = op.Concat(*(op.Unsqueeze(h, op.integers(1)) for h in seen), axis=1)
    return [y, *now] if layer.return_state else y


@lowers("layers", "SimpleRNN")
def _simple(op: Writer, layer: Any, x: Named, initial_state: Any = None) -> Any:
    """``h = f(x W + b + h U)``."""
    cell = layer.cell
    again = op.weight(cell.recurrent_kernel)

    def step(x: Named, states: Sequence[Named]) -> Sequence[Named]:
        return [activate(op, cell.activation, op.Add(x, op.MatMul(states[0], again)))]

    projected = _dense(op, x, op.weight(cell.kernel), op.weight(cell.bias))
    return _stepped(op, layer, x, projected, initial_state, 1, step)


@lowers("layers", "LSTM")
def _lstm(op: Writer, layer: Any, x: Named, initial_state: Any = None) -> Any:
    """Hochreiter and Schmidhuber (1997) with a forget gate: ``c = f c + i g``, ``h = o tanh(c)``; gates in the order i f g o."""
    cell = layer.cell
    again = op.weight(cell.recurrent_kernel)

    def step(x: Named, states: Sequence[Named]) -> Sequence[Named]:
        h, c = states
        parts = op.Split(op.Add(x, op.MatMul(h, again)), outputs=4, axis=1, num_outputs=4)
        i, f, o = (activate(op, cell.recurrent_activation, parts[k]) for k in (0, 1, 3))
        c = op.Add(op.Mul(f, c), op.Mul(i, activate(op, cell.activation, parts[2])))
        return [op.Mul(o, activate(op, cell.activation, c)), c]

    projected = _dense(op, x, op.weight(cell.kernel), op.weight(cell.bias))
    return _stepped(op, layer, x, projected, initial_state, 2, step)


@lowers("layers", "GRU")
def _gru(op: Writer, layer: Any, x: Named, initial_state: Any = None) -> Any:
    """Cho et al. (2014): ``h = z h + (1 - z) g``, gates in the order z r g; the reset before or after the product."""
    cell, units = layer.cell, layer.cell.units
    bias, again = op.weight(cell.bias), op.weight(cell.recurrent_kernel)
    first, second = bias, None
    if bias is not None and cell.reset_after:
        first, second = (op.Gather(bias, op.constant(k), axis=0) for k in (0, 1))
    gates, candidate = op.Split(again, op.integers(2 * units, units), outputs=2, axis=1)

    def step(x: Named, states: Sequence[Named]) -> Sequence[Named]:
        (h,) = states
        x_z, x_r, x_g = op.Split(x, outputs=3, axis=1, num_outputs=3)
        if cell.reset_after:
            h_z, h_r, h_g = op.Split(_dense(op, h, again, second), outputs=3, axis=1, num_outputs=3)
        else:
            h_z, h_r = op.Split(op.MatMul(h, gates), outputs=2, axis=1, num_outputs=2)
        z = activate(op, cell.recurrent_activation, op.Add(x_z, h_z))
        r = activate(op, cell.recurrent_activation, op.Add(x_r, h_r))
        inner = op.Mul(r, h_g) if cell.reset_after else op.MatMul(op.Mul(r, h), candidate)
        g = activate(op, cell.activation, op.Add(x_g, inner))
        return [op.Add(op.Mul(z, h), op.Mul(op.Sub(op.number(1.0), z), g))]

    return _stepped(op, layer, x, _dense(op, x, op.weight(cell.kernel), first), initial_state, 1, step)


# ---- wrappers -------------------------------------------------------------------------------------------------------


def _inside(op: Writer, layer: Any, x: Named) -> Any:
    """What a wrapped layer makes of a value."""
    rule, kind = rule_of(layer), type(layer).__name__
    reason = why_not(layer) or ("has no rule" if rule is None else "")
    if layer.compute_dtype != op.compute_dtype:
        reason = f"computes in {layer.compute_dtype}"
    if rule is None or reason:
        raise Unsupported(f"the layer {layer.name!r} ({kind}) in it {reason}")
    path = op.scope
    op.scope = f"{path}/{layer.name}"
    made = rule(op, layer, x)
    op.scope = path
    return made


@lowers("layers", "Bidirectional")
def _both_ways(op: Writer, layer: Any, x: Named) -> Any:
    if layer.return_state:
        raise Unsupported("return_state=True")
    there, back = _inside(op, layer.forward_layer, x), _inside(op, layer.backward_layer, x)
    if layer.return_sequences:
        back = op.Slice(back, op.integers(-1), op.integers(-(2**63) + 1), op.integers(1), op.integers(-1))
    if layer.merge_mode == "concat":
        return op.Concat(there, back, axis=rank(there) - 1)
    if layer.merge_mode is None:
        return [there, back]
    return {"sum": op.Add, "mul": op.Mul, "ave": op.Mean}[layer.merge_mode](there, back)


@lowers("layers", "TimeDistributed")
def _of_every_time(op: Writer, layer: Any, x: Named) -> Any:
    """Times and batch are one axis for the layer inside."""
    times = x.shape[1]
    y = _inside(op, layer.layer, op.Reshape(x, op.integers(-1, *x.shape[2:])))
    return op.Reshape(y, op.integers(-1, times, *y.shape[1:]))

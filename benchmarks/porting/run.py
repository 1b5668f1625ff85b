"""Builds and runs the pairs: torch and Keras in one process, in float64. The only file of the guide that knows a framework."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any

import numpy as np

from benchmarks.porting.model import SPELLED, Counterpart, Pair, side
from parity.axes import Tensor
from parity.cases import Case
from parity.cases.parameters import draw_input, draw_parameters
from parity.operators.base import Site
from parity.operators.table import OPERATORS

SILENT = 1e-9  #: how large a difference may be, of the largest value, where two spellings are the same in float64
SINGLE = 1e-5  #: and where a framework computes in float32 whatever it is given

OPSET = 22  #: of ONNX's operators

Outcome = dict[
    str, Any
]  #: off and of, the largest difference and the largest value; or shapes, weights, or refused with the reason


class Other(Exception):
    """Weights that do not fit what was built, by their shapes."""


class Operators:
    """ONNX's operators by their names, on arrays of float64 in canonical axes, as parity's oracle computes them."""

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def call(*inputs: Any, **attributes: Any) -> Any:
            rule = OPERATORS[("", kind)]
            dtypes = tuple("" if v is None else "float32" if v.dtype.kind == "f" else v.dtype.name for v in inputs)
            return rule.value(Site(kind, attributes, OPSET, dtypes, 1), *inputs)[0]

        return call


def namespace() -> dict[str, Any]:
    """What the spellings are written with. torch._dynamo first: after TensorFlow it can bring the process down."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import torch
    import torch._dynamo
    import keras  # isort: skip
    import tensorflow as tf

    return {
        "op": Operators(),
        "torch": torch,
        "F": torch.nn.functional,
        "keras": keras,
        "ops": keras.ops,
        "tf": tf,
        "np": np,
    }


def versions(names: dict[str, Any]) -> dict[str, str]:
    """The versions of what is run."""
    import onnx

    found = {name: names[name].__version__ for name in ("torch", "keras")}
    return {**found, "tensorflow": names["tf"].__version__, "onnx": onnx.__version__}


def signatures(counterparts: Iterable[Counterpart], names: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The arguments and defaults of every torch, Keras and ONNX name of the guide: name -> argument -> its default, or ""."""
    from onnx import defs, helper

    found: dict[str, dict[str, str]] = {}
    for each in counterparts:
        for dotted in (each.torch, each.keras):
            for name in spelled(dotted):
                owner: Any = names[name.split(".")[0]]
                for word in name.split(".")[1:]:
                    owner = getattr(owner, word)
                found[name] = _arguments(owner)
        for name in spelled(each.onnx):
            schema = defs.get_schema(name)
            found[name] = {
                key: "" if not a.default_value.name else _shown(helper.get_attribute_value(a.default_value))
                for key, a in schema.attributes.items()
            }
    return found


def spelled(dotted: str) -> list[str]:
    """The names in a cell, without notes; ``{n}`` stands for two places."""
    return [name.strip().format(n=2) for name in dotted.split(",") if name.strip()]


def _arguments(owner: Any) -> dict[str, str]:
    try:
        parameters = inspect.signature(owner).parameters
    except ValueError:  # a function of C++ has none
        return {}
    empty = inspect.Parameter.empty
    return {name: "" if p.default is empty else _shown(p.default) for name, p in parameters.items()}


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return repr(value.decode())
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def run(pair: Pair, code: str, names: dict[str, Any]) -> Outcome:
    """How far ``code`` is from the first spelling of the pair, both in float64 on the same input and parameters."""
    case = Case(
        "porting", pair.layer, pair.shape, scale=pair.scale, mean=pair.mean, equal_sizes="asked for by the guide"
    )
    x = draw_input(case, 0).astype(np.float64)
    (node,) = case.network.nodes
    stored = {k: v.astype(np.float64) for k, v in draw_parameters(case, 0).get(node.name, {}).items()}

    def answer(text: str) -> Any:
        made = pair.layer.to_keras(names["keras"], case.input) if text == SPELLED else eval(text, dict(names))
        pieces = list(made) if isinstance(made, list) else [made]
        where = "keras" if text == SPELLED else side(text)
        if where == "onnx":
            return made(x)
        build = _keras if where == "keras" else _torch
        return build(pair, pieces, case.input, x, stored, names)

    names["torch"].manual_seed(0)  # what is drawn at random is drawn alike at every run
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = answer(pair.one)
        try:
            got = answer(code)
        except Other as error:
            return {"weights": str(error)}
        except (ValueError, RuntimeError, NotImplementedError, TypeError, AttributeError) as error:
            return {"refused": _reason(error)}
    if want.shape != got.shape:
        return {"shapes": ["x".join(map(str, each.shape)) for each in (want, got)]}
    off, of = float(np.abs(want - got).max()), float(np.abs(want).max())
    assert isfinite(off), pair.name
    return {"off": float(f"{off:.3g}"), "of": float(f"{of:.3g}")}


def silent(pair: Pair, outcome: Outcome) -> bool:
    """Whether two spellings of a pair are the same function."""
    return "off" in outcome and outcome["off"] <= (SINGLE if pair.single else SILENT) * max(outcome["of"], 1.0)


def as_said(pair: Pair, found: dict[str, Outcome]) -> bool:
    """Whether a pair came out as it is declared: what is alike is silent, what differs differs, what is written instead does not."""
    if pair.other and silent(pair, found["other"]) != pair.alike:
        return False
    if not pair.instead:
        return True
    if pair.remains:
        return not silent(pair, found["instead"]) and 10 * found["instead"]["off"] < found["other"]["off"]
    return silent(pair, found["instead"])


def moved(pair: Pair, kept: dict[str, Outcome], found: dict[str, Outcome]) -> bool:
    """Whether what was found is no longer what was kept: another kind of difference, or a figure off by more than a twentieth."""
    if kept.keys() != found.keys():
        return True
    for which, before in kept.items():
        now = found[which]
        if before.keys() != now.keys() or (silent(pair, before) != silent(pair, now)):
            return True
        if "off" in before and not silent(pair, before) and abs(now["off"] - before["off"]) > 0.05 * before["off"]:
            return True
        if "shapes" in before and before != now:
            return True
    return False


def _reason(error: Exception) -> str:
    line = next((text for text in str(error).splitlines() if text.strip()), type(error).__name__)
    return f"{type(error).__name__}: {line.strip()[:140]}"


def _torch(pair: Pair, pieces: list[Any], given: Tensor, x: Any, stored: dict[str, Any], names: dict[str, Any]) -> Any:
    torch = names["torch"]
    state = pair.layer.torch_state(given, **stored)
    for piece in pieces:
        if isinstance(piece, torch.nn.Module):
            piece.double().train(pair.after_a_step)
            if own := piece.state_dict():
                _load(torch, piece, own, state)

    def apply(v: Any) -> Any:
        for piece in pieces:
            v = piece(v)
        return v

    with torch.no_grad():
        if pair.after_a_step:
            apply(torch.from_numpy(x))
            for piece in pieces:
                piece.eval()
        return apply(torch.from_numpy(x)).numpy()


def _load(torch: Any, module: Any, own: dict[str, Any], state: dict[str, Any]) -> None:
    """The parameters by their names, or in their order where the module is wrapped in another."""
    wanted = [name for name in own if not name.endswith("num_batches_tracked")]
    given = [name for name in state if name != "num_batches_tracked"]
    order = wanted if set(wanted) <= set(state) else given
    shapes = [tuple(state[name].shape) for name in order], [tuple(own[name].shape) for name in wanted]
    if shapes[0] != shapes[1]:
        raise Other(f"{shapes[0]} against {shapes[1]}")
    loaded = {name: torch.from_numpy(np.asarray(state[key])) for name, key in zip(wanted, order, strict=True)}
    module.load_state_dict({**own, **loaded})


def _keras(pair: Pair, pieces: list[Any], given: Tensor, x: Any, stored: dict[str, Any], names: dict[str, Any]) -> Any:
    keras, tf = names["keras"], names["tf"]
    v = tf.constant(np.moveaxis(x, 1, -1))

    def apply(value: Any, **how: Any) -> Any:
        for piece in pieces:
            value = piece(value, **how) if isinstance(piece, keras.layers.Layer) else piece(value)
        return value

    apply(v)  # a layer has its weights once it was called
    for piece in pieces:
        if isinstance(piece, keras.layers.Layer) and piece.weights:
            own = pair.layer.keras_weights(given, **stored)
            shapes = [tuple(w.shape) for w in own], [tuple(w.shape) for w in piece.get_weights()]
            if shapes[0] != shapes[1]:
                raise Other(f"{list(shapes[0])} against {list(shapes[1])}")
            piece.set_weights(own)
    if pair.after_a_step:
        apply(v, training=True)
    y = np.asarray(keras.ops.convert_to_numpy(apply(v)))
    return np.moveaxis(y, -1, 1) if y.ndim == x.ndim and y.ndim > 2 else y


def in_float64(names: dict[str, Any]) -> None:
    """Let Keras make its layers in float64."""
    names["keras"].config.set_dtype_policy("float64")
    names["keras"].config.set_floatx("float64")


def ran(pairs: Iterable[Pair], names: dict[str, Any], told: Callable[[str], None]) -> dict[str, dict[str, Outcome]]:
    """Every pair: how far the other spelling is from the first, and what is written instead."""
    found: dict[str, dict[str, Outcome]] = {}
    for pair in pairs:
        found[pair.name] = {}
        for which, code in (("other", pair.other), ("instead", pair.instead)):
            if code:
                found[pair.name][which] = run(pair, code, names)
        told(f"{pair.name}: {found[pair.name]}")
    return found

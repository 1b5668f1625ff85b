"""Builds and runs the pairs: torch and Keras in one process, in float64. The only file of the guide that knows a framework."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any

import numpy as np

from benchmarks.porting.model import SPELLED, Counterpart, Pair, Turn, side
from parity.axes import Tensor
from parity.cases import Case, Graph
from parity.cases.parameters import draw_input, draw_parameters
from parity.cases.streams import draw
from parity.layers import ReLU
from parity.operators.base import Site
from parity.operators.table import OPERATORS

SILENT = 1e-9  #: how large a difference may be, of the largest value, where two spellings are the same in float64
SINGLE = 1e-5  #: and where a framework computes in float32 whatever it is given

OPSET = 22  #: of ONNX's operators

Outcome = dict[
    str, Any
]  #: off and of, the largest difference and the largest value, with types where those of whole numbers differ; or shapes, weights, or refused with the reason


class Other(Exception):
    """Weights that do not fit what was built, by their shapes."""


class Operators:
    """ONNX's operators by their names, on arrays of float64 in canonical axes, as parity's oracle computes them."""

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def call(*inputs: Any, outputs: int = 1, **attributes: Any) -> Any:
            rule = OPERATORS[("", kind)]
            dtypes = tuple("" if v is None else "float32" if v.dtype.kind == "f" else v.dtype.name for v in inputs)
            values = rule.value(Site(kind, attributes, OPSET, dtypes, outputs), *inputs)
            return values[0] if outputs == 1 else values

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


def drawn(pair: Pair) -> tuple[Tensor, list[Any], dict[str, Any]]:
    """The first input of a pair as it is known, all of them, and the parameters, in canonical axes; floats in float64."""
    layer, stored = pair.layer, pair.layer.parameters()
    model = layer if layer.takes == 1 else Graph(pair=(layer, "input", "input")) if stored else ReLU()
    whole = {"dtype": "int64", "below": pair.below} if pair.below else {}
    case = Case(
        "porting", model, pair.shape, scale=pair.scale, mean=pair.mean, equal_sizes="asked for by the guide", **whole
    )
    x = draw_input(case, 0)
    inputs = [x if pair.below else x.astype(np.float64)]
    inputs += [draw(shape, "normal", "porting", pair.name, n) for n, shape in enumerate(pair.more)]
    arrays = draw_parameters(case, 0).get(case.network.nodes[0].name, {})
    return case.input, inputs, {name: array.astype(np.float64) for name, array in arrays.items()}


def run(pair: Pair, code: str, names: dict[str, Any]) -> Outcome:
    """How far ``code`` is from the first spelling of the pair, both in float64 on the same inputs and parameters."""
    given, inputs, stored = drawn(pair)

    def answer(text: str) -> Any:
        made = pair.layer.to_keras(names["keras"], given) if text == SPELLED else eval(text, dict(names))
        pieces = list(made) if isinstance(made, list) else [made]
        where = "keras" if text == SPELLED else side(text)
        if where == "onnx":
            return made(*inputs)
        build = _keras if where == "keras" else _torch
        return build(pair, pieces, given, inputs, stored, names)

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
    types = [each.dtype.name for each in (want, got)]
    other = {"types": types} if want.dtype.kind == "i" and len(set(types)) > 1 else {}
    return {"off": float(f"{off:.3g}"), "of": float(f"{of:.3g}"), **other}


def turned(turn: Turn, names: dict[str, Any]) -> dict[str, float]:
    """How far the Keras layer is from the torch module with its turned arrays, and another such module with these turned back."""
    torch = names["torch"]
    torch.manual_seed(0)
    x = draw(turn.shape, "normal", "porting", turn.name)
    module, again = (eval(turn.torch, dict(names)).double() for _ in range(2))
    with torch.no_grad():
        for k, v in module.state_dict().items():
            if v.is_floating_point():  # as one that was trained: no statistic at its beginning
                v.copy_(torch.rand_like(v) + (0.5 if "var" in k else -0.5))
    state = {k.rpartition(".")[2]: v.numpy() for k, v in module.state_dict().items()}
    layer = eval(turn.keras, dict(names))
    attention = isinstance(module, torch.nn.MultiheadAttention)
    fed = names["tf"].constant(np.moveaxis(x, 1, -1) if x.ndim == 4 else x)
    given = (fed, fed) if attention else (fed,)
    layer(*given)
    layer.set_weights(eval(turn.to_keras, {**names, **state}))
    held = {w.name: np.asarray(w) for w in layer.weights}
    back = eval(turn.to_torch, {**names, **held, "k": layer.get_weights()})
    own = again.state_dict()
    again.load_state_dict(
        {k: torch.from_numpy(np.array(back[w])) if (w := k.rpartition(".")[2]) in back else own[k] for k in own}
    )

    def answer(of: Any) -> Any:
        with torch.no_grad():
            v = torch.from_numpy(x)
            y = of.eval()(v, v, v) if attention else of.eval()(v)
        return (y[0] if isinstance(y, tuple) else y).numpy()

    want, got = answer(module), np.asarray(layer(*given))
    got = np.moveaxis(got, -1, 1) if got.ndim == 4 else got
    assert want.shape == got.shape, turn.name
    return {
        "there": float(f"{np.abs(want - got).max():.3g}"),
        "back": float(f"{np.abs(want - answer(again)).max():.3g}"),
    }


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


def as_turned(off: dict[str, float]) -> bool:
    """Whether turned weights make the same function, there and back."""
    return max(off["there"], off["back"]) <= SILENT


def moved(pair: Pair, kept: dict[str, Outcome], found: dict[str, Outcome]) -> bool:
    """Whether what was found is no longer what was kept: another kind of difference, or a figure off by more than a twentieth."""
    if kept.keys() != found.keys():
        return True
    for which, before in kept.items():
        now = found[which]
        if (
            before.keys() != now.keys()
            or before.get("types") != now.get("types")
            or (silent(pair, before) != silent(pair, now))
        ):
            return True
        if "off" in before and not silent(pair, before) and abs(now["off"] - before["off"]) > 0.05 * before["off"]:
            return True
        if "shapes" in before and before != now:
            return True
    return False


def _reason(error: Exception) -> str:
    line = next((text for text in str(error).splitlines() if text.strip()), type(error).__name__)
    return f"{type(error).__name__}: {line.strip()[:140]}"


def _torch(
    pair: Pair, pieces: list[Any], given: Tensor, inputs: list[Any], stored: dict[str, Any], names: dict[str, Any]
) -> Any:
    torch = names["torch"]
    state = pair.layer.torch_state(given, **stored)
    for piece in pieces:
        if isinstance(piece, torch.nn.Module):
            piece.double().train(pair.after_a_step)
            if own := piece.state_dict():
                _load(torch, piece, own, state)

    def apply() -> Any:
        v = tuple(map(torch.from_numpy, inputs))
        for piece in pieces:
            # Attention is asked about itself.
            v = piece(*v * 3)[:1] if isinstance(piece, torch.nn.MultiheadAttention) else (piece(*v),)
        return v[0]

    with torch.no_grad():
        if pair.after_a_step:
            apply()
            for piece in pieces:
                piece.eval()
        return apply().numpy()


def _load(torch: Any, module: Any, own: dict[str, Any], state: dict[str, Any]) -> None:
    """The parameters by the ends of their names, or in their order where these do not tell."""
    wanted = [name for name in own if not name.endswith("num_batches_tracked")]
    given = [name for name in state if name != "num_batches_tracked"]
    ends = {name: [key for key in given if key == name or key.endswith(f".{name}")] for name in wanted}
    order = [keys[0] for keys in ends.values()] if all(len(keys) == 1 for keys in ends.values()) else given
    shapes = [tuple(state[name].shape) for name in order], [tuple(own[name].shape) for name in wanted]
    if shapes[0] != shapes[1]:
        raise Other(f"{shapes[0]} against {shapes[1]}")
    loaded = {name: torch.from_numpy(np.asarray(state[key])) for name, key in zip(wanted, order, strict=True)}
    module.load_state_dict({**own, **loaded})


def _keras(
    pair: Pair, pieces: list[Any], given: Tensor, inputs: list[Any], stored: dict[str, Any], names: dict[str, Any]
) -> Any:
    keras, tf = names["keras"], names["tf"]

    def apply(**how: Any) -> Any:
        v = tuple(tf.constant(np.moveaxis(x, 1, -1)) for x in inputs)
        for piece in pieces:
            twice = 2 if isinstance(piece, keras.layers.MultiHeadAttention) else 1  # attention is asked about itself
            v = (piece(*v * twice, **how) if isinstance(piece, keras.layers.Layer) else piece(*v),)
        return v[0]

    apply()  # a layer has its weights once it was called
    for piece in pieces:
        if isinstance(piece, keras.layers.Layer) and piece.weights:
            own = pair.layer.keras_weights(given, **stored)
            shapes = [tuple(w.shape) for w in own], [tuple(w.shape) for w in piece.get_weights()]
            if shapes[0] != shapes[1]:
                raise Other(f"{list(shapes[0])} against {list(shapes[1])}")
            piece.set_weights(own)
    if pair.after_a_step:
        apply(training=True)
    y = np.asarray(keras.ops.convert_to_numpy(apply()))
    return np.moveaxis(y, -1, 1) if y.ndim == inputs[0].ndim and y.ndim > 2 else y


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

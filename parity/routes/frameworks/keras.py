"""Keras 3, whatever computes for it: how a network is built, and the frameworks that are Keras on another backend."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from parity.axes import Array, Layout, Shape, Tensor, to_layout
from parity.cases.case import INPUT, Case
from parity.cases.gradient import COTANGENT
from parity.cases.network import Node
from parity.cases.parameters import Parameters
from parity.cases.policies import POLICIES
from parity.errors import Unsupported
from parity.judging.program import Program
from parity.layers.base import Layer, as_list, stored_as
from parity.routes.exporters.refusal import refusal
from parity.routes.frameworks.placing import Placing, placing
from parity.routes.options import Option

SEED = 0  #: of what layers draw at random in training
LAYOUT: Layout = "NHWC"
BATCHED = "a Keras model has a batch"  #: why no sample is given to it without one


@dataclass(frozen=True)
class Training:
    """That a model is to be run in training, and the variables that are its states. Keras looks into lists, not into this."""

    states: tuple[Any, ...]


@dataclass(frozen=True)
class Derived:
    """That a model's gradients are asked: the cotangent in the model's layout, and of each layer that stores parameters the
    variables, where its parameters lie in them, and which of these are derived by.
    """

    cotangent: Array
    kept: tuple[tuple[tuple[Any, ...], Placing, tuple[str, ...]], ...]


def use(backend: str) -> None:
    """Import Keras on this backend, for good, and set what a person's keras.json must not decide."""
    os.environ["KERAS_BACKEND"] = backend
    import keras

    if keras.backend.backend() != backend:
        raise RuntimeError(f"Keras was loaded on {keras.backend.backend()} before it was asked for {backend}")
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def build(case: Case, parameters: Parameters, tapped: bool) -> Any:
    """The case's network as a Keras model. Its batch axis is open, as Keras' own default is and as every export has it.

    Raises :class:`Unsupported` where a layer cannot be spelled.
    """
    import keras
    from keras.src.utils.naming import reset_uids  # clear_session does it too, and drops every compiled kernel

    # Keras counts through the names of layers over all that a process builds, and tf2onnx's optimisers go by names.
    reset_uids()
    shape = case.input.in_layout(LAYOUT)
    if case.chance:
        keras.utils.set_random_seed(SEED)  # a layer takes its own seed from it when it is made
    with _policy(keras, case.policy or case.precision):
        return _built(keras, case, parameters, tapped, shape[1:])


def _built(keras: Any, case: Case, parameters: Parameters, tapped: bool, shape: Shape) -> Any:
    states: list[Any] = []
    derived: list[tuple[tuple[Any, ...], Placing, tuple[str, ...]]] = []
    values = {INPUT: keras.Input(shape=shape, dtype=case.input.dtype, name="input")}
    spelled: dict[str, list[Any]] = {}
    for node in case.network.nodes:
        x = case.definition(node).inputs[0]
        pieces = spelled[node.of] if node.of else _pieces(keras, case, node, x)
        spelled[node.name] = pieces
        arguments = tuple(values[name] for name in node.inputs)
        for piece in pieces:
            arguments = (piece(*arguments),)
        values[node.name] = arguments[0]
        if stored := parameters[node.name]:
            weights = node.layer.keras_weights(x, **stored)
            owner = _load(keras, node.name, pieces, weights)
            if case.training and not tapped:
                kept = [stored_as(node.layer, enumerate(weights), stored[name]) for name in node.layer.states()]
                states += [owner.weights[i] for i in kept]
            if case.gradient and not tapped:
                variables = tuple(weight.value for weight in owner.weights)
                derived.append((variables, *_placed(node.layer, x)))
    names = [node.name for node in case.network.nodes]
    outputs = [values[name] for name in names] if tapped else values[names[-1]]
    model = keras.Model(values[INPUT], outputs)
    model.training_mode = Training(tuple(states)) if case.training else None
    model.stored = POLICIES[case.policy].low if case.policy else case.input.dtype
    model.derived = None
    if case.gradient and not tapped:
        cotangent = parameters[COTANGENT][case.network.output.name]
        model.derived = Derived(to_layout(cotangent, case.output, LAYOUT), tuple(derived))
    return model


def _pieces(keras: Any, case: Case, node: Node, x: Tensor) -> list[Any]:
    """The pieces that spell a node; under a policy, of which Keras' functions know nothing, each is a layer."""
    pieces = as_list(node.layer.to_keras(keras, x))
    if not case.policy:
        return pieces
    return [piece if isinstance(piece, keras.layers.Layer) else _applied(keras, piece) for piece in pieces]


def _applied(keras: Any, function: Callable[..., Any]) -> Any:
    """A function as a layer, so that what it reads is cast as a layer's inputs are."""

    class Applied(keras.layers.Layer):  # type: ignore[misc]
        def call(self, *values: Any) -> Any:
            return function(*values)

    return Applied()


@contextmanager
def _policy(keras: Any, precision: str) -> Iterator[None]:
    """Layers that are made meanwhile compute and store in this type, as people set it: by the dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _placed(layer: Layer, x: Tensor) -> tuple[Placing, tuple[str, ...]]:
    """Where a layer's parameters lie in the variables of its Keras spelling, and which of them are derived by."""
    spelled = partial(layer.keras_weights, x)
    wanted = tuple(name for name in layer.parameters() if name not in layer.states())
    return placing(layer, lambda **numbers: enumerate(spelled(**numbers))), wanted


def _load(keras: Any, name: str, pieces: list[Any], weights: list[Array]) -> Any:
    """Copy ``weights`` into the one piece that stores weights, and give it; Keras refuses any other shape."""
    owners = [piece for piece in pieces if isinstance(piece, keras.layers.Layer) and piece.weights]
    if len(owners) != 1:
        raise ValueError(f"{name}: {len(owners)} pieces of its Keras spelling store weights; it must be one")
    owners[0].set_weights(weights)
    return owners[0]


class OnKeras:
    """A framework that is Keras with another backend than TensorFlow, on the cpu."""

    backend: str
    name: str
    mend: str
    layout: Layout = LAYOUT
    native = True
    batched = BATCHED
    options: tuple[Option, ...] = ()
    asked: frozenset[str] = frozenset()
    default = False

    def why_no_device(self, device: str) -> str:
        """Why ``device`` cannot be used here; empty where it can."""
        return "" if device == "cpu" else f"{self.name} runs on cpu only"

    def computing_with(self, threads: int) -> AbstractContextManager[None]:
        """There is no other number than the one it started with."""
        raise Unsupported(f"{self.name} fixes its threads when it starts")

    def build(self, case: Case, parameters: Parameters, tapped: bool) -> Any:
        """The case's network as a Keras model, in float32 alone."""
        if case.precision != "float32":
            raise Unsupported(f"parity asks {self.name} in float32 alone")
        return build(case, parameters, tapped)

    def called(self, model: Any) -> Callable[..., Any]:
        """What is called in the place of a model."""
        return model  # type: ignore[no-any-return]

    def program(self, model: Any, device: str, tf32: bool) -> Program:
        """The model: channels-last float32 in, every output back as numpy."""
        import keras

        if model.derived is not None:
            raise Unsupported(f"parity asks {self.name} for no gradients")
        training = model.training_mode
        states = () if training is None else training.states
        start = [keras.ops.convert_to_numpy(variable) for variable in states]
        call = self.called(model)

        def run(x: Array) -> tuple[Array, ...]:
            for variable, value in zip(states, start, strict=True):
                variable.assign(value)
            # Inference is the default. To say training=False would overrule a layer that is spelled for training.
            try:
                out = call(x) if training is None else call(x, training=True)
            except NotImplementedError as error:
                if said := refusal(error, ("keras", self.backend)):
                    raise Unsupported(f"{self.name}: {said}") from error
                raise
            outputs = out if isinstance(out, list | tuple) else (out,)
            return tuple(keras.ops.convert_to_numpy(each) for each in (*outputs, *states))

        return run

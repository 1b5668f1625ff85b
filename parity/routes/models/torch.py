"""A torch module of a person's own: its inputs, its files, and its own run with every value and in float64."""

from __future__ import annotations

import copy
import inspect
import sys
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from parity.axes import Array, Shape
from parity.cases.asked import Asked, shapes
from parity.cases.subject import Subject
from parity.errors import CodeError, Stopped, UsageError
from parity.judging.sameness import digest
from parity.operators.file import Declared
from parity.operators.graph import Node
from parity.records.model import DEFINITION
from parity.routes.exporters.dynamo import exported
from parity.routes.exporters.torchscript import traced
from parity.routes.frameworks import compiling
from parity.routes.frameworks.torch import allow_tf32
from parity.routes.frameworks.torch import computing_with as computing_with  # one of this room's functions too
from parity.routes.models import program, steady, torch_pieces
from parity.routes.models.loading import lines_of
from parity.routes.models.own import Own, Piece, in_float64

FLOAT = "float32"  #: the type of an input where nobody says another
PROGRAM = "program"  #: the exported program, among what is kept of a module
DEVICE = "device"  #: where it runs, among it
SOURCE = "source"  #: the exported program that a person gave, among it


def own(model: Any, subject: Subject, given: Sequence[Asked], arrays: Mapping[str, Array], threads: int) -> Own:
    """The module of a subject in its eval mode, ready for inputs of these shapes.

    given, arrays: the inputs as a person asked for or gave them. Raises :class:`UsageError` for inputs that its ``forward`` has
    not or that nobody gave a shape, and where it fails on them.
    """
    import torch

    torch.set_num_threads(threads)
    sizes = _sizes(subject, model, given, arrays)
    notes, more = [], {}
    if isinstance(model, torch.export.ExportedProgram):
        module, more = program.module(model), {SOURCE: model}
    else:
        if any(part.training for part in model.modules()):
            notes.append("it was in training: eval() was called")
        module = (copy.deepcopy(model) if subject.live else model).eval().cpu()
    samples = tuple(_sample(torch, name, shape, given, arrays) for name, shape in sizes.items())
    state = torch.get_rng_state()
    try:
        with torch.no_grad():
            args, kwargs = _arguments(tuple(sizes), samples, more)
            outputs = tuple(name for name, _ in _flat(module(*args, **kwargs)))
    except Exception as error:  # noqa: BLE001 - a person's code may raise anything
        given_ = ", ".join(f"{n} {tuple(s.shape)} {s.dtype}" for n, s in zip(sizes, samples, strict=True))
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        said = f"{subject.text}: its forward fails on {given_}: {said}; give inputs that it takes"
        raise CodeError(said, lines_of(error)) from None
    if not outputs:
        raise UsageError(f"{subject.text}: its forward gives no tensor; give a module that does")
    # What is all zeros may hide what it is added to or multiplied by.
    fed = {
        name: t if name in arrays or not t.is_floating_point() else torch.full_like(t, 0.5)
        for name, t in zip(sizes, samples, strict=True)
    }
    drew = not torch.equal(state, torch.get_rng_state())
    args, kwargs = _arguments(tuple(fed), tuple(fed.values()), more)
    steady.require(subject, lambda: _outputs(module, args, kwargs), lambda: _stored(module), drew)
    taken = set(sizes)
    outputs = tuple(f"{name}.out" if name in taken else name for name in outputs)
    weights = digest(*_stored(module).values())
    return Own(module, tuple(sizes), samples, outputs, tuple(notes), weights, more)


def _outputs(module: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Array]:
    import torch

    with torch.no_grad():
        return _arrays(module(*args, **kwargs))


def _stored(module: Any) -> dict[str, Array]:
    """Parameters and buffers by name."""
    return {name: _array(value) for name, value in module.state_dict().items()}


def declared(model: Any, subject: Subject, named: Collection[str] = ()) -> list[Declared]:
    """The parameters of a module's ``forward`` that it needs, and of the others those that are named. Nothing says their shapes.

    Where it needs none and none is named, it is the first. An exported program says them itself. Raises :class:`UsageError`
    where there are none at all.
    """
    if not hasattr(model, "forward"):
        return program.declared(model, subject)
    parameters = inspect.signature(model.forward).parameters.values()
    there = [each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    if not there:
        raise UsageError(f"{subject.text}: its forward names no input; wrap it in a module whose forward does")
    fed = [each for each in there if each.default is each.empty or each.name in named]
    return [Declared(each.name, None, "") for each in fed or there[:1]]


def _sizes(subject: Subject, module: Any, given: Sequence[Asked], arrays: Mapping[str, Array]) -> dict[str, Shape]:
    """The shape of every input, in the order of ``forward``."""
    named = {one.name for one in given if one.name} | set(arrays)
    return shapes(declared(module, subject, named), given, arrays)


def _sample(torch: Any, name: str, shape: Shape, given: Sequence[Asked], arrays: Mapping[str, Array]) -> Any:
    if name in arrays:
        return _tensor(torch, arrays[name])
    return torch.zeros(shape, dtype=getattr(torch, typed(name, given)))


def typed(name: str, given: Sequence[Asked]) -> str:
    """The type of an input: as it was asked for, else float32."""
    return next((one.dtype for one in given if one.name in (name, "") and one.dtype), FLOAT)


def _flat(outputs: Any) -> Iterator[tuple[str, Any]]:
    """The tensors of what a module gives, each with its path: ``logits``, ``boxes.0``; ``output`` for the only one."""
    import torch
    from torch.utils import _pytree as pytree

    for path, value in pytree.tree_flatten_with_path(outputs)[0]:
        if isinstance(value, torch.Tensor):
            yield ".".join(_step(key) for key in path) or "output", value


def _step(key: Any) -> str:
    return str(next(getattr(key, field) for field in ("key", "idx", "name") if hasattr(key, field)))


@contextmanager
def undisturbed() -> Iterator[None]:
    """What :func:`own` and seeding set in a process, torch's threads and generator, is as it was afterwards."""
    import torch

    threads, state = torch.get_num_threads(), torch.get_rng_state()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_rng_state(state)


def why_not_here() -> str:
    """Why torch cannot export in this process; empty where it can.

    torch's compiler brings in triton, and where TensorFlow was loaded before triton that ends the process by a segmentation
    fault (triton 3.7 of torch 2.13, TensorFlow 2.21).
    """
    late = "tensorflow" in sys.modules and "triton" not in sys.modules
    if not late or find_spec("triton") is None:
        return ""
    return "tensorflow is loaded and triton is not, which torch's compiler needs, and now it would end the process; import triton before it"


# ---- files ----------------------------------------------------------------------------------------------------------


def by_dynamo(model: Own, paths: Sequence[Path]) -> None:
    """Write the module by torch.export: as it stands, with every value of its own, and optimised, as it ships.

    One export serves both files: ``optimize=True`` is this very call behind it. The exported program is kept. Raises what
    the exporter says, in its own words: :class:`Unsupported`, :class:`Stopped` or :class:`Broken`.
    """
    import torch

    definition, ships = paths
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        made = _program(model)
        made.save(definition, external_data=False)
        made.optimize()
        made.save(ships, external_data=False)
    model.more[PROGRAM] = made.exported_program


def _program(model: Own) -> Any:
    args, kwargs = _arguments(model.inputs, model.samples, model.more)
    made = exported(model.more.get(SOURCE, model.model), args, kwargs=kwargs, optimize=False, **_names(model))
    _apart(made.model.graph)
    return made


def _apart(graph: Any) -> None:
    """Give a stored tensor that is called as a value is another name.

    Before its optimiser the exporter writes both under one where a buffer is called as an operator (``mean``), which is no valid
    file [measured: torch 2.13].
    """
    made = {value.name for node in graph for value in node.outputs}
    for name, value in list(graph.initializers.items()):
        if name in made:
            value.name = f"{name}.stored"


def by_torchscript(model: Own, paths: Sequence[Path]) -> None:
    """Write the module by TorchScript tracing. Raises :class:`Unsupported`, or what the exporter raises."""
    import torch

    (path,) = paths
    with torch.no_grad():
        args, kwargs = _arguments(model.inputs, model.samples, model.more)
        traced(model.model, args, path, kwargs=kwargs, **_names(model))


WRITERS = {
    "torch": [((DEFINITION, "torch"), by_dynamo)],
    "torchscript": [(("torchscript",), by_torchscript)],
}


def _arguments(
    names: Sequence[str], values: Sequence[Any], more: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What ``forward`` is called with: each input by its name; of an exported program by its place."""
    return (tuple(values), {}) if SOURCE in more else ((), dict(zip(names, values, strict=True)))


def _names(model: Own) -> dict[str, list[str]]:
    return {"input_names": list(model.inputs), "output_names": list(model.outputs)}


# ---- its own run ----------------------------------------------------------------------------------------------------


def run(model: Own, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The module's own outputs by name, on inputs by name."""
    return dict(zip(model.outputs, _arrays(_called(model, arrays)), strict=True))


def why_no_device(device: str) -> str:
    """Why it cannot run on a device; empty where it can."""
    import torch

    number = int(device.partition(":")[2] or 0)
    if torch.cuda.device_count() > number:
        return ""
    return f"torch {torch.__version__} sees no device {device}"


def on(model: Own, device: str) -> Own:
    """The same module on a device, with TF32 off: torch's convolutions take it on their own."""
    import torch
    from torch.export.passes import move_to_device_pass

    allow_tf32(torch, False)
    # Of a program, what it makes on the cpu has to be made there; its module alone would mix the two.
    moved = {
        name: move_to_device_pass(copy.deepcopy(model.more[name]), device)
        for name in (SOURCE, PROGRAM)
        if name in model.more
    }
    made = program.module(moved[SOURCE]) if SOURCE in moved else copy.deepcopy(model.model)
    return replace(model, model=made.to(device), more={**model.more, **moved, DEVICE: device})


def compiled(model: Own) -> Own:
    """The same module behind torch.compile."""
    return replace(model, model=compiling.compiled(model.model))


def values(model: Own, arrays: Mapping[str, Array], outputs: Mapping[str, Array]) -> dict[str, Array]:
    """Every tensor that the exported program of the module computes, by the names that its file has them under.

    They are computed by the same kernels. Raises :class:`Stopped` where what comes out in the end is not what the module gives.
    """
    import torch

    seen: dict[str, Any] = {}

    class Recorder(torch.fx.Interpreter):  # type: ignore[misc]
        def run_node(self, node: Any) -> Any:
            made = super().run_node(node)
            if isinstance(made, torch.Tensor) and node.op == "call_function":
                seen[node.name] = made
            return made

    fed = _tensors(model, arrays)
    with torch.no_grad():
        if PROGRAM not in model.more:  # the process that exported it died since
            model.more[PROGRAM] = _program(model).exported_program
        made = _arrays(Recorder(model.more[PROGRAM].module()).run(*fed))
    for (name, own), other in zip(outputs.items(), made, strict=True):
        if steady.apart(own, other):
            raise Stopped(f"the exported program gives another {name} than the module")
    return {name: _array(value) for name, value in seen.items()}


def pieces(model: Own, place: Node, arrays: Mapping[str, Array]) -> Iterator[Piece]:
    """Parts of the module that make what an operator makes, the plainest first: a module of torch's own, operators alone."""
    import torch

    given = {name: _tensor(torch, arrays[name]) for name in model.inputs}
    return torch_pieces.pieces(model.model, model.more[PROGRAM], model.outputs, place, given)


def twin(model: Own) -> Own:
    """The same module with weights and arithmetic in float64."""
    made = program.widened(model.model) if SOURCE in model.more else copy.deepcopy(model.model).double()
    return replace(model, model=made)


def run_twin(model: Own, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs of a twin by name, on the same inputs, floats among them in float64."""
    found = dict(zip(model.outputs, _arrays(_called(model, in_float64(arrays))), strict=True))
    narrow = [name for name, a in found.items() if a.dtype.kind == "f" and a.dtype != np.float64]
    if narrow:
        raise Stopped(f"its double() gives {narrow[0]} in {found[narrow[0]].dtype}")
    return found


def _called(model: Own, arrays: Mapping[str, Array]) -> Any:
    import torch

    with torch.no_grad():
        args, kwargs = _arguments(model.inputs, _tensors(model, arrays), model.more)
        return model.model(*args, **kwargs)


def _arrays(outputs: Any) -> list[Array]:
    return [_array(value) for _, value in _flat(outputs)]


def _tensors(model: Own, arrays: Mapping[str, Array]) -> list[Any]:
    import torch

    return [_tensor(torch, arrays[name]).to(model.more.get(DEVICE, "cpu")) for name in model.inputs]


def _tensor(torch: Any, array: Array) -> Any:
    return torch.from_numpy(np.array(array))


def _array(value: Any) -> Array:
    """A tensor as numpy has it; bfloat16 by its bits."""
    import torch

    value = value.detach().contiguous().cpu()
    if value.dtype != torch.bfloat16:
        found: Array = value.numpy().copy()
        return found
    import ml_dtypes

    return np.asarray(value.view(torch.int16).numpy().copy().view(ml_dtypes.bfloat16))

"""The PyTorch framework."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from parity.axes import Array, Layout, Tensor
from parity.cases.case import INPUT, Case
from parity.cases.gradient import COTANGENT
from parity.cases.parameters import Parameters
from parity.cases.policies import POLICIES
from parity.errors import Unsupported
from parity.judging.program import Program
from parity.layers.base import Layer, as_list, stored_as
from parity.operators.formats import numpy_type
from parity.routes.frameworks.compiling import compiled, why_no_compiler
from parity.routes.frameworks.placing import Placing, placing
from parity.routes.options import AUTOCAST, COMPILE, TF32, Option

SEED = 0  #: of what layers draw at random in training
#: How torch says that it has no kernel of a type: ``"max_pool2d" not implemented for 'Half'``.
_LACKS = re.compile(
    r"not implemented for '(Half|BFloat16|Double|Int|Long)'|[Uu]nsupported dtype|not supported for (half|bfloat16)"
)


@dataclass(frozen=True)
class Kept:
    """A piece that stores a layer's parameters: its own, by name, where they lie in them, and which of them are derived by."""

    owner: Any
    placing: Placing
    wanted: tuple[str, ...]


@contextmanager
def computing_with(threads: int) -> Iterator[None]:
    """Runs meanwhile take this many threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Torch:
    """Builds networks as ``torch.nn`` modules."""

    name = "torch"
    modules = ("torch",)
    distributions = ("torch",)
    mend = "pip install 'parity[torch]'"
    layout: Layout = "NCHW"
    native = True
    batched = ""
    options: tuple[Option, ...] = (AUTOCAST, COMPILE, TF32)
    asked: frozenset[str] = frozenset()
    default = True

    def start(self, threads: int) -> None:
        """Import torch, fix its threads, and turn TF32 off."""
        import torch

        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        allow_tf32(torch, False)

    def why_no_device(self, device: str) -> str:
        """Why ``device`` cannot be used here; empty where it can."""
        import torch

        if device == "cpu" or (device == "cuda" and torch.cuda.is_available()):
            return ""
        return f"torch {torch.__version__} sees no {device} device"

    def computing_with(self, threads: int) -> AbstractContextManager[None]:
        """Set torch's threads and set them back."""
        return computing_with(threads)

    def build(self, case: Case, parameters: Parameters, tapped: bool) -> Any:
        """The case's network as a module in the case's mode, on the cpu."""
        import torch

        spelled: dict[str, list[Any]] = {}
        for node in case.network.nodes:
            again = spelled[node.of] if node.of else node.layer.to_torch(torch, case.definition(node).inputs[0])
            spelled[node.name] = as_list(again)
        states: list[tuple[Any, str]] = []
        kept: list[Kept] = []
        if case.precision != "float32":  # as which modules are made
            for pieces in spelled.values():
                for module in (piece for piece in pieces if isinstance(piece, torch.nn.Module)):
                    module.to(torch_type(torch, case.precision))
        for node in case.network.nodes:
            if stored := parameters[node.name]:
                state = node.layer.torch_state(case.tensors[node.inputs[0]], **stored)
                owner = _load(torch, node.name, spelled[node.name], state)
                if case.training and not tapped:
                    keys = [stored_as(node.layer, state.items(), stored[name]) for name in node.layer.states()]
                    states += [(owner, key) for key in keys]
                if case.gradient and not tapped:
                    kept.append(_kept(node.layer, case.tensors[node.inputs[0]], owner))
        module = _module(torch, case, spelled, tapped).train(case.training)
        module.states = states
        module.low = POLICIES[case.policy].low if case.policy else ""
        module.stored = module.low or case.input.dtype
        module.kept = kept
        module.cotangent = parameters[COTANGENT][case.network.output.name] if case.gradient and not tapped else None
        return module

    def program(self, model: Any, device: str, tf32: bool) -> Program:
        """The module on ``device``: canonical arrays of the case's precision in, every output back as numpy."""
        import torch

        model = model.to(device)
        if COMPILE.word in self.asked and (why := why_no_compiler()):
            raise Unsupported(why)
        called = compiled(model) if COMPILE.word in self.asked else model
        start = [owner.state_dict()[key].clone() for owner, key in model.states]
        if model.training:
            torch.manual_seed(SEED)

        if model.cotangent is not None:
            if COMPILE.word in self.asked:
                raise Unsupported("gradients are asked of the module as it is")
            return _deriving(torch, model, device, tf32)

        def run(x: Array) -> tuple[Array, ...]:
            allow_tf32(torch, tf32)
            with torch.no_grad():
                for (owner, key), value in zip(model.states, start, strict=True):
                    owner.state_dict()[key].copy_(value)
                try:
                    with _policy(torch, device, model.low):
                        out = called(as_tensor(torch, x).to(device))
                except (RuntimeError, NotImplementedError) as error:
                    if said := lacking(model.stored, error):
                        raise Unsupported(said) from error
                    raise
            outputs = out if isinstance(out, tuple) else (out,)
            states = [owner.state_dict()[key] for owner, key in model.states]
            return tuple(as_array(torch, o) for o in (*outputs, *states))

        return run


def _policy(torch: Any, device: str, low: str) -> AbstractContextManager[Any]:
    """Meanwhile torch casts by its own lists to this type, or not at all where there is none."""
    return torch.autocast(device, dtype=torch_type(torch, low)) if low else nullcontext()


def _kept(layer: Layer, x: Tensor, owner: Any) -> Kept:
    spelled: Callable[..., Any] = partial(layer.torch_state, x)
    wanted = tuple(name for name in layer.parameters() if name not in layer.states())
    return Kept(owner, placing(layer, lambda **numbers: spelled(**numbers).items()), wanted)


def _deriving(torch: Any, model: Any, device: str, tf32: bool) -> Program:
    """The network at inference with its gradients by autograd. What has no gradient, a frozen parameter for one, gives zeros."""

    def run(x: Array) -> tuple[Array, ...]:
        allow_tf32(torch, tf32)
        cotangent = torch.from_numpy(model.cotangent).to(device)
        leaf = torch.from_numpy(np.array(x)).to(device)
        if leaf.is_floating_point():
            leaf.requires_grad_()
        named = [dict(kept.owner.named_parameters()) for kept in model.kept]
        fed = [leaf] if leaf.requires_grad else []
        by = [*fed, *(parameter for each in named for parameter in each.values() if parameter.requires_grad)]
        with torch.enable_grad():
            out = model(leaf)
            found = torch.autograd.grad(out, by, cotangent, allow_unused=True, materialize_grads=True)
        known = {id(tensor): gradient.cpu().numpy() for tensor, gradient in zip(by, found, strict=True)}
        made = [out.detach().cpu().numpy(), *(known[id(each)] for each in fed)]
        for kept, each in zip(model.kept, named, strict=True):
            gradients = {
                key: known.get(id(parameter), np.zeros(tuple(parameter.shape), np.float32))
                for key, parameter in each.items()
            }
            made += kept.placing.gathered(gradients, kept.wanted)
        return tuple(made)

    return run


def _module(torch: Any, case: Case, spelled: Mapping[str, list[Any]], tapped: bool) -> Any:
    nodes = case.network.nodes

    class Net(torch.nn.Module):  # type: ignore[misc]
        """The network; with ``tapped``, a twin that returns every layer's output."""

        # What is set on it once it is made: a node of such a name has another one in the module.
        low = stored = ""
        states = kept = ()
        cotangent = None

        def __init__(self) -> None:
            super().__init__()
            for node in nodes:
                if node.of:
                    continue
                owned = [piece for piece in spelled[node.name] if isinstance(piece, torch.nn.Module)]
                taken = hasattr(self, node.name)  # a node may be called what a module has already: "training", "type"
                self.add_module(f"{node.name}_" if taken else node.name, torch.nn.ModuleList(owned))

        def forward(self, x: Any) -> Any:
            values = {INPUT: x}
            for node in nodes:
                arguments = tuple(values[name] for name in node.inputs)
                for piece in spelled[node.name]:
                    arguments = (piece(*arguments),)
                values[node.name] = arguments[0]
            return _distinct(values[node.name] for node in nodes) if tapped else values[nodes[-1].name]

    return Net()


def _distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    """The values, each an object of its own: a graph may not name one value as two outputs (dropout returns its input)."""
    seen: list[Any] = []
    for value in values:
        seen.append(value.clone() if any(value is other for other in seen) else value)
    return tuple(seen)


def _load(torch: Any, name: str, pieces: list[Any], state: Mapping[str, Array]) -> Any:
    """Copy ``state`` into the one piece that stores parameters, and give it; names and shapes must match to the letter."""
    owners = [piece for piece in pieces if isinstance(piece, torch.nn.Module) and piece.state_dict()]
    if len(owners) != 1:
        raise ValueError(f"{name}: {len(owners)} pieces of its torch spelling store parameters; it must be one")
    owners[0].load_state_dict({key: as_tensor(torch, np.array(value)) for key, value in state.items()}, strict=True)
    return owners[0]


def lacking(dtype: str, error: Exception) -> str:
    """What torch says where it has no kernel of the input's type; empty for any other error, and in float32, of which it has all."""
    return f"torch: {str(error).splitlines()[0]}" if dtype != "float32" and _LACKS.search(str(error)) else ""


def torch_type(torch: Any, name: str) -> Any:
    """torch's type of a stored type's name."""
    return getattr(torch, name)


def as_tensor(torch: Any, array: Array) -> Any:
    """An array as a tensor of the same type; numpy's own do not have bfloat16, so its bits go over as whole numbers."""
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def as_array(torch: Any, tensor: Any) -> Array:
    """The inverse of :func:`as_tensor`, from whatever device."""
    tensor = tensor.cpu()
    if tensor.dtype == torch.bfloat16:
        return np.asarray(tensor.contiguous().view(torch.int16).numpy().view(numpy_type("bfloat16")))
    return np.asarray(tensor.numpy())


def allow_tf32(torch: Any, allowed: bool) -> None:
    """Let products and convolutions on cuda round to TF32, or not."""
    # Not fp32_precision, which replaces these: in torch 2.13 the dynamo exporter reads the older flags through
    # torch.backends.cudnn.set_flags and fails with "a mix of the legacy and new APIs" once the newer ones were set.
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed

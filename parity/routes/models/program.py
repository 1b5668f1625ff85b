"""An exported program of torch's (a ``.pt2`` file): what it takes, and the module that it is run as."""

from __future__ import annotations

import copy
from types import MethodType
from typing import Any

from parity.cases.subject import Subject
from parity.errors import UsageError
from parity.operators.file import Declared


def declared(program: Any, subject: Subject) -> list[Declared]:
    """Its inputs; an axis that is free bears the name of its symbol.

    Raises :class:`UsageError` where it takes none, or others than tensors.
    """
    import torch

    args, kwargs = program.call_spec.in_spec.children()
    signature = program.graph_signature
    nested = not all(spec.is_leaf() for spec in (*args.children(), *kwargs.children()))
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    if nested or not all(isinstance(values.get(name), torch.Tensor) for name in signature.user_inputs):
        raise UsageError(
            f"{subject.text}: an input of it is no tensor; export a module whose forward takes tensors alone"
        )
    if not signature.user_inputs:
        raise UsageError(f"{subject.text}: its forward takes no input; export a module whose forward does")
    return [
        Declared(
            name,
            tuple(size if isinstance(size, int) else str(size) for size in values[name].shape),
            str(values[name].dtype).removeprefix("torch."),
        )
        for name in signature.user_inputs
    ]


def module(program: Any) -> Any:
    """The module that it is run as: all inputs by their places, whatever it was exported to be called with."""
    import torch

    args, kwargs = program.call_spec.in_spec.children()
    first, names = args.num_children, tuple(kwargs.context)

    class Program(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, run: Any) -> None:
            super().__init__()
            self.run = run

        def forward(self, *tensors: Any) -> Any:
            return self.run(*tensors[:first], **dict(zip(names, tensors[first:], strict=True)))

    run = program.module()
    # It has one mode, that of its export, and raises where another is asked for; the tracing exporter asks.
    run.train = MethodType(lambda self, mode=True: self, run)
    return Program(run)


def widened(module: Any) -> Any:
    """The module in float64, the casts to float32 that stand in its graph too."""
    import torch

    def wide(each: Any) -> Any:
        return torch.float64 if each is torch.float32 else each

    made = copy.deepcopy(module).double()
    for node in made.run.graph.nodes:
        node.args, node.kwargs = (torch.fx.node.map_aggregate(part, wide) for part in (node.args, node.kwargs))
    made.run.recompile()
    return made

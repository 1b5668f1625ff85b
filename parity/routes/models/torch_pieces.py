"""Parts of a torch module that stand alone: a module of torch's own, or operators of its exported program, in plain torch."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from parity.operators.graph import Node
from parity.routes.models.own import Piece

NODE = "pkg.torch.onnx.fx_node"  #: what torch's exporter keeps of the node of the program that an operator comes from
DEPTHS = (0, 1, 2, 4)  #: how many operators behind another are tried before all are
FREED = re.compile(r";\s+(\w+ = )+None$", re.MULTILINE)  #: what torch's printer adds to let go of values
SKIPPED = frozenset({"self", "device", "dtype", "inplace"})  #: arguments that decide nothing of what a module computes


def pieces(module: Any, program: Any, outputs: Sequence[str], place: Node, given: Mapping[str, Any]) -> Iterator[Piece]:
    """Parts that make what an operator of the definition makes, the plainest first.

    program: the exported program of the module; outputs: the names of its outputs; given: its inputs by name. Nothing where the
    program has no such operator.
    """
    graph, seen = _run(program, given)
    last = _maker(graph, outputs, place)
    if last is None:
        return
    names = _names(graph, outputs)
    path, kind = _module_of(last)
    inside = [node for node in graph.nodes if node.op == "call_function" and _module_of(node)[0] == path]
    alone = kind.startswith("torch.nn.modules.") and path
    windows = (_window(program, graph, seen, names, last, depth) for depth in (*DEPTHS, len(graph.nodes)))
    if alone and inside[-1] is last:
        spelled = _spelled(module.get_submodule(path), path, inside, seen, names)
        if spelled is not None:
            yield spelled
    known: set[str] = set()
    for each in windows:
        if each.code not in known:
            known.add(each.code)
            yield each


def _run(program: Any, given: Mapping[str, Any]) -> tuple[Any, dict[Any, Any]]:
    """The graph of a program and what each of its nodes gives."""
    import torch

    runs = program.module()
    seen: dict[Any, Any] = {}

    class Recorder(torch.fx.Interpreter):  # type: ignore[misc]
        def run_node(self, node: Any) -> Any:
            seen[node] = made = super().run_node(node)
            return made

    with torch.no_grad():
        Recorder(runs).run(*given.values())
    return runs.graph, seen


def _names(graph: Any, outputs: Sequence[str]) -> dict[Any, str]:
    """The names of the values in the definition: those of the nodes, but of the outputs the model's own."""
    import torch

    found = {node: node.name for node in graph.nodes}
    (end,) = (node for node in graph.nodes if node.op == "output")
    given = [node for node in torch.utils._pytree.tree_leaves(end.args[0]) if isinstance(node, torch.fx.Node)]
    return found | dict(zip(given, outputs, strict=False))


def _maker(graph: Any, outputs: Sequence[str], place: Node) -> Any:
    """The node of the program that an operator comes from, or the one that takes its first output."""
    said = re.match(r"%(\w+)", place.meta.get(NODE, ""))
    names = {node.name: node for node in graph.nodes if node.op == "call_function"}
    found = names.get(place.outputs[0]) or (names.get(said[1]) if said else None)
    if found is not None and not hasattr(found.meta.get("val"), "shape"):
        found = next((user for user in found.users if user.args[1:] == (0,)), None)
    return found


def _module_of(node: Any) -> tuple[str, str]:
    """The path and the class of the innermost module that a node is of."""
    stack = list((node.meta.get("nn_module_stack") or {"": ("", "")}).values())
    path, kind = stack[-1]
    return str(path), kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"


def _spelled(
    module: Any, path: str, inside: Sequence[Any], seen: Mapping[Any, Any], names: Mapping[Any, str]
) -> Piece | None:
    """A module of torch's own by its constructor; None for one whose arguments it does not keep."""
    import torch

    arguments = []
    for name, each in inspect.signature(type(module).__init__).parameters.items():
        if name in SKIPPED or each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            continue
        if not hasattr(module, name):
            return None
        value = getattr(module, name)
        value = value is not None if name == "bias" and not isinstance(value, bool) else value
        if not isinstance(value, bool | int | float | str | tuple | None):
            return None
        if each.default is inspect.Parameter.empty or value != each.default:
            arguments.append(f"{name}={value!r}")
    reads = _outside(inside)
    weights = {f"weight/{name}": value for name, value in module.state_dict().items()}
    if any(not isinstance(seen[node], torch.Tensor) for node in reads):
        return None
    kind = f"torch.nn.{type(module).__name__}"
    code = [
        "def build():",
        f"    module = {kind}({', '.join(arguments)})",
        *(
            ['    stored = {n.removeprefix("weight/"): torch.from_numpy(a) for n, a in data.items() if n.startswith("weight/")}',
             "    module.load_state_dict(stored)"] if weights else []
        ),
        "    return module.eval()",
    ]  # fmt: skip
    inputs = {names[node]: _array(seen[node]) for node in reads}
    title = f"{kind}, the module {path}"
    return Piece(title, "\n".join(code), {n: _array(a) for n, a in weights.items()}, inputs, names[inside[-1]])


def _outside(inside: Sequence[Any]) -> list[Any]:
    """What nodes read from around them, weights left out."""
    own = set(inside)
    reads = dict.fromkeys(each for node in inside for each in node.all_input_nodes)
    return [node for node in reads if node not in own and node.op != "get_attr"]


def _window(program: Any, graph: Any, seen: Any, names: Mapping[Any, str], last: Any, depth: int) -> Piece:
    """The operators up to so many behind one, as a module whose forward is written out."""
    import torch

    inside = {last}
    edge = [last]
    while edge:
        node, *edge = edge
        for each in node.all_input_nodes:
            # What takes one of several outputs, or what makes no tensor, is no step.
            plain = isinstance(seen.get(each), torch.Tensor)
            near = not plain or (depth and _far(last, each) <= depth)
            if each.op == "call_function" and near and each not in inside:
                inside.add(each)
                edge.append(each)
    ordered = [node for node in graph.nodes if node in inside]
    made, env, weights = torch.fx.Graph(), {}, {}
    for node in _outside(ordered):
        env[node] = made.placeholder(node.name)
    read = dict.fromkeys(each for one in ordered for each in one.all_input_nodes)
    for node in (each for each in read if each.op == "get_attr"):
        name = re.sub(r"\W", "_", str(node.target))
        weights[name] = _array(seen[node])
        env[node] = made.create_node("get_attr", name, name=name)
    for node in ordered:
        env[node] = made.node_copy(node, lambda each: env[each])
    made.output(env[last])
    forward = FREED.sub("", made.python_code("self").src.strip()).replace("\n", "\n    ")
    stored = [f'        self.register_buffer("{name}", torch.from_numpy(data["weight/{name}"]))' for name in weights]
    code = [
        "class Piece(torch.nn.Module):",
        *(["    def __init__(self):", "        super().__init__()", *stored, ""] if stored else []),
        f"    {forward}",
        "",
        "",
        "def build():",
        "    return Piece().eval()",
    ]
    kinds = " and ".join(dict.fromkeys(str(n.target) for n in ordered if "getitem" not in str(n.target)))
    inputs = {names[node]: _array(seen[node]) for node in _outside(ordered)}
    title = kinds if len(ordered) < 5 else f"{len(ordered)} operators up to {last.target}"
    return Piece(title, "\n".join(code), {f"weight/{n}": a for n, a in weights.items()}, inputs, names[last])


def _far(last: Any, node: Any) -> int:
    """How many operators lie from a node to another behind it, at least."""
    found, edge, n = {last}, [last], 0
    while edge and node not in found:
        edge = [each for one in edge for each in one.all_input_nodes if each not in found]
        found |= set(edge)
        n += 1
    return n


def _array(value: Any) -> Any:
    return value.detach().contiguous().cpu().numpy().copy()

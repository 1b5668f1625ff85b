"""What torch's exporter makes anew for each export although it is always the same, and what remembers it.

Nine tenths of an export's CPU went there: 0.08 s are left of 0.85 s for a convolution [measured: torch 2.13, onnxscript 0.7].
What is remembered follows from its arguments, or is held against all that it was made of. What a later registration may
change is asked for again, so an operator that is defined between two exports, or a function of onnxscript's for one, is seen by
the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import is_dataclass
from functools import cache, partial
from importlib import import_module
from inspect import signature
from typing import Any

from parity.routes.exporters.memo import Function, Memo, Table, UnlikeError, leave, standing_in

EXPORTER = "torch.onnx._internal.exporter"
DECOMPOSING = ("torch.export.exported_program", "torch.export.decomp_utils")
SIGNATURE = ("func", "domain", "name", "overload", "since_version")
COMPOSITES = "_collect_all_valid_cia_ops"

State = tuple[dict[Any, Any], dict[Any, dict[Any, Any]], dict[Any, Any]]
"""Operators with how each is composed, their kernels in Python, and the rules that fake tensors have."""

#: The names that ``_override_composite_implicit_decomp`` may use, for all that it does to be in a State.
USES = frozenset(
    {
        *("_AUTOGRAD_ALIAS_BACKEND_KEYS_TO_OVERRIDE", "_BACKEND_KEYS_TO_OVERRIDE", "_dispatch_cache", "py_impl", "py_kernels"),
        *("_deregister_op_impl", "_get_decomp_for_cia", "_is_op_registered_to_fake_rule", "register_op_impl"),
        *("torch", "_C", "DispatchKey", "CompositeImplicitAutograd", "autograd_not_implemented", "functools", "partial"),
        *("add", "clear", "copy", "items", "set", "update"),
    }
)  # fmt: skip


def _functions(make: Function) -> Function:
    """The functions of onnxscript's registry with their domains, for which it parses the source of each."""
    from onnxscript.function_libs.torch_lib import registration

    def registered() -> list[Any]:
        return [(name, [*each.overloads], [*each.complex]) for name, each in registration.default_registry.items()]

    last: list[tuple[list[Any], list[Any]]] = []  # at most one: what was registered, and what was made of it

    def once() -> list[Any]:
        if not last or registered() != last[0][0]:
            made: list[Any] = make()
            if not all(map(_frozen, made)):
                leave(make.__name__, "gives what may be changed")
                return made
            last[:] = [(registered(), made)]  # asked after: the first call fills the registry
        return [*last[0][1]]

    return once


def _composites(make: Function) -> Function:
    """The operators that are composed of others; of all namespaces, the dispatcher's are fetched once and not for each."""
    home, fetch = import_module(make.__module__), "_materialize_cpp_cia_ops"
    if signature(getattr(home, fetch)).parameters:
        raise UnlikeError("fetches what the dispatcher has in another way")

    def once() -> Any:
        getattr(home, fetch)()
        with standing_in(home, fetch, lambda: None):
            return make()

    return once


def _decomposed(make: Function) -> Function:
    """A program decomposed: those operators are looked up once for it, not by each of the two that ask, one after the other."""

    def once(exported_program: Any, registry: Any) -> Any:
        asking = [import_module(module) for module in DECOMPOSING]
        looked_up = cache(getattr(asking[0], COMPOSITES))
        with ExitStack() as stack:
            for module in asking:
                if getattr(module, COMPOSITES) is looked_up.__wrapped__:
                    stack.enter_context(standing_in(module, COMPOSITES, looked_up))
            return make(exported_program, registry)

    return once


def _registered(make: Function) -> Function:
    """What is decomposed, and how, by all that it is made of: what ONNX has, what is composed and by which kernel, and torch's table."""
    from torch._C import DispatchKey
    from torch._decomp import decomposition_table
    from torch.export import decomp_utils

    last: list[tuple[Any, dict[Any, Any]]] = []  # at most one: of what, and what was made of it

    def once(onnx_registered_ops: Any) -> dict[Any, Any]:
        composed = getattr(decomp_utils, COMPOSITES)()
        kernels = {op: op.py_kernels.get(DispatchKey.CompositeImplicitAutograd) for op in composed}
        state = ({*onnx_registered_ops}, kernels, {**decomposition_table})
        if not last or state != last[0][0]:
            last[:] = [(state, make(onnx_registered_ops))]
        return {**last[0][1]}

    return once


def _split(make: Function) -> Function:
    """That table in two, the operators that are composed and the rest, by itself and by which are composed."""
    from torch.export import exported_program

    last: list[tuple[Any, Any]] = []  # at most one: of what, and what was made of it

    def once(decomp_table: dict[Any, Any]) -> Any:
        state = ({**decomp_table}, {*getattr(exported_program, COMPOSITES)()})
        if not last or state != last[0][0]:
            last[:] = [(state, tuple(dict(part) for part in make(decomp_table)))]
        return tuple(dict(part) for part in last[0][1])

    return once


def _decompositions(make: Function) -> Function:
    """How an operator is composed, by itself and the kernel in Python that it has for that."""
    from torch._C import DispatchKey

    known: dict[Any, tuple[Any, Any]] = {}

    def once(op: Any) -> Any:
        kernel = op.py_kernels.get(DispatchKey.CompositeImplicitAutograd)
        if op not in known or known[op][0] is not kernel:
            made = make(op)
            if made is not kernel and not (isinstance(made, partial) and made.keywords == {"kernel": op}):
                leave(make.__name__, "gives something else")
                return made
            known[op] = (kernel, made)
        return known[op][1]

    return once


def _overrides(make: Function) -> Callable[[dict[Any, Any]], AbstractContextManager[None]]:
    """The thousands of kernels that operators have while a program is decomposed, by those they had before."""
    from torch._subclasses.fake_impls import _deregister_op_impl as deregister
    from torch._subclasses.fake_impls import op_implementations_dict as rules

    if more := set(make.__wrapped__.__code__.co_names) - USES:  # type: ignore[attr-defined]
        raise UnlikeError(f"uses {', '.join(sorted(more))}")
    last: list[tuple[State, State]] = []  # at most one: before, and meanwhile

    @contextmanager
    def once(cia_ops_to_callable: dict[Any, Any]) -> Iterator[None]:
        def state() -> State:
            return dict(cia_ops_to_callable), {op: {**op.py_kernels} for op in cia_ops_to_callable}, {**rules}

        before = state()
        if not last or before != last[0][0]:
            with make(cia_ops_to_callable):
                meanwhile = state()
                yield
            last[:] = [(before, meanwhile)] if state()[1] == before[1] else []
            return
        _, kernels, ruled = last[0][1]
        for op, taken in kernels.items():
            _put(op, taken)
        rules.update(ruled)
        try:
            yield
        finally:
            for op, had in before[1].items():
                _put(op, had)
                deregister(op)

    return once


def _frozen(made: Any) -> bool:
    return is_dataclass(made) and made.__dataclass_params__.frozen  # type: ignore[union-attr]


def _put(op: Any, kernels: dict[Any, Any]) -> None:
    op.py_kernels.clear()
    op.py_kernels.update(kernels)
    op._dispatch_cache.clear()


MEMO = Memo(
    (
        Table("get_torchlib_ops", (f"{EXPORTER}._registration:onnxscript_apis",), (), _functions),
        Table("op_signature_from_function", (f"{EXPORTER}._schemas",), SIGNATURE, cache),
        Table(COMPOSITES, DECOMPOSING, (), _composites),
        Table("decompose_with_registry", (f"{EXPORTER}._fx_passes",), ("exported_program", "registry"), _decomposed),
        Table(
            "create_onnx_friendly_decomposition_table", (f"{EXPORTER}._decomp",), ("onnx_registered_ops",), _registered
        ),
        Table("_split_decomp_table_to_cia_and_python_decomp", DECOMPOSING[:1], ("decomp_table",), _split),
        Table("_get_decomp_for_cia", DECOMPOSING, ("op",), _decompositions),
        Table("_override_composite_implicit_decomp", DECOMPOSING[:1], ("cia_ops_to_callable",), _overrides),
    )
)

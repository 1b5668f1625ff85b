"""A framework, an exporter and two runtimes that are small, honest, and die on request.

A tag ``stage:fault`` of a case says where and how: ``run`` in the framework, ``export`` in the exporter, ``read`` in the
runtimes. The faults are real ones: signals, native null reads, endless loops, memory that is touched.

It lies in a folder of its own, since the key of an export reads all that lies beside what takes part in it: below ``tests`` that
would be every test, read again in every process that exports.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from parity.cases.case import INPUT, Case
from parity.cases.parameters import Parameters
from parity.errors import Broken, Stopped, Unsupported
from parity.judging.program import Program
from parity.layers import ReLU
from parity.operators.graph import as_value, walk
from parity.routes.catalog import Catalog, Route
from parity.routes.exporters.memo import Memo, Table
from parity.routes.options import TF32, Option
from parity.running.worker import LENGTH

MODULE = "parity_kit"
CATALOG = Catalog(
    frameworks={"kit": f"{MODULE}:Kit", "maker": f"{MODULE}:Maker"},
    exporters={"writer": f"{MODULE}:Writer"},
    runtimes={"reader": f"{MODULE}:Reader", "other": f"{MODULE}:Other"},
)
LIMIT = 1.5  #: seconds a step of a case may take that is meant to hang
MEMORY = 600 * 2**20


def case(name: str, *tags: str, time_limit: float = 30.0) -> Case:
    return Case(name, ReLU(), (2, 3, 4, 5), tags=tags, time_limit=time_limit)


def route(name: str = "kit", **changes: Any) -> Route:
    return Route(**{**vars(CATALOG.routes()[name]), **changes})


def _null_read() -> None:
    ctypes.string_at(0)


def _spin() -> None:
    while True:
        pass


def _hang_in_native_code() -> None:
    ctypes.PyDLL(None).pause()  # PyDLL keeps the interpreter's lock: no thread of Python's can run beside it


def _eat() -> None:
    held = []
    while True:
        held.append(np.ones(50 * 2**20 // 8))
        time.sleep(0.02)


def _grow() -> None:
    _kept.append(np.ones(400 * 2**20 // 8))


def _connection() -> socket.socket:
    """A worker's line to its parent, which is older than what the collector walks."""
    gc.unfreeze()
    (found,) = [o for o in gc.get_objects() if isinstance(o, socket.socket) and o.fileno() >= 0]
    return found


def _torn(after: Any) -> None:
    """Send the beginning of an answer, and no more."""
    connection = _connection()
    connection.sendall(LENGTH.pack(1000) + b"x" * 10)
    after()


def _hang_up() -> None:
    connection = _connection()
    connection.shutdown(socket.SHUT_RDWR)
    time.sleep(1000)


def _fail_an_assertion() -> None:
    ctypes.CDLL(None).__assert_fail(b"rows == 3", b"/build/src/kernel.cc", 41, b"run")


def _free_twice() -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    block = libc.malloc(64)
    libc.free(block)
    libc.free(block)


def _fail_a_check() -> None:
    """What absl's CHECK writes, and how it ends."""
    said = (
        "F0000 00:00:1763931023.506177   77 pool.cc:41] Check failed: rows == 3 (2 vs. 3) in <Pool object at 0x7f00>\n"
    )
    os.write(2, f"{said}*** Check failure stack trace: ***\n".encode())
    os.abort()


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _kill_the_parent() -> None:
    """End the process that started this one, and this one with it."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1000)


def _kill_the_parent_once() -> None:
    with suppress(FileExistsError):
        Path("killed once").touch(exist_ok=False)
        _kill_the_parent()


def _doze_once() -> None:
    if not _dozed:
        _dozed.append(True)
        time.sleep(5 * LIMIT)


def _fill_the_disk() -> None:
    with Path("/dev/full").open("wb") as file:
        file.write(b"x")


def _look_for_a_table() -> None:
    with Memo([Table("gone", (MODULE,), (), lambda function: function)]).kept():
        pass


def _raise(error: BaseException) -> None:
    raise error


_kept: list[Any] = []
_dozed: list[bool] = []
FAULTS: dict[str, Any] = {
    "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "null-read": _null_read,
    "abort": os.abort,
    "assertion": _fail_an_assertion,
    "freed-twice": _free_twice,
    "check": _fail_a_check,
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "exit": lambda: os._exit(7),
    "sys-exit": lambda: sys.exit(3),
    "sleep": lambda: time.sleep(1000),
    "doze": _doze_once,
    "spin": _spin,
    "native-hang": _hang_in_native_code,
    "stop": _stop,
    "parent": _kill_the_parent,
    "parent-once": _kill_the_parent_once,
    "eat": _eat,
    "grow": _grow,
    "torn": lambda: _torn(lambda: os._exit(1)),
    "torn-stop": lambda: _torn(_stop),
    "hang-up": _hang_up,
    "full": _fill_the_disk,
    "raise": lambda: _raise(RuntimeError("boom\nwith more lines")),
    "raise-noisily": lambda: _raise(RuntimeError("\x1b[31mcannot use <Net object at 0x7f00beef>\x1b[0m")),
    "stopped": lambda: _raise(Stopped("ValueError: the cause")),
    "unsupported": lambda: _raise(Unsupported("the kit has no such thing")),
    "broken": lambda: _raise(Broken("onnx-shape", "declares (1,), gives (2,)")),
    "broken-oddly": lambda: _raise(Broken("no-such-kind", "whatever")),
    "no-space": lambda: _raise(OSError(errno.ENOSPC, "No space left on device")),
    "look": _look_for_a_table,  # one that is not there to be kept
    "wrong": lambda: None,
    "lie": lambda: None,  # the file declares another shape than it computes
}


def meet(stage: str, tags: tuple[str, ...]) -> None:
    """Do what the tags ask for at this stage."""
    for tag in tags:
        where, _, fault = tag.partition(":")
        if where == stage:
            print(f"the kit is about to {fault}", flush=True)
            FAULTS[fault]()


class Kit:
    """A framework that computes in float64 by each layer's definition and rounds to float32."""

    name = "kit"
    modules: ClassVar[tuple[str, ...]] = ()
    distributions = ("numpy",)
    mend = ""
    options: ClassVar[tuple[Option, ...]] = (TF32,)
    asked: frozenset[str] = frozenset()
    default = True
    layout = "NCHW"
    native = True
    batched = ""

    def start(self, threads: int) -> None:
        pass

    def why_no_device(self, device: str) -> str:
        return "" if device == "cpu" else f"the kit sees no {device} device"

    def build(self, case: Case, parameters: Parameters, tapped: bool) -> Any:
        return case, parameters

    def program(self, model: Any, device: str, tf32: bool) -> Program:
        case, parameters = model

        def run(x: Any) -> tuple[Any, ...]:
            meet("run", case.tags)
            feeds = {INPUT: as_value(x)}
            for node, stored in parameters.items():
                feeds |= {f"{node}.{name}": as_value(array) for name, array in stored.items()}
            (y,) = walk(case.graph, feeds).values()
            return (y.y.astype(np.float32) + ("run:wrong" in case.tags),)

        return run


class Maker(Kit):
    """The same, in a process that only exports: Kit's dies often, and starts faster without onnx."""

    name = "maker"

    def start(self, threads: int) -> None:
        import onnx  # noqa: F401 - here, so that no step's time limit pays for it


class Writer:
    """An exporter for ReLU alone. The tags go along in the file, so that a runtime can meet them."""

    name = "writer"
    label = "kit"
    framework = "maker"
    states = False
    gradients = False
    opens = False
    modules: ClassVar[tuple[str, ...]] = ("onnx",)
    distributions = ("onnx",)
    mend = "pip install onnx"
    options: ClassVar[tuple[Option, ...]] = ()
    asked: frozenset[str] = frozenset()
    default = True

    def export(self, case: Case, model: Any, tapped: bool, path: Path) -> None:
        from onnx import TensorProto, helper, save

        meet("export", case.tags)
        shapes = {"x": case.shape, "y": (9, 9, 9, 9) if "export:lie" in case.tags else case.shape}
        x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items())
        graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "kit", [x], [y])
        made = helper.make_model(graph, producer_name="writer", opset_imports=[helper.make_opsetid("", 17)])
        made.doc_string = " ".join(case.tags)
        save(made, path)

    def wrote(self, path: Path) -> str:
        import onnx

        return str(onnx.load(path).producer_name)


class Reader:
    """A runtime: the ONNX reference evaluator."""

    name = "reader"
    label = "reader"
    optimises = False
    slow = False
    modules: ClassVar[tuple[str, ...]] = ("onnx",)
    distributions = ("onnx",)
    mend = "pip install onnx"
    options: ClassVar[tuple[Option, ...]] = ()
    asked: frozenset[str] = frozenset()
    default = True

    def start(self, threads: int) -> None:
        import onnx.reference  # noqa: F401

    def why_no_device(self, device: str) -> str:
        return "" if device == "cpu" else f"the {self.name} sees no {device} device"

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Program:
        import onnx
        from onnx.reference import ReferenceEvaluator

        model = onnx.load(path)
        meet("read" if self.name == "reader" else self.name, tuple(model.doc_string.split()))
        evaluator = ReferenceEvaluator(model)
        return lambda x: tuple(evaluator.run(None, {"x": x}))


class Other(Reader):
    """A second runtime on the same files."""

    name = "other"
    label = "other"


class Absent(Kit):
    """A framework that is not installed."""

    name = "absent"
    modules: ClassVar[tuple[str, ...]] = ("a_module_that_nobody_has",)
    mend = "pip install it"


class Failing(Kit):
    """Frameworks that cannot start."""

    name = "failing"

    def start(self, threads: int) -> None:
        raise ImportError("a library of it is missing")


class Crashing(Kit):
    name = "crashing"

    def start(self, threads: int) -> None:
        _null_read()


class Hanging(Kit):
    name = "hanging"

    def start(self, threads: int) -> None:
        time.sleep(1000)

"""ONNX Runtime."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from parity.axes import Array
from parity.errors import Unsupported
from parity.judging.program import Program
from parity.operators.formats import numpy_type
from parity.routes.options import BASIC, EXTENDED, PLAIN, TF32, Option

#: Of what operators draw at random in training. Each call takes the next seed for a ``std::default_random_engine``, whose n-th
#: number is the seed times a^n modulo 2^31 - 1: after small seeds, calls draw nearly the same.
SEED = 1234567891
LEVELS = {BASIC.word: "ORT_ENABLE_BASIC", EXTENDED.word: "ORT_ENABLE_EXTENDED"}  #: of its optimiser
BFLOAT16 = "bfloat16"  #: in the names of the runtime's types: numpy has none for it
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class OnnxRuntime:
    """Runs an ONNX file in an inference session with one execution provider and no other to fall back on."""

    name = "onnxruntime"
    label = "ort"
    slow = False
    modules = ("onnxruntime",)
    distributions = ("onnxruntime", "onnxruntime-gpu")
    mend = "pip install 'parity[onnx]'"
    options: tuple[Option, ...] = (PLAIN, BASIC, EXTENDED, TF32)
    asked: frozenset[str] = frozenset()
    default = True

    def __init__(self) -> None:
        self._threads = 1

    @property
    def optimises(self) -> bool:
        """Whether it may rewrite a graph: not where it was asked to leave it as it is."""
        return PLAIN.word not in self.asked

    def start(self, threads: int) -> None:
        """Import ONNX Runtime and remember the threads of its sessions."""
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        self._threads = threads

    def why_no_device(self, device: str) -> str:
        """Why ``device`` cannot be used here; empty where it can."""
        import onnxruntime

        if PROVIDERS.get(device.partition(":")[0]) in onnxruntime.get_available_providers():
            return ""
        return f"onnxruntime {onnxruntime.__version__} has no execution provider for {device}"

    @contextmanager
    def computing_with(self, threads: int) -> Iterator[None]:
        """Sessions that are made meanwhile have these threads."""
        before, self._threads = self._threads, threads
        try:
            yield
        finally:
            self._threads = before

    def program(self, path: Path, device: str, tf32: bool, optimise: bool) -> Program:
        """A session. ``optimise`` turns graph optimisations on, as far as it was asked, or off: as the file is written."""
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        level = ort.GraphOptimizationLevel
        asked = next((LEVELS[word] for word in self.asked if word in LEVELS), "ORT_ENABLE_ALL")
        options.graph_optimization_level = getattr(level, asked if optimise else "ORT_DISABLE_ALL")
        kind, _, number = device.partition(":")
        provider: Any = PROVIDERS[kind]
        if kind == "cuda":
            # A node the device cannot run is an error here, never a silent trip through the cpu.
            options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
            provider = (provider, {"use_tf32": str(int(tf32)), "device_id": number or "0"})
        try:
            session = ort.InferenceSession(str(path), options, providers=[provider])
        except ort.capi.onnxruntime_pybind11_state.NotImplemented as error:
            raise Unsupported(f"onnxruntime: {_first_line(error)}") from error
        used = session.get_providers()[0]
        if used != PROVIDERS[kind]:
            raise RuntimeError(f"onnxruntime was asked for {PROVIDERS[kind]} and took {used}")
        ort.set_seed(SEED)
        feeds = [feed.name for feed in session.get_inputs()]
        typed = any(BFLOAT16 in value.type for value in (*session.get_inputs(), *session.get_outputs()))

        def run(*x: Array) -> tuple[Array, ...]:
            if typed:
                given = {name: _value(array) for name, array in zip(feeds, x, strict=True)}
                return tuple(map(_array, session.run_with_ort_values(None, given)))
            return tuple(session.run(None, dict(zip(feeds, x, strict=True))))

        return run


def _value(array: Array) -> Any:
    """An array as a value of the runtime's, which takes bfloat16 as its bits and the number of the type."""
    import onnx
    import onnxruntime as ort

    if array.dtype.name != "bfloat16":
        return ort.OrtValue.ortvalue_from_numpy(array)
    bits = np.ascontiguousarray(array).view(np.uint16)
    return ort.OrtValue.ortvalue_from_numpy_with_onnx_type(bits, onnx.TensorProto.BFLOAT16)


def _array(value: Any) -> Array:
    """The inverse, copied: there is no numpy() of a bfloat16 value on the cpu, so its memory is read."""
    if BFLOAT16 not in value.data_type():
        return np.asarray(value.numpy())
    shape = tuple(value.shape())
    bits = (ctypes.c_uint16 * prod(shape)).from_address(value.data_ptr())
    return np.array(np.frombuffer(bits, np.uint16)).view(numpy_type("bfloat16")).reshape(shape)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]

"""What may move a number on this machine, by allow-list. Imports no framework; asks the system, never guesses."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from parity.records.lines import Environment, Git, Gpu
from parity.routes.catalog import Catalog

#: Recorded besides what the parts of the catalog name.
PACKAGES = ("ml_dtypes", "msgspec", "numpy", "onnx", "protobuf")

#: Environment variables that move numbers or decide which kernels run.
FLAGS = (
    "CUDA_VISIBLE_DEVICES",
    "CUBLAS_WORKSPACE_CONFIG",
    "DNNL_MAX_CPU_ISA",
    "KERAS_BACKEND",
    "KMP_AFFINITY",
    "MKL_CBWR",
    "MKL_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_NUM_THREADS",
    "ORT_CUDA_GEMM_OPTIONS",
    "PYTHONHASHSEED",
    "TF_CUDNN_DETERMINISTIC",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_XLA_FLAGS",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "XLA_FLAGS",
)

#: Instruction sets that change how sums are computed: beginnings of the names Linux gives them.
INSTRUCTIONS = ("sse4_2", "avx", "fma", "f16c", "amx_", "asimd", "neon", "sve", "bf16", "i8mm")

ASK_SECONDS = 10.0  #: how long another program may take to answer


def packages(catalog: Catalog) -> dict[str, str]:
    """Distribution -> version of those that decide numbers and are installed, by name."""
    names = set(PACKAGES)
    for part in catalog.every_part():
        names.update(part.distributions)
    found: dict[str, str] = {}
    for name in sorted(names):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def environment(catalog: Catalog, threads: int) -> Environment:
    """This machine and what is installed on it. ``threads`` is how many each worker may compute with."""
    name, flags = _cpu()
    return Environment(
        parity=version("parity"),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        cpu=name,
        cpu_flags=flags,
        cores=cores(),
        memory_bytes=psutil.virtual_memory().total,
        threads=threads,
        packages=packages(catalog),
        gpus=_gpus(),
        flags=flags_of(os.environ),
    )


def cores() -> int:
    """How many processor cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def flags_of(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that move numbers, those that are set."""
    return {name: _without_home(variables[name]) for name in FLAGS if name in variables}


def arguments(typed: Sequence[str]) -> list[str]:
    """A command line as records keep it: what was typed, the person's home folder written as ``~``."""
    return [_without_home(word) for word in typed]


def git(folder: Path) -> Git | None:
    """Commit and state of the checkout that ``folder`` lies in; None outside of one, or without git."""
    commit = _ask("git", "-C", str(folder), "rev-parse", "--verify", "HEAD")
    state = _ask("git", "--no-optional-locks", "-C", str(folder), "status", "--porcelain", "--untracked-files=no")
    if commit is None or state is None:
        return None
    return Git(commit=commit.strip(), dirty=bool(state.strip()))


def cpu_of(cpuinfo: str) -> tuple[str, list[str]]:
    """The processor's name and the instruction sets that matter, from the text of Linux's ``/proc/cpuinfo``."""
    fields: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip().lower(), value.strip())
    flags = fields.get("flags", fields.get("features", "")).split()
    return fields.get("model name", ""), sorted(flag for flag in flags if flag.startswith(INSTRUCTIONS))


def _cpu() -> tuple[str, list[str]]:
    name, flags = "", list[str]()
    if sys.platform == "linux":
        name, flags = cpu_of(Path("/proc/cpuinfo").read_text(errors="replace"))
    elif sys.platform == "darwin":
        name = (_ask("sysctl", "-n", "machdep.cpu.brand_string") or "").strip()
    return name or platform.processor() or platform.machine(), flags


def _gpus() -> list[Gpu]:
    said = _ask("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
    return gpus_of((said or "").splitlines())


def gpus_of(lines: Iterable[str]) -> list[Gpu]:
    """The GPUs in what ``nvidia-smi --query-gpu=name,driver_version --format=csv,noheader`` prints."""
    split = [line.rpartition(",") for line in lines]
    return [Gpu(name=name.strip(), driver=driver.strip()) for name, comma, driver in split if comma]


def _ask(*command: str) -> str | None:
    """What another program prints; None where it is absent, fails or does not answer in time."""
    if shutil.which(command[0]) is None:
        return None
    try:
        answer = subprocess.run(
            command, check=False, capture_output=True, text=True, errors="replace", timeout=ASK_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None


def _without_home(text: str) -> str:
    home = os.path.expanduser("~").rstrip("/")
    return re.sub(rf"{re.escape(home)}(?=/|$)", "~", text) if home else text

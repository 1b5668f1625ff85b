"""Models as a person writes them, some with a slip; loaded by their file and name, as ``parity check`` is told to."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import torch
from torch import nn


class Net(nn.Module):
    """A small classifier; what each subclass does otherwise is in :meth:`activated`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 10)

    def forward(self, image: torch.Tensor) -> Any:
        x = self.activated(self.norm(self.conv(image)))
        return self.head(x.mean((2, 3)))

    def activated(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x)


class SlipsWhenExported(Net):
    """Whoever exports it gets another function."""

    def activated(self, x: torch.Tensor) -> torch.Tensor:
        exported = torch.compiler.is_exporting() or torch.jit.is_tracing()
        return torch.relu(x) * (1.01 if exported else 1.0)


class SlipsWhenTraced(Net):
    """The TorchScript exporter gets another function."""

    def activated(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x) * (1.01 if torch.jit.is_tracing() else 1.0)


class SlipsWhenCompiled(Net):
    """torch.compile gets another function."""

    def activated(self, x: torch.Tensor) -> torch.Tensor:
        compiled = torch.compiler.is_compiling() and not torch.compiler.is_exporting()
        return torch.relu(x) * (1.01 if compiled else 1.0)


class Branches(Net):
    """Neither exporter can write it as it is: what it does depends on the numbers."""

    def activated(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x) if x.sum() > 0 else torch.sigmoid(x)


class DiesWhenTraced(Net):
    """The TorchScript exporter takes its process down with it."""

    def activated(self, x: torch.Tensor) -> torch.Tensor:
        if torch.jit.is_tracing():
            os.kill(os.getpid(), signal.SIGSEGV)
        return torch.relu(x)


class Several(Net):
    """Two inputs, one of them optional, and nested outputs."""

    def forward(self, image: torch.Tensor, scale: torch.Tensor | None = None) -> Any:  # type: ignore[override]
        x = torch.relu(self.conv(image))
        x = x if scale is None else x * scale
        return {"logits": self.head(x.mean((2, 3))), "maps": [x, -x]}


class Drifts(Net):
    """Keeps a state, so that the same input gives another answer."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def activated(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return torch.relu(x) * (1 + 1e-4 * self.calls)


class Attends(nn.Module):
    """What torch's exporters have no operators for, each for a reason of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, t: torch.Tensor) -> Any:
        t = self.attention(t, t, t)[0]
        return t if t.sum() > 0 else -t


class Single(Net):
    """Insists on float32, so that it has no twin in float64."""

    def activated(self, x: torch.Tensor) -> torch.Tensor:
        if x.dtype != torch.float32:
            raise TypeError("only float32 here")
        return torch.relu(x)


def settled(kind: type[nn.Module]) -> nn.Module:
    """A model in eval mode whose statistics are those of some data."""
    torch.manual_seed(0)
    made = kind()
    with torch.no_grad():
        for _ in range(3):
            made(torch.randn(4, 3, 12, 14))
    return made.eval()


def honest() -> nn.Module:
    return settled(Net)


def branching() -> nn.Module:
    return settled(Branches)


def unseeded(kind: type[Net] = Net) -> nn.Module:
    made = kind()
    with torch.no_grad():
        made.conv.weight[0, 0, 0, 0] = time.time_ns() % 1000
    return made.eval()


def several() -> nn.Module:
    return unseeded(Several)


def dying() -> nn.Module:
    return settled(DiesWhenTraced)


def dying_unseeded() -> nn.Module:
    return unseeded(DiesWhenTraced)


def exported_otherwise() -> nn.Module:
    return settled(SlipsWhenExported)


def traced_otherwise() -> nn.Module:
    return settled(SlipsWhenTraced)


def compiled_otherwise() -> nn.Module:
    import torch._inductor.config

    torch._inductor.config.cpp_cache_precompile_headers = False  # for one kernel they take longer than they spare
    return settled(SlipsWhenCompiled)


def drifting() -> nn.Module:
    return settled(Drifts)


def single() -> nn.Module:
    return settled(Single)


def kernel_slips() -> nn.Module:
    """torch's kernel of relu, replaced by one that is wrong in float32."""
    made = settled(Net)

    def relu(x: torch.Tensor) -> torch.Tensor:
        return torch.clamp(x, min=0) * (1.001 if x.dtype == torch.float32 else 1.0)

    KEPT.impl("relu", relu, "CPU")
    return made


def cuda_kernel_slips() -> nn.Module:
    """The same slip on the device alone."""
    made = settled(Net)
    KEPT.impl("relu", lambda x: torch.clamp(x, min=0) * (1.001 if x.dtype == torch.float32 else 1.0), "CUDA")
    return made


KEPT = torch.library.Library("aten", "IMPL")  # a kernel is gone again once this is


class Noisy(Net):
    def activated(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.rand_like(x)


class Counts(Net):
    """Keeps a number of Python's own, which no export can see."""

    calls = 0

    def activated(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return x * self.calls


class Averages(Net):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))

    def activated(self, x: torch.Tensor) -> torch.Tensor:
        self.seen: torch.Tensor
        self.seen += 1
        return x

"""Torch modules as a person writes them, of operators that faults are planted in."""

from __future__ import annotations

import torch
from torch import nn


class Net(nn.Module):
    """A small classifier of images."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.leaky = nn.LeakyReLU(0.1)
        self.pool = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
        self.head = nn.Linear(8, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.leaky(self.norm(self.conv(image)))
        x = torch.relu(self.pool(x) - 0.1)
        return torch.softmax(self.head(x.mean((2, 3))), dim=1)


class Mixer(nn.Module):
    """A block over tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(12)
        self.inner = nn.Linear(12, 24)
        self.outer = nn.Linear(24, 12)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = tokens + self.outer(nn.functional.gelu(self.inner(self.norm(tokens))))
        return out


class Ported(nn.Module):
    """What ``nets_keras.py`` ports."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, stride=2)
        self.norm = nn.BatchNorm2d(8)
        self.leaky = nn.LeakyReLU(0.1)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.head = nn.Linear(672, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.leaky(self.norm(self.conv1(image)))
        y = nn.functional.gelu(self.conv2(x))
        out: torch.Tensor = self.head(torch.cat([x, y], 1).flatten(1))
        return out


def _settled(made: nn.Module) -> nn.Module:
    """A module in eval mode whose statistics are those of some data."""
    with torch.no_grad():
        for _ in range(3):
            made(torch.randn(4, 3, 12, 14))
    return made.eval()


def net() -> nn.Module:
    torch.manual_seed(0)
    return _settled(Net())


def mixer() -> nn.Module:
    torch.manual_seed(0)
    return Mixer().eval()


def ported() -> nn.Module:
    torch.manual_seed(0)  # its ports take these very weights
    return _settled(Ported())

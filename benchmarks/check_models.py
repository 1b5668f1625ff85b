"""The networks of benchmarks/check.py: those of torchvision and timm, weights drawn, statistics from two passes over noise."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from benchmarks.check_faults import SIZE, plant
from tests.architectures.zoo import with_torchvision


class SimpleCNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2))
        self.second = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.second(self.first(x)).mean((2, 3)))


def simple() -> nn.Module:
    return _settled(SimpleCNN)


def mobilenet_v2() -> nn.Module:
    with_torchvision()
    from torchvision.models import mobilenet_v2

    return _settled(lambda: mobilenet_v2(weights=None))


def resnet18() -> nn.Module:
    with_torchvision()
    from torchvision.models import resnet18

    return _settled(lambda: resnet18(weights=None))


def vit_tiny() -> nn.Module:
    with_torchvision()
    import timm

    return _settled(lambda: timm.create_model("vit_tiny_patch16_224", pretrained=False))


def _settled(make: Callable[[], nn.Module]) -> nn.Module:
    """A network as after training, as far as rounding goes: biases that are not zero, statistics of what comes by."""
    plant()
    torch.manual_seed(0)
    model = make().train()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1 and name.endswith("bias"):
                parameter.normal_(0, 0.1)
        for _ in range(2):
            model(torch.randn(2, 3, SIZE, SIZE))
    return model.eval()

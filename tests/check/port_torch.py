"""A network to be ported, in torch."""

from __future__ import annotations

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, stride=2)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.bn1(self.conv1(image)))
        x = x + torch.relu(self.bn2(self.conv2(x)))
        out: torch.Tensor = self.fc(x.mean((2, 3)))
        return out


def build() -> nn.Module:
    torch.manual_seed(0)  # the port takes these very weights
    made = Net()
    for norm in (made.bn1, made.bn2):
        torch.nn.init.normal_(norm.running_mean)
        torch.nn.init.uniform_(norm.running_var, 0.5, 1.5)
    return made.eval()

"""The networks that are ported, in torch, as people write them: small, with random weights and statistics that are not at rest."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class BasicBlock(nn.Module):
    def __init__(self, n: int, m: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n, m, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(m)
        self.conv2 = nn.Conv2d(m, m, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(m)
        self.downsample = None
        if stride > 1 or n != m:
            self.downsample = nn.Sequential(nn.Conv2d(n, m, 1, stride, bias=False), nn.BatchNorm2d(m))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        x = x if self.downsample is None else self.downsample(x)
        return F.relu(y + x)


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = BasicBlock(8, 8)
        self.layer2 = BasicBlock(8, 12, 2)
        self.layer3 = BasicBlock(12, 12, 2)
        self.layer4 = BasicBlock(12, 12, 2)
        self.fc = nn.Linear(12, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = self.maxpool(F.relu(self.bn1(self.conv1(image))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        out: Tensor = self.fc(x.mean((2, 3)))
        return out


class VGG(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Linear(12 * 8 * 8, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 10))

    def forward(self, image: Tensor) -> Tensor:
        out: Tensor = self.classifier(torch.flatten(self.features(image), 1))
        return out


def conv_bn_relu6(n: int, m: int, k: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(n, m, k, stride, k // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(m), nn.ReLU6())


class InvertedResidual(nn.Module):
    def __init__(self, n: int, m: int, stride: int) -> None:
        super().__init__()
        self.expand = conv_bn_relu6(n, 3 * n, 1)
        self.depthwise = conv_bn_relu6(3 * n, 3 * n, 3, stride, 3 * n)
        self.project = nn.Sequential(nn.Conv2d(3 * n, m, 1, bias=False), nn.BatchNorm2d(m))
        self.residual = stride == 1 and n == m

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class MobileNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn_relu6(3, 6, 3, 2)
        self.blocks = nn.Sequential(InvertedResidual(6, 6, 1), InvertedResidual(6, 8, 2), InvertedResidual(8, 8, 1))
        self.head = conv_bn_relu6(8, 20, 1)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(20, 10))

    def forward(self, image: Tensor) -> Tensor:
        x = self.head(self.blocks(self.stem(image)))
        out: Tensor = self.classifier(F.adaptive_avg_pool2d(x, 1).flatten(1))
        return out


class DenseNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(3, 8, 3, 1, 1, bias=False)
        self.norm1, self.conv1 = nn.BatchNorm2d(8), nn.Conv2d(8, 4, 3, 1, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(12), nn.Conv2d(12, 4, 3, 1, 1, bias=False)
        self.norm3, self.conv3 = nn.BatchNorm2d(16), nn.Conv2d(16, 8, 1, bias=False)
        self.smooth = nn.AvgPool2d(3, 1, 1)
        self.pool = nn.AvgPool2d(2)
        self.norm4 = nn.BatchNorm2d(8)
        self.classifier = nn.Linear(8, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = self.conv0(image)
        x = torch.cat([x, self.conv1(F.relu(self.norm1(x)))], 1)
        x = torch.cat([x, self.conv2(F.relu(self.norm2(x)))], 1)
        x = self.pool(self.smooth(self.conv3(F.relu(self.norm3(x)))))
        x = F.relu(self.norm4(x)).mean((2, 3))
        return F.softmax(self.classifier(x), 1)


class Block(nn.Module):
    def __init__(self, n: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(n, eps=1e-6), nn.LayerNorm(n, eps=1e-6)
        self.qkv, self.proj = nn.Linear(n, 3 * n), nn.Linear(n, n)
        self.fc1, self.fc2 = nn.Linear(n, 2 * n), nn.Linear(2 * n, n)

    def forward(self, x: Tensor) -> Tensor:
        b, t, n = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(b, t, 3, self.heads, n // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (n // self.heads) ** -0.5).softmax(-1)
        x = x + self.proj((weights @ v).transpose(1, 2).reshape(b, t, n))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class ViT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 12, 8, 8)
        self.cls = nn.Parameter(torch.zeros(1, 1, 12))
        self.position = nn.Parameter(torch.zeros(1, 17, 12))
        self.blocks = nn.ModuleList([Block(12, 3), Block(12, 3)])
        self.norm, self.head = nn.LayerNorm(12, eps=1e-6), nn.Linear(12, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = self.patch(image).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.position
        for block in self.blocks:
            x = block(x)
        out: Tensor = self.head(self.norm(x)[:, 0])
        return out


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2 = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 8, 3, padding=1)
        self.bottom = nn.Conv2d(8, 10, 3, padding=1)
        self.up2 = nn.ConvTranspose2d(10, 8, 2, 2)
        self.join2 = nn.Conv2d(16, 8, 3, padding=1)
        self.up1 = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.join1 = nn.Conv2d(14, 6, 3, padding=1)
        self.out = nn.Conv2d(6, 3, 1)

    def forward(self, image: Tensor) -> Tensor:
        a = F.leaky_relu(self.down1(image), 0.1)
        b = F.leaky_relu(self.down2(F.max_pool2d(a, 2)), 0.1)
        x = F.leaky_relu(self.bottom(F.max_pool2d(b, 2)), 0.1)
        x = F.leaky_relu(self.join2(torch.cat([self.up2(x), b], 1)), 0.1)
        x = F.leaky_relu(self.join1(torch.cat([self.up1(x), a], 1)), 0.1)
        return torch.sigmoid(self.out(x))


class MBConv(nn.Module):
    def __init__(self, n: int, m: int) -> None:
        super().__init__()
        self.expand, self.bn0 = nn.Conv2d(n, m, 1, bias=False), nn.BatchNorm2d(m, eps=1e-3)
        self.depthwise, self.bn1 = nn.Conv2d(m, m, 5, 1, 2, groups=m, bias=False), nn.BatchNorm2d(m, eps=1e-3)
        self.reduce, self.excite = nn.Conv2d(m, 4, 1), nn.Conv2d(4, m, 1)
        self.project, self.bn2 = nn.Conv2d(m, n, 1, bias=False), nn.BatchNorm2d(n, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        y = F.silu(self.bn0(self.expand(x)))
        y = F.silu(self.bn1(self.depthwise(y)))
        y = y * torch.sigmoid(self.excite(F.silu(self.reduce(y.mean((2, 3), keepdim=True)))))
        return x + self.bn2(self.project(y))


class EfficientNet(nn.Module):
    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1))
        self.stem, self.bn = nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8, eps=1e-3)
        self.block1, self.block2 = MBConv(8, 16), MBConv(8, 24)
        self.head = nn.Linear(8, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = F.silu(self.bn(self.stem((image - self.mean) / self.std)))
        x = self.block2(self.block1(x))
        out: Tensor = self.head(x.mean((2, 3)))
        return out


NETWORKS = {
    "resnet": ResNet,
    "vgg": VGG,
    "mobilenet": MobileNet,
    "densenet": DenseNet,
    "vit": ViT,
    "unet": UNet,
    "efficientnet": EfficientNet,
}


def build(name: str) -> nn.Module:
    """A network with its weights drawn, and the statistics of its normalisations those of some noise, as if it had been trained."""
    torch.manual_seed(0)
    made = NETWORKS[name]()
    with torch.no_grad():
        for key, value in made.named_parameters():
            if key in ("cls", "position"):
                value.normal_(0, 0.5)
            elif value.ndim == 1:
                value.add_(torch.randn_like(value) / 3)
        made.train()
        for _ in range(20):
            made(torch.rand(8, 3, 32, 32))
        made.eval()
        if isinstance(made, MobileNet):
            made.head[1].weight *= 4  # so that something reaches 6
    return made

"""Keras to PyTorch: a block of EfficientNet, 5 x 5 of stride 2, squeeze and excite, padding="same"."""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import torch
from keras import layers
from torch import nn

keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")
keras.utils.set_random_seed(0)

image = keras.Input((24, 31, 6))
x = layers.Conv2D(24, 1, use_bias=False)(image)
x = layers.Activation("swish")(layers.BatchNormalization()(x))
x = layers.DepthwiseConv2D(5, strides=2, padding="same", use_bias=False)(x)
x = layers.Activation("swish")(layers.BatchNormalization()(x))
s = layers.GlobalAveragePooling2D(keepdims=True)(x)
s = layers.Conv2D(24, 1, activation="sigmoid")(layers.Conv2D(3, 1, activation="swish")(s))
x = layers.Conv2D(10, 1, use_bias=False)(layers.Multiply()([x, s]))
net = keras.Model(image, layers.BatchNormalization()(x))
for layer in net.layers:
    layer.set_weights([w + np.random.rand(*w.shape) / 2 for w in layer.get_weights()])  # as trained, not as made


def before_and_after(size, kernel, stride):
    """What Keras' "same" pads: the odd one goes behind."""
    whole = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return whole // 2, whole - whole // 2


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.expand, self.depthwise = nn.Conv2d(6, 24, 1, bias=False), nn.Conv2d(24, 24, 5, 2, groups=24, bias=False)
        self.squeeze, self.excite = nn.Conv2d(24, 3, 1), nn.Conv2d(3, 24, 1)
        self.project = nn.Conv2d(24, 10, 1, bias=False)
        # Keras' epsilon, and 1 - its momentum of 0.99
        self.norms = nn.ModuleList(nn.BatchNorm2d(c, eps=1e-3, momentum=0.01) for c in (24, 24, 10))

    def forward(self, x):
        x = nn.functional.silu(self.norms[0](self.expand(x)))
        height, width = (before_and_after(size, 5, 2) for size in x.shape[2:])
        x = nn.functional.silu(self.norms[1](self.depthwise(nn.functional.pad(x, (*width, *height)))))
        s = self.excite(nn.functional.silu(self.squeeze(x.mean((2, 3), keepdim=True))))
        return self.norms[2](self.project(x * torch.sigmoid(s)))


port = Block().double().eval()
modules = iter(
    [port.expand, port.norms[0], port.depthwise, port.norms[1], port.squeeze, port.excite, port.project, port.norms[2]]
)
with torch.no_grad():
    for layer in (layer for layer in net.layers if layer.weights):
        module, arrays = next(modules), [torch.from_numpy(w) for w in layer.get_weights()]
        if isinstance(module, nn.BatchNorm2d):
            own = [module.weight, module.bias, module.running_mean, module.running_var]
        else:
            own = [module.weight] + [module.bias] * (module.bias is not None)
            arrays[0] = arrays[0].permute(2, 3, 0, 1) if module.groups > 1 else arrays[0].permute(3, 2, 0, 1)
        for of, array in zip(own, arrays, strict=True):
            of.copy_(array)

    fed = np.random.randn(2, 24, 31, 6)
    want = np.asarray(net(fed, training=False)).transpose(0, 3, 1, 2)
    got = port(torch.from_numpy(fed).permute(0, 3, 1, 2)).numpy()
off = np.abs(want - got).max()
print(f"off by {off:.1e} of {np.abs(want).max():.1f}")
sys.exit(int(off > 1e-9))

"""PyTorch to Keras: two inverted residuals of MobileNetV2, the first of stride 2, as torchvision spells them."""

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
torch.manual_seed(0)


def conv_norm(i, o, k, stride=1, groups=1):
    return [nn.Conv2d(i, o, k, stride, (k - 1) // 2, groups=groups, bias=False), nn.BatchNorm2d(o), nn.ReLU6()]


def residual(i, o, stride):
    middle = 6 * i
    return nn.Sequential(
        *conv_norm(i, middle, 1), *conv_norm(middle, middle, 3, stride, middle), *conv_norm(middle, o, 1)[:2]
    )


first, second = residual(8, 16, 2).double().eval(), residual(16, 16, 1).double().eval()
for name, array in [*first.named_buffers(), *second.named_buffers()]:
    if "running" in name:  # as trained, not as made
        array.copy_(torch.rand_like(array) + 0.5 if "var" in name else torch.randn_like(array) / 4)


def ported(block, x):
    for module in block:
        if isinstance(module, nn.ReLU6):
            x = layers.ReLU(max_value=6)(x)
            continue
        if isinstance(module, nn.BatchNorm2d):
            layer = layers.BatchNormalization(epsilon=module.eps, momentum=1 - module.momentum)
            arrays = [module.weight, module.bias, module.running_mean, module.running_var]
        else:
            depthwise = module.groups > 1
            if module.padding != (0, 0):  # not "same", which pads an even image of stride 2 elsewhere
                x = layers.ZeroPadding2D(module.padding)(x)
            how = {"strides": module.stride, "use_bias": False}
            size = module.kernel_size
            layer = (
                layers.DepthwiseConv2D(size, **how) if depthwise else layers.Conv2D(module.out_channels, size, **how)
            )
            arrays = [module.weight.permute(2, 3, 0, 1) if depthwise else module.weight.permute(2, 3, 1, 0)]
        x = layer(x)
        layer.set_weights([array.detach().numpy() for array in arrays])
    return x


image = keras.Input((24, 32, 8))
x = ported(first, image)
port = keras.Model(image, layers.Add()([x, ported(second, x)]))

fed = torch.randn(2, 8, 24, 32, dtype=torch.float64)
with torch.no_grad():
    middle = first(fed)
    want = (middle + second(middle)).numpy()
got = np.asarray(port(fed.permute(0, 2, 3, 1).numpy(), training=False)).transpose(0, 3, 1, 2)
off = np.abs(want - got).max()
print(f"off by {off:.1e} of {np.abs(want).max():.1f}")
sys.exit(int(off > 1e-9))

"""PyTorch to Keras: a U-Net of one floor, with a skip, a transposed convolution and an upsampling."""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import torch
import torch.nn.functional as F
from keras import layers, ops
from torch import nn

keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")
torch.manual_seed(0)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, padding=1)
        self.middle = nn.Conv2d(8, 12, 3, padding=1)
        self.up = nn.ConvTranspose2d(12, 8, 3, stride=2, padding=1, output_padding=1)
        self.join = nn.Conv2d(16, 4, 3, padding=1)

    def forward(self, image):
        skip = F.leaky_relu(self.down(image))
        x = F.leaky_relu(self.middle(F.max_pool2d(skip, 2)))
        x = self.join(torch.cat([skip, self.up(x)], dim=1))
        return F.interpolate(x, scale_factor=2, mode="nearest")


net = UNet().double().eval()


def filled(layer, module, x):
    y = layer(x)
    layer.set_weights([module.weight.detach().permute(2, 3, 1, 0).numpy(), module.bias.detach().numpy()])
    return y


image = keras.Input((20, 28, 3))
skip = layers.LeakyReLU(negative_slope=0.01)(filled(layers.Conv2D(8, 3, padding="same"), net.down, image))
x = layers.MaxPooling2D(2)(skip)
x = layers.LeakyReLU(negative_slope=0.01)(filled(layers.Conv2D(12, 3, padding="same"), net.middle, x))
x = filled(
    layers.Conv2DTranspose(8, 3, strides=2), net.up, x
)  # "same" would cut the last row and column, torch cuts the first
x = layers.Cropping2D(((1, 0), (1, 0)))(x)
x = filled(layers.Conv2D(4, 3, padding="same"), net.join, layers.Concatenate()([skip, x]))
port = keras.Model(image, layers.UpSampling2D(2)(x))

fed = torch.randn(2, 3, 20, 28, dtype=torch.float64)
with torch.no_grad():
    want = net(fed).numpy()
got = ops.convert_to_numpy(port(fed.permute(0, 2, 3, 1).numpy())).transpose(0, 3, 1, 2)
off = np.abs(want - got).max()
print(f"off by {off:.1e} of {np.abs(want).max():.1f}")
sys.exit(int(off > 1e-9))

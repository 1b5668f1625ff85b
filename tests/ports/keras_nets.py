"""The ports to Keras, channels last, with the weights of the torch networks. An option that is given plants what a port gets wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import layers, ops

Weights = Mapping[str, Any]


class Port:
    """What the ports below share: layers under the names of torch's modules, filled with their weights as they are called."""

    def __init__(self, weights: Weights, **options: Any) -> None:
        self.weights, self.options = weights, options

    def option(self, name: str, default: Any) -> Any:
        return self.options.get(name, default)

    def held(self, name: str) -> Any:
        """A weight; the option ``weight.NAME`` changes it."""
        change: Callable[[Any], Any] = self.option(f"weight.{name}", lambda w: w)
        return change(self.weights[name].copy())

    def filled(self, layer: Any, x: Any, *arrays: Any) -> Any:
        y = layer(x)
        layer.set_weights(list(arrays))
        return y

    def conv(self, x: Any, name: str, stride: int = 1, pad: int = 0, depthwise: bool = False) -> Any:
        """A convolution with torch's padding."""
        kernel = self.held(f"{name}.weight")
        bias = (
            [self.held(f"{name}.bias")]
            if f"{name}.bias" in self.weights and not self.option(f"{name}.no_bias", False)
            else []
        )
        padding = self.option(f"{name}.padding", "same" if stride == 1 and pad else "valid")
        if pad and padding == "valid":
            x = layers.ZeroPadding2D(pad, name=f"{name}.pad")(x)
        how = {"strides": stride, "padding": padding, "use_bias": bool(bias), "name": name}
        if depthwise:
            layer = layers.DepthwiseConv2D(kernel.shape[2:], **how)
            return self.filled(layer, x, kernel.transpose(2, 3, 0, 1), *bias)
        order = self.option(f"{name}.order", (2, 3, 1, 0))
        return self.filled(layers.Conv2D(kernel.shape[0], kernel.shape[2:], **how), x, kernel.transpose(order), *bias)

    def norm(self, x: Any, name: str, epsilon: float = 1e-5) -> Any:
        epsilon = self.option(f"{name}.epsilon", self.option("epsilon", epsilon))
        arrays = [self.held(f"{name}.{kept}") for kept in ("weight", "bias", "running_mean", "running_var")]
        return self.filled(layers.BatchNormalization(epsilon=epsilon, momentum=0.9, name=name), x, *arrays)

    def rows(self, x: Any, name: str, epsilon: float = 1e-6) -> Any:
        epsilon = self.option(f"{name}.epsilon", epsilon)
        layer = layers.LayerNormalization(epsilon=epsilon, name=name)
        return self.filled(layer, x, self.held(f"{name}.weight"), self.held(f"{name}.bias"))

    def dense(self, x: Any, name: str) -> Any:
        kernel = self.held(f"{name}.weight").T
        bias = [] if self.option(f"{name}.no_bias", False) else [self.held(f"{name}.bias")]
        return self.filled(layers.Dense(kernel.shape[1], use_bias=bool(bias), name=name), x, kernel, *bias)


def resnet(port: Port) -> Any:
    def block(x: Any, at: str, stride: int) -> Any:
        y = layers.ReLU(name=f"{at}.relu1")(port.norm(port.conv(x, f"{at}.conv1", stride, 1), f"{at}.bn1"))
        y = port.norm(port.conv(y, f"{at}.conv2", 1, 1), f"{at}.bn2")
        if stride > 1:
            x = port.norm(port.conv(x, f"{at}.downsample.0", stride), f"{at}.downsample.1")
        if not port.option(f"{at}.no_residual", False):
            y = layers.Add(name=f"{at}.add")([y, x])
        return layers.ReLU(name=f"{at}.relu2")(y)

    image = keras.Input((32, 32, 3), name="image")
    x = layers.ReLU(name="relu")(port.norm(port.conv(image, "conv1", 2, 1), "bn1"))
    if port.option("maxpool.same", False):
        x = layers.MaxPooling2D(3, 2, padding="same", name="maxpool")(x)
    else:
        x = layers.MaxPooling2D(3, 2, name="maxpool")(layers.ZeroPadding2D(1, name="maxpool.pad")(x))
    for i in (1, 2, 3, 4):
        x = block(x, f"layer{i}", 1 if i == 1 else 2)
    return keras.Model(image, port.dense(layers.GlobalAveragePooling2D(name="pool")(x), "fc"))


def vgg(port: Port) -> Any:
    x = image = keras.Input((32, 32, 3), name="image")
    for i in (0, 2, 5):
        x = port.conv(x, f"features.{i}", 1, 1)
        x = layers.Activation(port.option(f"features.{i}.activation", "relu"), name=f"features.{i + 1}")(x)
        if i:
            pool = layers.AveragePooling2D if port.option(f"features.{i + 2}.mean", False) else layers.MaxPooling2D
            x = pool(2, name=f"features.{i + 2}")(x)
    if not port.option("flatten.last", False):
        x = layers.Permute((3, 1, 2), name="permute")(x)
    x = port.dense(layers.Flatten(name="flatten")(x), "classifier.0")
    x = layers.Dropout(0.5, name="classifier.2")(layers.ReLU(name="classifier.1")(x))
    return keras.Model(image, port.dense(x, "classifier.3"))


def mobilenet(port: Port) -> Any:
    def step(x: Any, at: str, stride: int = 1, pad: int = 0, depthwise: bool = False) -> Any:
        x = port.norm(port.conv(x, f"{at}.0", stride, pad, depthwise), f"{at}.1")
        return layers.ReLU(port.option(f"{at}.most", 6.0), name=f"{at}.2")(x)

    image = keras.Input((32, 32, 3), name="image")
    x = step(image, "stem", 2, 1)
    for i, stride in enumerate((1, 2, 1)):
        at = f"blocks.{i}"
        y = step(step(x, f"{at}.expand"), f"{at}.depthwise", stride, 1, True)
        y = port.norm(port.conv(y, f"{at}.project.0"), f"{at}.project.1")
        x = layers.Add(name=f"{at}.add")([x, y]) if stride == 1 else y
    x = layers.GlobalAveragePooling2D(name="pool")(step(x, "head"))
    return keras.Model(image, port.dense(layers.Dropout(0.2, name="dropout")(x), "classifier.1"))


def densenet(port: Port) -> Any:
    image = keras.Input((32, 32, 3), name="image")
    x = port.conv(image, "conv0", 1, 1)
    for i in (1, 2):
        y = port.conv(layers.ReLU(name=f"relu{i}")(port.norm(x, f"norm{i}")), f"conv{i}", 1, 1)
        x = layers.Concatenate(name=f"cat{i}")([y, x] if port.option(f"cat{i}.swapped", False) else [x, y])
    x = port.conv(layers.ReLU(name="relu3")(port.norm(x, "norm3")), "conv3")
    if port.option("smooth.same", False):
        x = layers.AveragePooling2D(3, 1, padding="same", name="smooth")(x)
    else:
        x = layers.AveragePooling2D(3, 1, name="smooth")(layers.ZeroPadding2D(1, name="smooth.pad")(x))
    x = port.norm(layers.AveragePooling2D(2, name="pool")(x), "norm4")
    x = port.dense(layers.GlobalAveragePooling2D(name="mean")(layers.ReLU(name="relu4")(x)), "classifier")
    if not port.option("no_softmax", False):
        x = layers.Softmax(name="softmax")(x)
    return keras.Model(image, x)


def vit(port: Port) -> Any:
    heads, n, tokens = 3, 12, 17

    def block(x: Any, at: str) -> Any:
        y = port.dense(port.rows(x, f"{at}.norm1"), f"{at}.qkv")
        y = layers.Reshape((tokens, 3, heads, n // heads), name=f"{at}.split")(y)
        q, k, v = (ops.transpose(y[:, :, j], (0, 2, 1, 3)) for j in port.option(f"{at}.qkv", (0, 1, 2)))
        scores = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) * port.option(f"{at}.scale", (n // heads) ** -0.5)
        y = ops.matmul(layers.Softmax(axis=port.option(f"{at}.axis", -1), name=f"{at}.softmax")(scores), v)
        y = layers.Reshape((tokens, n), name=f"{at}.merge")(ops.transpose(y, (0, 2, 1, 3)))
        x = layers.Add(name=f"{at}.add1")([x, port.dense(y, f"{at}.proj")])
        y = port.dense(port.rows(x, f"{at}.norm2"), f"{at}.fc1")
        y = port.dense(ops.gelu(y, approximate=port.option(f"{at}.tanh", False)), f"{at}.fc2")
        return layers.Add(name=f"{at}.add2")([x, y])

    image = keras.Input((32, 32, 3), name="image")
    kernel = port.held("patch.weight").transpose(2, 3, 1, 0)
    x = port.filled(layers.Conv2D(n, 8, 8, name="patch"), image, kernel, port.held("patch.bias"))
    x = layers.Reshape((tokens - 1, n), name="tokens")(x)
    cls = ops.zeros_like(x[:, :1]) + port.held("cls")
    x = layers.Concatenate(axis=1, name="cat")([x, cls] if port.option("cls.last", False) else [cls, x])
    x = x + port.held("position")
    for i in range(2):
        x = block(x, f"blocks.{i}")
    return keras.Model(image, port.dense(port.rows(x, "norm")[:, 0], "head"))


def unet(port: Port) -> Any:
    def conv(x: Any, name: str) -> Any:
        slope = port.option(f"{name}.slope", 0.1)
        return layers.LeakyReLU(negative_slope=slope, name=f"{name}.act")(port.conv(x, name, 1, 1))

    image = keras.Input((32, 32, 3), name="image")
    a = conv(image, "down1")
    b = conv(layers.MaxPooling2D(2, name="pool1")(a), "down2")
    x = conv(layers.MaxPooling2D(2, name="pool2")(b), "bottom")
    kernel = port.held("up2.weight").transpose(2, 3, 1, 0)
    x = port.filled(layers.Conv2DTranspose(8, 2, 2, name="up2"), x, kernel, port.held("up2.bias"))
    x = conv(layers.Concatenate(name="cat2")([x, b]), "join2")
    x = layers.UpSampling2D(2, interpolation=port.option("up1.mode", "bilinear"), name="up1")(x)
    x = conv(layers.Concatenate(name="cat1")([a, x] if port.option("cat1.swapped", False) else [x, a]), "join1")
    return keras.Model(image, layers.Activation("sigmoid", name="sigmoid")(port.conv(x, "out")))


def efficientnet(port: Port) -> Any:
    def act(x: Any, name: str, kind: str = "silu") -> Any:
        return layers.Activation(port.option(name, kind), name=name)(x)

    def block(x: Any, at: str) -> Any:
        y = act(port.norm(port.conv(x, f"{at}.expand"), f"{at}.bn0", 1e-3), f"{at}.act0")
        y = act(port.norm(port.conv(y, f"{at}.depthwise", 1, 2, True), f"{at}.bn1", 1e-3), f"{at}.act1")
        s = layers.GlobalAveragePooling2D(keepdims=True, name=f"{at}.squeeze")(y)
        s = act(port.conv(act(port.conv(s, f"{at}.reduce"), f"{at}.act2"), f"{at}.excite"), f"{at}.gate", "sigmoid")
        y = layers.Multiply(name=f"{at}.scale")([y, s])
        y = port.norm(port.conv(y, f"{at}.project"), f"{at}.bn2", 1e-3)
        return layers.Add(name=f"{at}.add")([x, y])

    x = image = keras.Input((32, 32, 3), name="image")
    if port.option("bgr", False):
        x = x[..., ::-1]
    if port.option("bytes", False):
        x = layers.Rescaling(1 / 255, name="rescaling")(x)
    mean, std = port.option("mean", port.weights["mean"].ravel()), port.option("std", port.weights["std"].ravel())
    x = layers.Normalization(mean=mean, variance=np.square(np.asarray(std, np.float64)), name="normalise")(x)
    x = act(port.norm(port.conv(x, "stem", 2, 1), "bn", 1e-3), "act")
    x = block(block(x, "block1"), "block2")
    return keras.Model(image, port.dense(layers.GlobalAveragePooling2D(name="pool")(x), "head"))


PORTS: dict[str, Callable[[Port], Any]] = {
    "resnet": resnet,
    "vgg": vgg,
    "mobilenet": mobilenet,
    "densenet": densenet,
    "vit": vit,
    "unet": unet,
    "efficientnet": efficientnet,
}


def build(name: str, weights: Weights, **options: Any) -> Any:
    """A port with the weights of the network of this name; without options it is honest."""
    return PORTS[name](Port(weights, **options))

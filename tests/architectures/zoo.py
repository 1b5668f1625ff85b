"""Architectures that nobody here wrote, as a person would name them to ``parity check``: ``zoo.py:resnet18``.

Weights are random, so nothing is loaded. As an architecture starts, much of it is idle: scales of 1e-6, biases and last
BatchNorms of 0, positions that are all alike. What starts as a constant is moved, and statistics are those of a batch, so that
every operator does something and values neither fade nor grow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MOVED = 0.1  #: standard deviation of what a constant parameter is moved by
BATCH = 4  #: images whose statistics a BatchNorm is given


@dataclass(frozen=True)
class Architecture:
    """One architecture: the package that has it, the shape it is fed in its framework's order of axes, and what makes it."""

    package: str
    shape: tuple[int, ...]
    make: Callable[[], Any]

    @property
    def input(self) -> str:
        """The shape as it is typed behind ``--input``."""
        return "x".join(map(str, self.shape))

    def __call__(self) -> Any:
        """The model, at inference."""
        return (_settled_keras if self.package == "keras" else _settled_torch)(self.make(), self.shape)


def _settled_torch(model: Any, shape: tuple[int, ...]) -> Any:
    import torch

    norms = [part for part in model.modules() if isinstance(part, torch.nn.modules.batchnorm._BatchNorm)]
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.numel() > 1 and bool((parameter == parameter.flatten()[0]).all()):
                parameter += MOVED * torch.randn_like(parameter)
        if norms:
            momenta = [norm.momentum for norm in norms]
            for norm in norms:
                norm.momentum = 1.0
            model.train()(torch.randn(BATCH, *shape[1:]))
            for norm, momentum in zip(norms, momenta, strict=True):
                norm.momentum = momentum
    return model.eval()


def _settled_keras(model: Any, shape: tuple[int, ...]) -> Any:
    import keras
    import numpy as np

    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for variable in model.trainable_variables:
        value = np.asarray(variable)
        if value.size > 1 and (value == value.flat[0]).all():
            variable.assign(value + MOVED * np.random.standard_normal(value.shape))
    if norms:
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.momentum = 0.0
        model(np.random.standard_normal((BATCH, *shape[1:])).astype(np.float32), training=True)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
    return model


def with_torchvision() -> None:
    """Import torchvision beside any build of torch; timm and transformers import it too.

    Its compiled operators load only beside the very build of torch that they were made for. None of these architectures has
    one, but the import ends where the names of two of them are missing.
    """
    import torch

    try:
        import torchvision
    except RuntimeError:
        for missing in ("nms", "qnms"):
            torch.library.define(f"torchvision::{missing}", "(Tensor boxes, Tensor scores, float limit) -> Tensor")
        import torchvision  # noqa: F401


def _torchvision(name: str, family: str = "", **options: Any) -> Callable[[], Any]:
    def make() -> Any:
        with_torchvision()
        from torchvision import models

        place = getattr(models, family) if family else models
        return getattr(place, name)(weights=None, **options)

    return make


def _timm(name: str, **options: Any) -> Callable[[], Any]:
    def make() -> Any:
        with_torchvision()
        import timm

        return timm.create_model(name, pretrained=False, **options)

    return make


def _keras(name: str, **options: Any) -> Callable[[], Any]:
    def make() -> Any:
        import keras

        return getattr(keras.applications, name)(weights=None, **options)

    return make


def _transformers(config: str, model: str, **options: Any) -> Callable[[], Any]:
    def make() -> Any:
        with_torchvision()
        import transformers

        return getattr(transformers, model)(getattr(transformers, config)(**options))

    return make


def _square(size: int) -> tuple[int, ...]:
    return (1, 3, size, size)


#: torchvision: name -> (side of the image, options)
_TORCHVISION: dict[str, tuple[int, dict[str, Any]]] = {
    "alexnet": (96, {}),
    "efficientnet_b0": (64, {}),
    "googlenet": (64, {"aux_logits": False, "init_weights": False}),
    "mnasnet1_0": (64, {}),
    "mobilenet_v2": (224, {}),
    "mobilenet_v3_small": (64, {}),
    "regnet_y_400mf": (64, {}),
    "resnet18": (224, {}),
    "shufflenet_v2_x1_0": (64, {}),
    "squeezenet1_1": (64, {}),
    "swin_t": (64, {}),
    "vgg11": (64, {}),
}

#: timm: name -> (side of the image, options)
_TIMM: dict[str, tuple[int, dict[str, Any]]] = {
    "edgenext_xx_small": (64, {}),
    "ghostnet_100": (64, {}),
    "levit_128s": (224, {}),
    "mobilevit_xxs": (64, {}),
    "resnest14d": (64, {}),
    "vit_tiny_patch16_224": (224, {}),
    "xcit_nano_12_p16_224": (64, {"img_size": 64}),
}

#: keras.applications: name -> side of the image
_KERAS = {
    "EfficientNetB0": 64,
    "MobileNetV2": 96,
    "MobileNetV3Small": 64,
    "NASNetMobile": 64,
}

#: transformers: a small encoder, as several of them are configured
_ENCODER = {"hidden_size": 96, "num_hidden_layers": 3, "num_attention_heads": 3}

#: transformers: name -> (configuration, model, side of the image, what is smaller than its default)
_TRANSFORMERS: dict[str, tuple[str, str, int, dict[str, Any]]] = {
    "hf_vit": (
        "ViTConfig",
        "ViTForImageClassification",
        64,
        {**_ENCODER, "image_size": 64, "intermediate_size": 384},
    ),
    "hf_deit": (
        "DeiTConfig",
        "DeiTForImageClassificationWithTeacher",
        64,
        {**_ENCODER, "image_size": 64, "intermediate_size": 384},
    ),
    "hf_dinov2": ("Dinov2Config", "Dinov2ForImageClassification", 56, {**_ENCODER, "image_size": 56}),
    "hf_yolos": (
        "YolosConfig",
        "YolosForObjectDetection",
        64,
        {**_ENCODER, "image_size": [64, 64], "intermediate_size": 384, "num_detection_tokens": 10},
    ),
    "hf_convnextv2": (
        "ConvNextV2Config",
        "ConvNextV2ForImageClassification",
        64,
        {"depths": [1, 1, 2, 1], "hidden_sizes": [24, 48, 96, 192]},
    ),
    "hf_mobilevit": (
        "MobileViTConfig",
        "MobileViTForImageClassification",
        64,
        {"image_size": 64, "hidden_sizes": [48, 64, 80], "neck_hidden_sizes": [16, 16, 24, 32, 40, 48, 160]},
    ),
    "hf_resnet": (
        "ResNetConfig",
        "ResNetForImageClassification",
        64,
        {"depths": [1, 1, 2, 1], "hidden_sizes": [64, 128, 256, 512], "embedding_size": 32},
    ),
    "hf_segformer": ("SegformerConfig", "SegformerForSemanticSegmentation", 64, {"depths": [1, 1, 1, 1]}),
    "hf_swinv2": (
        "Swinv2Config",
        "Swinv2ForImageClassification",
        64,
        {"image_size": 64, "embed_dim": 48, "depths": [1, 1, 2, 1], "window_size": 4},
    ),
}


@dataclass(frozen=True)
class Divergence:
    """Where what is run is wrong, and not parity: the routes that show it, and the script that does without parity."""

    routes: tuple[str, ...]
    script: str  #: in docs/divergences/


#: What does not pass, and why that is right.
DIVERGES = {
    "EfficientNetB0": Divergence(
        ("tensorflow>ort", "tensorflow>ort plain", "tensorflow>reference"), "keras_export_inputs.py"
    ),
    "googlenet": Divergence(("torch>reference", "torchscript>reference"), "reference_maxpool_ceil.py"),
    "r3d_18": Divergence(("torch",), "onnxscript_conv3d_bias.py"),
}

ARCHITECTURES: dict[str, Architecture] = {
    **{n: Architecture("torchvision", _square(s), _torchvision(n, **o)) for n, (s, o) in _TORCHVISION.items()},
    "lraspp_mobilenet_v3_large": Architecture(
        "torchvision", _square(64), _torchvision("lraspp_mobilenet_v3_large", "segmentation", weights_backbone=None)
    ),
    "r3d_18": Architecture("torchvision", (1, 3, 4, 32, 32), _torchvision("r3d_18", "video")),
    **{n: Architecture("timm", _square(s), _timm(n, **o)) for n, (s, o) in _TIMM.items()},
    **{n: Architecture("keras", (1, s, s, 3), _keras(n, input_shape=(s, s, 3))) for n, s in _KERAS.items()},
    **{
        n: Architecture("transformers", _square(s), _transformers(c, m, **o))
        for n, (c, m, s, o) in _TRANSFORMERS.items()
    },
}


def __getattr__(name: str) -> Architecture:
    """An architecture by its name, as an attribute of this module. Raises :class:`AttributeError` for no such one."""
    if name not in ARCHITECTURES:
        raise AttributeError(name)
    return ARCHITECTURES[name]

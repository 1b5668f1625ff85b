"""torch and Keras: one keeps the unbiased variance of a batch as running variance, the other the population's, both on purpose (torch 2.13, keras 3). https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html"""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import torch

x = np.random.default_rng(0).standard_normal((4, 2)).astype(np.float32)
one, other = torch.nn.BatchNorm1d(2, momentum=0.5), keras.layers.BatchNormalization(momentum=0.5)
one(torch.from_numpy(x))
other(x, training=True)
torchs, kerass = one.running_var.numpy(), other.moving_variance.numpy()
print("torch:", torchs, "= 0.5 + 0.5 var n / (n - 1):", 0.5 + 0.5 * x.var(0, ddof=1))
print("Keras:", kerass, "= 0.5 + 0.5 var:", 0.5 + 0.5 * x.var(0))
sys.exit(int(np.abs(torchs - kerass).max() > 1e-3))

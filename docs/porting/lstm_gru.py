"""LSTM and GRU, torch to Keras: the gates i f g o in both, r z n in torch and z r h in Keras."""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import torch

keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")
torch.manual_seed(0)
fed, worst = torch.randn(2, 6, 5, dtype=torch.float64), 0.0


def gates(array, order):
    return array.reshape(len(order), -1, *array.shape[1:])[order].reshape(array.shape)


for kind in ("LSTM", "GRU"):
    module = getattr(torch.nn, kind)(5, 4, batch_first=True).double()
    order = [0, 1, 2, 3] if kind == "LSTM" else [1, 0, 2]
    wi, wh, bi, bh = (gates(array.detach().numpy(), order) for array in module.parameters())
    layer = getattr(keras.layers, kind)(4, return_sequences=True)
    layer.build((None, 6, 5))
    # Keras' GRU keeps the two biases, as the recurrent one is multiplied by the reset gate; its LSTM keeps their sum.
    layer.set_weights([wi.T, wh.T, bi + bh if kind == "LSTM" else np.stack((bi, bh))])
    off = np.abs(module(fed)[0].detach().numpy() - np.asarray(layer(fed.numpy()))).max()
    print(f"{kind} off by {off:.1e}")
    worst = max(worst, off)
sys.exit(int(worst > 1e-9))

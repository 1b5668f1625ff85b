"""Keras' PReLU has the gradient 0 at an input of 0, that of neither side of its kink; torch's has the slope.

Seen with keras 3.15.1 on tensorflow 2.21.0 and torch 2.13.0. No gradient is right there, so no check asks for one.
"""

import sys

import keras
import tensorflow as tf
import torch

SLOPE = 0.25

layer = keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(SLOPE))
x = tf.constant([[-1.0, 0.0, 1.0]])
with tf.GradientTape() as tape:
    tape.watch(x)
    y = layer(x)  # composed: relu(x) - alpha * relu(-x), whose two gradients are both 0 at 0
in_keras = tape.gradient(y, x).numpy()[0].tolist()

leaf = torch.tensor([[-1.0, 0.0, 1.0]], requires_grad=True)
module = torch.nn.PReLU(init=SLOPE)
in_torch = torch.autograd.grad(module(leaf).sum(), leaf)[0][0].tolist()

print(f"gradient at -1, 0, 1: Keras {in_keras}, torch {in_torch}")
sys.exit(in_keras != in_torch)

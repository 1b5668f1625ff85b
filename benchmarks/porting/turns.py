"""Weights: how the arrays of each kind of layer are turned from torch to Keras and back. Every expression is run."""

from __future__ import annotations

from benchmarks.porting.model import Turn

TURNS = (
    Turn(
        "convolution",
        "torch.nn.Conv2d(3, 5, (3, 2))",
        "keras.layers.Conv2D(5, (3, 2))",
        (2, 3, 7, 8),
        "[weight.transpose(2, 3, 1, 0), bias]",
        "dict(weight=kernel.transpose(3, 2, 0, 1), bias=bias)",
        "conv2d/k3x1",
    ),
    Turn(
        "depthwise convolution, 2 channels of each of 3",
        "torch.nn.Conv2d(3, 6, (3, 2), groups=3)",
        "keras.layers.DepthwiseConv2D((3, 2), depth_multiplier=2)",
        (2, 3, 7, 8),
        "[weight.reshape(3, 2, 3, 2).transpose(2, 3, 0, 1), bias]",
        "dict(weight=kernel.transpose(2, 3, 0, 1).reshape(6, 1, 3, 2), bias=bias)",
        "depthwiseconv2d/*multiplier2*",
    ),
    Turn(
        "grouped convolution",
        "torch.nn.Conv2d(4, 6, (3, 2), groups=2)",
        "keras.layers.Conv2D(6, (3, 2), groups=2)",
        (2, 4, 7, 8),
        "[weight.transpose(2, 3, 1, 0), bias]",
        "dict(weight=kernel.transpose(3, 2, 0, 1), bias=bias)",
        "conv2d/groups2",
    ),
    Turn(
        "transposed convolution",
        "torch.nn.ConvTranspose2d(3, 5, (3, 2))",
        "keras.layers.Conv2DTranspose(5, (3, 2))",
        (2, 3, 7, 8),
        "[weight.transpose(2, 3, 1, 0), bias]",
        "dict(weight=kernel.transpose(3, 2, 0, 1), bias=bias)",
        "convtranspose2d/*padding-valid*",
    ),
    Turn(
        "dense",
        "torch.nn.Linear(7, 5)",
        "keras.layers.Dense(5)",
        (2, 7),
        "[weight.T, bias]",
        "dict(weight=kernel.T, bias=bias)",
        "linear/37to10",
    ),
    Turn(
        "dense behind Flatten of 3 x 4 x 6 (C H W)",
        "torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(72, 5))",
        "keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(5)])",
        (2, 3, 4, 6),
        "[weight.reshape(5, 3, 4, 6).transpose(2, 3, 1, 0).reshape(72, 5), bias]",
        "dict(weight=kernel.reshape(4, 6, 3, 5).transpose(3, 2, 0, 1).reshape(5, 72), bias=bias)",
        "flatten/then-linear",
    ),
    Turn(
        "BatchNorm's four",
        "torch.nn.BatchNorm2d(3)",
        "keras.layers.BatchNormalization(epsilon=1e-5)",
        (2, 3, 7, 8),
        "[weight, bias, running_mean, running_var]",
        "dict(weight=gamma, bias=beta, running_mean=moving_mean, running_var=moving_variance)",
        "batchnorm2d/var-1e-3-eps-*",
    ),
    Turn(
        "LayerNorm of an image",
        "torch.nn.LayerNorm((3, 7, 8))",
        "keras.layers.LayerNormalization(axis=[1, 2, 3], epsilon=1e-5)",
        (2, 3, 7, 8),
        "[weight.transpose(1, 2, 0), bias.transpose(1, 2, 0)]",
        "dict(weight=gamma.transpose(2, 0, 1), bias=beta.transpose(2, 0, 1))",
        "layernorm/base",
    ),
    Turn(
        "PReLU, a slope a channel",
        "torch.nn.PReLU(3)",
        "keras.layers.PReLU(shared_axes=[1, 2])",
        (2, 3, 7, 8),
        "[weight.reshape(1, 1, 3)]",
        "dict(weight=alpha.reshape(3))",
        "prelu/channels*",
    ),
    Turn(
        "attention, 2 heads of 4",
        "torch.nn.MultiheadAttention(8, 2, batch_first=True)",
        "keras.layers.MultiHeadAttention(2, 4)",
        (2, 5, 8),
        "[a for w, b in zip(np.split(in_proj_weight, 3), np.split(in_proj_bias, 3)) for a in (w.T.reshape(8, 2, 4), b.reshape(2, 4))] "
        "+ [weight.T.reshape(2, 4, 8), bias]",
        "dict(in_proj_weight=np.concatenate([a.reshape(8, 8).T for a in k[0:6:2]]), in_proj_bias=np.concatenate([a.reshape(8) for a in k[1:6:2]]), "
        "weight=k[6].reshape(8, 8).T, bias=k[7])",
        "multiheadattention/base",
    ),
    Turn(
        "LSTM of 4 (gates i f g o in both)",
        "torch.nn.LSTM(5, 4, batch_first=True)",
        "keras.layers.LSTM(4, return_sequences=True)",
        (2, 6, 5),
        "[weight_ih_l0.T, weight_hh_l0.T, bias_ih_l0 + bias_hh_l0]",
        "dict(weight_ih_l0=kernel.T, weight_hh_l0=recurrent_kernel.T, bias_ih_l0=bias, bias_hh_l0=0 * bias)",
        "porting/lstm_gru.py",
    ),
    Turn(
        "GRU of 4 (gates r z n, z r h in Keras)",
        "torch.nn.GRU(5, 4, batch_first=True)",
        "keras.layers.GRU(4, return_sequences=True)",
        (2, 6, 5),
        "[a.reshape(3, 4, -1)[[1, 0, 2]].reshape(12, -1).T for a in (weight_ih_l0, weight_hh_l0)] "
        "+ [np.stack((bias_ih_l0, bias_hh_l0)).reshape(2, 3, 4)[:, [1, 0, 2]].reshape(2, 12)]",
        "dict(zip(('weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0'), "
        "(a.reshape(3, 4, -1)[[1, 0, 2]].reshape(12, -1).squeeze() for a in (kernel.T, recurrent_kernel.T, bias[0], bias[1]))))",
        "porting/lstm_gru.py",
    ),
)

"""Convolutions: each field off its default alone, then in the pairs that interact; sizes, scales and means."""

from dataclasses import replace

from parity.cases import Case
from parity.layers import Conv2D, Draw

ONE = "a single pixel: height and width are both 1"
POSITIVE = {"conv2d.weight": Draw("uniform", 1.0, 0.25)}
FAR_BIAS = {"conv2d.bias": Draw("normal", 1000.0, 1.0)}

# fmt: off
QUICK = [
    # One field at a time, from Conv2D(3, 8, 3).
    Case("conv2d/k3",                Conv2D(3, 8, 3),                           (2, 3, 11, 14)),
    Case("conv2d/in1",               Conv2D(1, 8, 3),                           (2, 1, 11, 14), quick=False),
    Case("conv2d/in7",               Conv2D(7, 8, 3),                           (2, 7, 11, 14), quick=False),
    Case("conv2d/out1",              Conv2D(3, 1, 3),                           (2, 3, 11, 14), quick=False),
    Case("conv2d/k1",                Conv2D(3, 8, 1),                           (2, 3, 11, 14)),
    Case("conv2d/k2",                Conv2D(3, 8, 2),                           (2, 3, 11, 14), quick=False),
    Case("conv2d/k4",                Conv2D(3, 7, 4),                           (2, 3, 11, 14)),
    Case("conv2d/k5",                Conv2D(3, 8, 5),                           (2, 3, 11, 14)),
    Case("conv2d/k7",                Conv2D(3, 9, 7),                           (2, 3, 11, 14), quick=False),
    Case("conv2d/k1x3",              Conv2D(3, 8, (1, 3)),                      (2, 3, 11, 14), quick=False),
    Case("conv2d/k3x1",              Conv2D(3, 8, (3, 1)),                      (2, 3, 11, 14)),
    Case("conv2d/k2x5",              Conv2D(3, 8, (2, 5)),                      (2, 3, 11, 15)),
    Case("conv2d/k5x2",              Conv2D(3, 8, (5, 2)),                      (2, 3, 11, 14)),
    Case("conv2d/stride2",           Conv2D(3, 8, 3, stride=2),                 (2, 3, 11, 14), quick=False),
    Case("conv2d/stride3",           Conv2D(3, 8, 3, stride=3),                 (2, 3, 14, 19)),
    Case("conv2d/stride1x2",         Conv2D(3, 8, 3, stride=(1, 2)),            (2, 3, 11, 14)),
    Case("conv2d/stride2x1",         Conv2D(3, 8, 3, stride=(2, 1)),            (2, 3, 11, 14)),
    Case("conv2d/stride3x2",         Conv2D(3, 8, 3, stride=(3, 2)),            (2, 3, 14, 19)),
    Case("conv2d/pad1",              Conv2D(3, 8, 3, padding=1),                (2, 3, 11, 14), quick=False),
    Case("conv2d/pad2",              Conv2D(3, 8, 3, padding=2),                (2, 3, 11, 14)),
    Case("conv2d/pad1x0",            Conv2D(3, 8, 3, padding=(1, 0)),           (2, 3, 11, 14)),
    Case("conv2d/pad0x2",            Conv2D(3, 8, 3, padding=(0, 2)),           (2, 3, 11, 14)),
    Case("conv2d/pad-bottom-right",  Conv2D(3, 8, 3, padding=((0, 1), (0, 1))), (2, 3, 11, 14)),
    Case("conv2d/pad-top-left",      Conv2D(3, 8, 3, padding=((1, 0), (1, 0))), (2, 3, 11, 14)),
    Case("conv2d/pad-four-sides",    Conv2D(3, 8, 3, padding=((2, 1), (0, 3))), (2, 3, 11, 14), quick=False),
    Case("conv2d/pad-one-side",      Conv2D(3, 8, 3, padding=((0, 0), (0, 2))), (2, 3, 11, 14)),
    Case("conv2d/valid",             Conv2D(3, 8, 3, padding="valid"),          (2, 3, 11, 14), quick=False),
    Case("conv2d/same",              Conv2D(3, 8, 3, padding="same"),           (2, 3, 11, 14)),
    Case("conv2d/dilation2",         Conv2D(3, 8, 3, dilation=2),               (2, 3, 11, 14)),
    Case("conv2d/dilation3",         Conv2D(3, 7, 3, dilation=3),               (2, 3, 11, 14)),
    Case("conv2d/dilation1x2",       Conv2D(3, 8, 3, dilation=(1, 2)),          (2, 3, 11, 14)),
    Case("conv2d/dilation3x1",       Conv2D(3, 8, 3, dilation=(3, 1)),          (2, 3, 11, 14)),
    Case("conv2d/groups2",           Conv2D(4, 6, 3, groups=2),                 (2, 4, 11, 14), quick=False),
    Case("conv2d/groups3",           Conv2D(9, 6, 3, groups=3),                 (2, 9, 11, 15)),
    Case("conv2d/groups4-narrowing", Conv2D(12, 4, 3, groups=4),                (2, 12, 11, 14)),
    Case("conv2d/depthwise",         Conv2D(6, 6, 3, groups=6),                 (2, 6, 11, 14)),
    Case("conv2d/depthwise-times2",  Conv2D(5, 10, 3, groups=5),                (2, 5, 11, 14)),
    Case("conv2d/depthwise-times3",  Conv2D(4, 12, 3, groups=4),                (2, 4, 11, 15), quick=False),
    Case("conv2d/no-bias",           Conv2D(3, 8, 3, bias=False),               (2, 3, 11, 14), quick=False),

    # Sizes at the edges.
    Case("conv2d/batch1",                    Conv2D(3, 8, 3),                           (1, 3, 11, 14), quick=False),
    Case("conv2d/batch5",                    Conv2D(3, 8, 3),                           (5, 3, 11, 14), quick=False),
    Case("conv2d/one-row",                   Conv2D(3, 8, (1, 3)),                      (2, 3, 1, 9)),
    Case("conv2d/one-column-pad1",           Conv2D(3, 8, 3, padding=1),                (2, 3, 9, 1), quick=False),
    Case("conv2d/one-pixel-k1",              Conv2D(3, 8, 1),                           (2, 3, 1, 1), equal_sizes=ONE, quick=False),
    Case("conv2d/one-pixel-k3-pad1",         Conv2D(3, 8, 3, padding=1),                (2, 3, 1, 1), equal_sizes=ONE, quick=False),
    Case("conv2d/one-pixel-k3-same-stride2", Conv2D(3, 8, 3, stride=2, padding="same"), (2, 3, 1, 1), equal_sizes=ONE, quick=False),
    Case("conv2d/whole-input",               Conv2D(3, 8, (5, 7)),                      (2, 3, 5, 7), quick=False),
    Case("conv2d/whole-input-pad1",          Conv2D(3, 8, (5, 6), padding=1),           (2, 3, 5, 7)),
    Case("conv2d/whole-input-same",          Conv2D(3, 8, (5, 7), padding="same"),      (2, 3, 5, 7)),
    Case("conv2d/kernel-wider-than-input",   Conv2D(3, 8, 7, padding=3),                (2, 3, 4, 6)),

    # Scales.
    Case("conv2d/scale-1e-3",              Conv2D(16, 8, 3, padding=1),                           (2, 16, 11, 14), scale=1e-3, quick=False),
    Case("conv2d/scale-1",                 Conv2D(16, 8, 3, padding=1),                           (2, 16, 11, 14), scale=1.0, quick=False),
    Case("conv2d/scale-1e3",               Conv2D(16, 8, 3, padding=1),                           (2, 16, 11, 14), scale=1e3, quick=False),
    Case("conv2d/scale-1e6",               Conv2D(16, 8, 3, padding=1),                           (2, 16, 11, 14), scale=1e6, quick=False),
    Case("conv2d/scale-1e-3-no-bias-same", Conv2D(3, 8, 3, stride=2, padding="same", bias=False), (2, 3, 10, 14), scale=1e-3, quick=False),
    Case("conv2d/scale-1e6-depthwise",     Conv2D(6, 6, 3, groups=6),                             (2, 6, 11, 14), scale=1e6, quick=False),

    # Means far from zero, in units of the scale; sums that cannot cancel.
    Case("conv2d/mean100",                Conv2D(16, 8, 3, padding=1),               (2, 16, 11, 14), mean=100.0, quick=False),
    Case("conv2d/mean-100",               Conv2D(16, 8, 3),                          (2, 16, 11, 14), mean=-100.0, quick=False),
    Case("conv2d/mean100-no-bias",        Conv2D(16, 8, 3, bias=False),              (2, 16, 11, 14), mean=100.0, quick=False),
    Case("conv2d/mean100-depthwise",      Conv2D(6, 6, 3, groups=6),                 (2, 6, 11, 14), mean=100.0),
    Case("conv2d/mean100-scale-1e3-same", Conv2D(3, 8, 3, stride=2, padding="same"), (2, 3, 10, 14), scale=1e3, mean=100.0, quick=False),
    Case("conv2d/mean100-scale-1e-3",     Conv2D(16, 8, 3, padding=1),               (2, 16, 11, 14), scale=1e-3, mean=100.0, quick=False),
    Case("conv2d/mean100-64to64",         Conv2D(64, 64, 3, padding=1),              (2, 64, 8, 7), mean=100.0, quick=False),
    Case("conv2d/weights-all-positive",   Conv2D(16, 8, 3),                          (2, 16, 11, 14), mean=10.0, draws=POSITIVE, quick=False),
    Case("conv2d/bias-far-from-zero",     Conv2D(16, 8, 3),                          (2, 16, 11, 14), draws=FAR_BIAS, quick=False),
]

#: For the full set alone.
MORE = [
    # "same" with stride: the padding depends on the size, and is uneven where its total is odd.
    Case("conv2d/k3-stride2-same-odd",      Conv2D(3, 8, 3, stride=2, padding="same"),      (2, 3, 11, 13)),
    Case("conv2d/k3-stride2-same-even",     Conv2D(3, 8, 3, stride=2, padding="same"),      (2, 3, 10, 14)),
    Case("conv2d/k3-stride2-same-odd-even", Conv2D(3, 8, 3, stride=2, padding="same"),      (2, 3, 9, 12)),
    Case("conv2d/k2-stride2-same-odd",      Conv2D(3, 8, 2, stride=2, padding="same"),      (2, 3, 11, 13)),
    Case("conv2d/k2-stride2-same-even",     Conv2D(3, 8, 2, stride=2, padding="same"),      (2, 3, 10, 14)),
    Case("conv2d/k5-stride2-same-odd",      Conv2D(3, 8, 5, stride=2, padding="same"),      (2, 3, 11, 13)),
    Case("conv2d/k5-stride2-same-even",     Conv2D(3, 8, 5, stride=2, padding="same"),      (2, 3, 10, 14)),
    Case("conv2d/k5-stride3-same",          Conv2D(3, 8, 5, stride=3, padding="same"),      (2, 3, 11, 16)),
    Case("conv2d/k4-stride3-same",          Conv2D(3, 8, 4, stride=3, padding="same"),      (2, 3, 13, 17)),
    Case("conv2d/k3-stride1x2-same",        Conv2D(3, 8, 3, stride=(1, 2), padding="same"), (2, 3, 11, 14)),
    Case("conv2d/k3-stride3x2-same",        Conv2D(3, 8, 3, stride=(3, 2), padding="same"), (2, 3, 13, 14)),
    Case("conv2d/k2-same",                  Conv2D(3, 8, 2, padding="same"),                (2, 3, 11, 14)),
    Case("conv2d/k4-same",                  Conv2D(3, 8, 4, padding="same"),                (2, 3, 11, 14)),
    Case("conv2d/k1-same",                  Conv2D(3, 8, 1, padding="same"),                (2, 3, 11, 14)),
    Case("conv2d/k4x1-same",                Conv2D(3, 8, (4, 1), padding="same"),           (2, 3, 11, 14)),
    Case("conv2d/k2x3-stride2-same",        Conv2D(3, 8, (2, 3), stride=2, padding="same"), (2, 3, 11, 14)),

    # A kernel smaller than its stride skips pixels.
    Case("conv2d/k1-stride2",           Conv2D(3, 8, 1, stride=2),                 (2, 3, 11, 14)),
    Case("conv2d/k1-stride2-same-odd",  Conv2D(3, 8, 1, stride=2, padding="same"), (2, 3, 11, 13)),
    Case("conv2d/k1-stride3-same-even", Conv2D(3, 8, 1, stride=3, padding="same"), (2, 3, 12, 16)),
    Case("conv2d/k2-stride3",           Conv2D(3, 8, 2, stride=3),                 (2, 3, 14, 19)),
    Case("conv2d/k2-stride3-same-odd",  Conv2D(3, 8, 2, stride=3, padding="same"), (2, 3, 13, 17)),
    Case("conv2d/k2-stride3-same-even", Conv2D(3, 8, 2, stride=3, padding="same"), (2, 3, 12, 16)),
    Case("conv2d/k3-stride4-pad1",      Conv2D(3, 8, 3, stride=4, padding=1),      (2, 3, 15, 21)),
    Case("conv2d/k3-stride4-same",      Conv2D(3, 8, 3, stride=4, padding="same"), (2, 3, 15, 22)),

    # Padding with stride.
    Case("conv2d/stride2-pad1-odd",         Conv2D(3, 8, 3, stride=2, padding=1),                     (2, 3, 11, 13)),
    Case("conv2d/stride2-pad1-even",        Conv2D(3, 8, 3, stride=2, padding=1),                     (2, 3, 10, 14)),
    Case("conv2d/stride2-pad-bottom-right", Conv2D(3, 8, 3, stride=2, padding=((0, 1), (0, 1))),      (2, 3, 10, 14)),
    Case("conv2d/stride2-pad-top-left",     Conv2D(3, 8, 3, stride=2, padding=((1, 0), (1, 0))),      (2, 3, 10, 14)),
    Case("conv2d/stride2x3-pad-four-sides", Conv2D(3, 8, 3, stride=(2, 3), padding=((2, 0), (1, 3))), (2, 3, 11, 19)),
    Case("conv2d/k1-pad1",                  Conv2D(3, 8, 1, padding=1),                               (2, 3, 11, 14)),
    Case("conv2d/k3-pad-wider-than-kernel", Conv2D(3, 8, 3, padding=4),                               (2, 3, 5, 7)),
    Case("conv2d/k2-pad1",                  Conv2D(3, 8, 2, padding=1),                               (2, 3, 11, 14)),
    Case("conv2d/k5x2-pad2x1",              Conv2D(3, 8, (5, 2), padding=(2, 1)),                     (2, 3, 11, 14)),

    # Dilation with padding, with "same", with stride.
    Case("conv2d/dilation2-pad2",              Conv2D(3, 8, 3, padding=2, dilation=2),                (2, 3, 11, 14)),
    Case("conv2d/dilation2-pad1",              Conv2D(3, 8, 3, padding=1, dilation=2),                (2, 3, 11, 14)),
    Case("conv2d/dilation2-pad-four-sides",    Conv2D(3, 8, 3, padding=((2, 0), (1, 3)), dilation=2), (2, 3, 11, 15)),
    Case("conv2d/dilation2x3-pad4",            Conv2D(3, 8, 3, padding=4, dilation=(2, 3)),           (2, 3, 11, 15)),
    Case("conv2d/dilation2-valid",             Conv2D(3, 8, 3, padding="valid", dilation=2),          (2, 3, 11, 14)),
    Case("conv2d/dilation2-same-odd",          Conv2D(3, 8, 3, padding="same", dilation=2),           (2, 3, 11, 13)),
    Case("conv2d/dilation2-same-even",         Conv2D(3, 8, 3, padding="same", dilation=2),           (2, 3, 10, 14)),
    Case("conv2d/k2-dilation3-same",           Conv2D(3, 8, 2, padding="same", dilation=3),           (2, 3, 11, 14)),
    Case("conv2d/k4-dilation2x1-same",         Conv2D(3, 8, 4, padding="same", dilation=(2, 1)),      (2, 3, 11, 14)),
    Case("conv2d/dilation-wider-than-input",   Conv2D(3, 8, 3, padding=5, dilation=5),                (2, 3, 4, 7)),
    Case("conv2d/dilation2-k2x5",              Conv2D(3, 7, (2, 5), dilation=2),                      (2, 3, 11, 14)),
    Case("conv2d/stride2-dilation2",           Conv2D(3, 8, 3, stride=2, dilation=2),                 (2, 3, 11, 15)),
    Case("conv2d/stride2-dilation3",           Conv2D(3, 8, 3, stride=2, dilation=3),                 (2, 3, 14, 17)),
    Case("conv2d/stride3-dilation2",           Conv2D(3, 8, 3, stride=3, dilation=2),                 (2, 3, 14, 19)),
    Case("conv2d/stride1x2-dilation2x1",       Conv2D(3, 8, 3, stride=(1, 2), dilation=(2, 1)),       (2, 3, 11, 14)),
    Case("conv2d/stride2-dilation2-pad2",      Conv2D(3, 8, 3, stride=2, padding=2, dilation=2),      (2, 3, 11, 14)),
    Case("conv2d/stride2-dilation2-same-odd",  Conv2D(3, 8, 3, stride=2, padding="same", dilation=2), (2, 3, 11, 13)),
    Case("conv2d/stride2-dilation2-same-even", Conv2D(3, 8, 3, stride=2, padding="same", dilation=2), (2, 3, 10, 14)),

    # Groups with everything.
    Case("conv2d/groups2-stride2",          Conv2D(4, 6, 3, stride=2, groups=2),                   (2, 4, 11, 16)),
    Case("conv2d/groups2-stride2-same",     Conv2D(4, 6, 3, stride=2, padding="same", groups=2),   (2, 4, 10, 14)),
    Case("conv2d/groups2-pad-four-sides",   Conv2D(4, 6, 3, padding=((2, 1), (0, 3)), groups=2),   (2, 4, 11, 14)),
    Case("conv2d/groups2-dilation2",        Conv2D(4, 6, 3, dilation=2, groups=2),                 (2, 4, 11, 14)),
    Case("conv2d/groups2-k2x5",             Conv2D(4, 6, (2, 5), groups=2),                        (2, 4, 11, 13)),
    Case("conv2d/groups2-k1",               Conv2D(4, 6, 1, groups=2),                             (2, 4, 11, 14)),
    Case("conv2d/groups-stride-dilation",   Conv2D(4, 6, 3, stride=2, dilation=2, groups=2),       (2, 4, 13, 17)),
    Case("conv2d/depthwise-stride2-same",   Conv2D(6, 6, 3, stride=2, padding="same", groups=6),   (2, 6, 10, 14)),
    Case("conv2d/depthwise-dilation2-same", Conv2D(6, 6, 3, padding="same", dilation=2, groups=6), (2, 6, 11, 14)),
    Case("conv2d/depthwise-k5-pad2",        Conv2D(6, 6, 5, padding=2, groups=6),                  (2, 6, 11, 14)),
    Case("conv2d/depthwise-times2-stride2", Conv2D(5, 10, 3, stride=2, groups=5),                  (2, 5, 11, 14)),
    Case("conv2d/depthwise-times2-same",    Conv2D(5, 10, 3, padding="same", groups=5),            (2, 5, 11, 14)),

    # Without bias, with each.
    Case("conv2d/no-bias-k1",               Conv2D(3, 8, 1, bias=False),                           (2, 3, 11, 14)),
    Case("conv2d/no-bias-stride2",          Conv2D(3, 8, 3, stride=2, bias=False),                 (2, 3, 11, 14)),
    Case("conv2d/no-bias-same",             Conv2D(3, 8, 3, padding="same", bias=False),           (2, 3, 11, 14)),
    Case("conv2d/no-bias-stride2-same",     Conv2D(3, 8, 3, stride=2, padding="same", bias=False), (2, 3, 10, 14)),
    Case("conv2d/no-bias-pad-four-sides",   Conv2D(3, 8, 3, padding=((2, 1), (0, 3)), bias=False), (2, 3, 11, 14)),
    Case("conv2d/no-bias-dilation2",        Conv2D(3, 8, 3, dilation=2, bias=False),               (2, 3, 11, 14)),
    Case("conv2d/no-bias-groups2",          Conv2D(4, 6, 3, groups=2, bias=False),                 (2, 4, 11, 14)),
    Case("conv2d/no-bias-depthwise",        Conv2D(6, 6, 3, groups=6, bias=False),                 (2, 6, 11, 14)),
    Case("conv2d/no-bias-depthwise-times2", Conv2D(5, 10, 3, groups=5, bias=False),                (2, 5, 11, 14)),

    # Longer sums.
    Case("conv2d/64to64-k3",              Conv2D(64, 64, 3, padding=1),                      (2, 64, 8, 7)),
    Case("conv2d/64to64-k3-stride2-same", Conv2D(64, 64, 3, stride=2, padding="same"),       (2, 64, 8, 10)),
    Case("conv2d/64to128-k1",             Conv2D(64, 128, 1),                                (2, 64, 8, 7)),
    Case("conv2d/256to16-k3",             Conv2D(256, 16, 3, padding=1),                     (2, 256, 4, 5)),
    Case("conv2d/32to24-k5",              Conv2D(32, 24, 5, padding=2),                      (2, 32, 9, 8)),
    Case("conv2d/stem-k7-stride2-pad3",   Conv2D(3, 64, 7, stride=2, padding=3, bias=False), (1, 3, 29, 26)),
    Case("conv2d/depthwise-32",           Conv2D(32, 32, 3, padding=1, groups=32),           (2, 32, 9, 8)),
    Case("conv2d/groups8-of-64",          Conv2D(64, 64, 3, padding=1, groups=8),            (2, 64, 9, 8)),
]
# fmt: on

CASES = [*QUICK, *(replace(case, quick=False) for case in MORE)]

"""Pooling: windows that hang over an edge, by padding or ceil_mode, and what they then count."""

from dataclasses import replace

from parity.cases import Case
from parity.layers import AvgPool2D, MaxPool2D

ONE = "a single pixel: height and width are both 1"
SIDES = ((2, 1), (0, 2))  # ((top, bottom), (left, right)), all four apart

# fmt: off
QUICK = [
    # One field at a time, from MaxPool2D(2).
    Case("maxpool2d/k2",               MaxPool2D(2),                           (2, 3, 10, 14), quick=False),
    Case("maxpool2d/k2-odd",           MaxPool2D(2),                           (2, 3, 11, 13), quick=False),
    Case("maxpool2d/k1",               MaxPool2D(1),                           (2, 3, 10, 14)),
    Case("maxpool2d/k3",               MaxPool2D(3),                           (2, 5, 11, 14)),
    Case("maxpool2d/k5",               MaxPool2D(5, stride=1),                 (2, 3, 11, 14)),
    Case("maxpool2d/k2x3",             MaxPool2D((2, 3)),                      (2, 3, 10, 14), quick=False),
    Case("maxpool2d/k4x1",             MaxPool2D((4, 1)),                      (2, 3, 17, 13)),
    Case("maxpool2d/stride1",          MaxPool2D(2, stride=1),                 (2, 3, 10, 14), quick=False),
    Case("maxpool2d/k3-stride2",       MaxPool2D(3, stride=2),                 (2, 3, 11, 14), quick=False),
    Case("maxpool2d/k3-stride1x2",     MaxPool2D(3, stride=(1, 2)),            (2, 3, 11, 14)),
    Case("maxpool2d/k2x3-stride3x1",   MaxPool2D((2, 3), stride=(3, 1)),       (2, 3, 11, 14)),
    Case("maxpool2d/pad1",             MaxPool2D(3, padding=1),                (2, 3, 11, 14), quick=False),
    Case("maxpool2d/pad1x0",           MaxPool2D(3, padding=(1, 0)),           (2, 3, 11, 16)),
    Case("maxpool2d/pad-bottom-right", MaxPool2D(2, padding=((0, 1), (0, 1))), (2, 3, 10, 13)),
    Case("maxpool2d/pad-top-left",     MaxPool2D(2, padding=((1, 0), (1, 0))), (2, 3, 11, 13)),
    Case("maxpool2d/pad-four-sides",   MaxPool2D(5, stride=2, padding=SIDES),  (2, 3, 11, 17)),
    Case("maxpool2d/valid",            MaxPool2D(3, padding="valid"),          (2, 5, 11, 14)),
    Case("maxpool2d/same",             MaxPool2D(2, padding="same"),           (2, 3, 11, 13), quick=False),
    Case("maxpool2d/ceil",             MaxPool2D(2, ceil_mode=True),           (2, 3, 11, 13)),

    # Scales, and means far from zero.
    Case("maxpool2d/scale-1e-3", MaxPool2D(3, stride=2, padding=1), (2, 3, 11, 14), scale=1e-3, quick=False),
    Case("maxpool2d/scale-1",    MaxPool2D(3, stride=2, padding=1), (2, 3, 11, 14), scale=1.0, quick=False),
    Case("maxpool2d/scale-1e3",  MaxPool2D(3, stride=2, padding=1), (2, 3, 11, 14), scale=1e3, quick=False),
    Case("maxpool2d/scale-1e6",  MaxPool2D(3, stride=2, padding=1), (2, 3, 11, 14), scale=1e6),
    Case("maxpool2d/mean100",    MaxPool2D(3, stride=2, padding=1), (2, 3, 11, 14), mean=100.0, quick=False),

    # One field at a time, from AvgPool2D(2).
    Case("avgpool2d/k2",               AvgPool2D(2),                                     (2, 3, 10, 14), quick=False),
    Case("avgpool2d/k2-odd",           AvgPool2D(2),                                     (2, 3, 11, 13), quick=False),
    Case("avgpool2d/k1",               AvgPool2D(1),                                     (2, 3, 10, 14)),
    Case("avgpool2d/k3",               AvgPool2D(3),                                     (2, 5, 11, 14)),
    Case("avgpool2d/k7",               AvgPool2D(7, stride=1),                           (2, 3, 11, 14), quick=False),
    Case("avgpool2d/k2x3",             AvgPool2D((2, 3)),                                (2, 3, 10, 14)),
    Case("avgpool2d/k4x1",             AvgPool2D((4, 1)),                                (2, 3, 17, 13)),
    Case("avgpool2d/stride1",          AvgPool2D(2, stride=1),                           (2, 3, 10, 14), quick=False),
    Case("avgpool2d/k3-stride2",       AvgPool2D(3, stride=2),                           (2, 3, 11, 14), quick=False),
    Case("avgpool2d/k3-stride1x2",     AvgPool2D(3, stride=(1, 2)),                      (2, 3, 11, 14)),
    Case("avgpool2d/pad1",             AvgPool2D(3, padding=1),                          (2, 3, 11, 14), quick=False),
    Case("avgpool2d/pad0x1",           AvgPool2D(3, padding=(0, 1)),                     (2, 3, 14, 16), quick=False),
    Case("avgpool2d/pad-bottom-right", AvgPool2D(2, padding=((0, 1), (0, 1))),           (2, 3, 10, 13)),
    Case("avgpool2d/pad-four-sides",   AvgPool2D(5, stride=2, padding=SIDES),            (2, 3, 11, 17)),
    Case("avgpool2d/valid",            AvgPool2D(3, padding="valid"),                    (2, 5, 11, 14)),
    Case("avgpool2d/same",             AvgPool2D(2, padding="same"),                     (2, 3, 11, 13)),
    Case("avgpool2d/ceil",             AvgPool2D(2, ceil_mode=True),                     (2, 3, 11, 13), quick=False),
    Case("avgpool2d/exclude",          AvgPool2D(3, padding=1, count_include_pad=False), (2, 3, 11, 14)),
    Case("avgpool2d/exclude-no-pad",   AvgPool2D(2, count_include_pad=False),            (2, 3, 10, 14), quick=False),

    # Scales, and means far from zero.
    Case("avgpool2d/scale-1e-3",      AvgPool2D(3, stride=2, padding=1),                          (2, 3, 11, 14), scale=1e-3, quick=False),
    Case("avgpool2d/scale-1",         AvgPool2D(3, stride=2, padding=1),                          (2, 3, 11, 14), scale=1.0, quick=False),
    Case("avgpool2d/scale-1e3",       AvgPool2D(3, stride=2, padding=1),                          (2, 3, 11, 14), scale=1e3, quick=False),
    Case("avgpool2d/scale-1e6",       AvgPool2D(3, stride=2, padding=1),                          (2, 3, 11, 14), scale=1e6, quick=False),
    Case("avgpool2d/mean100",         AvgPool2D(3, stride=2, padding=1),                          (2, 3, 11, 14), mean=100.0),
    Case("avgpool2d/mean100-exclude", AvgPool2D(3, stride=2, padding=1, count_include_pad=False), (2, 3, 11, 14), mean=100.0, quick=False),
    Case("avgpool2d/mean-100-k7",     AvgPool2D(7, stride=1),                                     (2, 3, 11, 14), mean=-100.0),
]

#: For the full set alone.
MORE = [
    # A kernel smaller than its stride skips pixels.
    Case("maxpool2d/k1-stride2",      MaxPool2D(1, stride=2),                 (2, 3, 10, 14)),
    Case("maxpool2d/k2-stride3",      MaxPool2D(2, stride=3),                 (2, 3, 11, 16)),
    Case("maxpool2d/k2-stride3-same", MaxPool2D(2, stride=3, padding="same"), (2, 3, 11, 16)),
    Case("maxpool2d/k2-stride3-ceil", MaxPool2D(2, stride=3, ceil_mode=True), (2, 3, 13, 16)),
    Case("maxpool2d/k1-stride3-same", MaxPool2D(1, stride=3, padding="same"), (2, 3, 10, 14)),

    # "same" and padding with stride: odd, even, uneven. Below zero a zero pad would win where minus infinity must not.
    Case("maxpool2d/k3-stride1-same",      MaxPool2D(3, stride=1, padding="same"),      (2, 3, 11, 14)),
    Case("maxpool2d/k2-stride1-same",      MaxPool2D(2, stride=1, padding="same"),      (2, 3, 11, 14)),
    Case("maxpool2d/k3-stride2-same-odd",  MaxPool2D(3, stride=2, padding="same"),      (2, 3, 11, 13)),
    Case("maxpool2d/k3-stride2-same-even", MaxPool2D(3, stride=2, padding="same"),      (2, 3, 10, 14)),
    Case("maxpool2d/k2x3-stride2-same",    MaxPool2D((2, 3), stride=2, padding="same"), (2, 3, 11, 14)),
    Case("maxpool2d/k3-stride2-pad1-odd",  MaxPool2D(3, stride=2, padding=1),           (2, 3, 11, 13)),
    Case("maxpool2d/k3-stride2-pad1-even", MaxPool2D(3, stride=2, padding=1),           (2, 3, 10, 14)),
    Case("maxpool2d/k2-pad1",              MaxPool2D(2, padding=1),                     (2, 3, 11, 14)),
    Case("maxpool2d/k4x2-pad2x1",          MaxPool2D((4, 2), stride=2, padding=(2, 1)), (2, 3, 11, 14)),
    Case("maxpool2d/negative-pad1",        MaxPool2D(3, stride=2, padding=1),           (2, 3, 11, 13), mean=-10.0),
    Case("maxpool2d/negative-four-sides",  MaxPool2D(5, stride=2, padding=SIDES),       (2, 3, 11, 17), mean=-10.0),
    Case("maxpool2d/negative-same",        MaxPool2D(3, stride=2, padding="same"),      (2, 3, 10, 14), mean=-10.0),
    Case("maxpool2d/negative-ceil",        MaxPool2D(3, stride=2, ceil_mode=True),      (2, 3, 10, 14), mean=-10.0),

    # ceil_mode with stride and padding; a last window that would start in the padding is dropped.
    Case("maxpool2d/k3-stride2-ceil",       MaxPool2D(3, stride=2, ceil_mode=True),                 (2, 3, 10, 14)),
    Case("maxpool2d/k3-stride2-ceil-exact", MaxPool2D(3, stride=2, ceil_mode=True),                 (2, 3, 11, 13)),
    Case("maxpool2d/k3-stride2-ceil-pad1",  MaxPool2D(3, stride=2, padding=1, ceil_mode=True),      (2, 3, 10, 14)),
    Case("maxpool2d/k2-stride3-ceil-pad1",  MaxPool2D(2, stride=3, padding=1, ceil_mode=True),      (2, 3, 10, 13)),
    Case("maxpool2d/ceil-four-sides",       MaxPool2D(5, stride=3, padding=SIDES, ceil_mode=True),  (2, 3, 11, 17)),
    Case("maxpool2d/ceil-bottom-right",     MaxPool2D(2, padding=((0, 1), (0, 1)), ceil_mode=True), (2, 3, 10, 14)),

    # Sizes at the edges.
    Case("maxpool2d/batch1",            MaxPool2D(2),                           (1, 3, 10, 14)),
    Case("maxpool2d/whole-input",       MaxPool2D((5, 7)),                      (2, 3, 5, 7)),
    Case("maxpool2d/one-pixel",         MaxPool2D(1),                           (2, 3, 1, 1), equal_sizes=ONE),
    Case("maxpool2d/one-pixel-k3-same", MaxPool2D(3, stride=2, padding="same"), (2, 3, 1, 1), equal_sizes=ONE),
    Case("maxpool2d/one-pixel-k3-pad1", MaxPool2D(3, stride=2, padding=1),      (2, 3, 1, 1), equal_sizes=ONE),
    Case("maxpool2d/one-row",           MaxPool2D((1, 3)),                      (2, 4, 1, 9)),

    # A kernel smaller than its stride skips pixels.
    Case("avgpool2d/k1-stride2",              AvgPool2D(1, stride=2),                 (2, 3, 10, 14)),
    Case("avgpool2d/k2-stride3",              AvgPool2D(2, stride=3),                 (2, 3, 11, 16)),
    Case("avgpool2d/k2-stride3-same",         AvgPool2D(2, stride=3, padding="same"), (2, 3, 11, 16)),
    Case("avgpool2d/k2-stride3-same-exclude", AvgPool2D(2, stride=3, padding="same", count_include_pad=False), (2, 3, 11, 16)),
    Case("avgpool2d/k2-stride3-ceil",         AvgPool2D(2, stride=3, ceil_mode=True), (2, 3, 13, 16)),

    # Padding, counted and not, with stride: odd, even, uneven.
    Case("avgpool2d/k3-stride2-pad1-odd",          AvgPool2D(3, stride=2, padding=1),                          (2, 3, 11, 13)),
    Case("avgpool2d/k3-stride2-pad1-even",         AvgPool2D(3, stride=2, padding=1),                          (2, 3, 10, 14)),
    Case("avgpool2d/k3-stride2-pad1-exclude",      AvgPool2D(3, stride=2, padding=1, count_include_pad=False), (2, 3, 10, 14)),
    Case("avgpool2d/k2-pad1",                      AvgPool2D(2, padding=1),                                    (2, 3, 11, 14)),
    Case("avgpool2d/k2-pad1-exclude",              AvgPool2D(2, padding=1, count_include_pad=False),           (2, 3, 11, 14)),
    Case("avgpool2d/k4x2-pad2x1",                  AvgPool2D((4, 2), stride=2, padding=(2, 1)),                (2, 3, 11, 14)),
    Case("avgpool2d/k4x2-pad2x1-exclude",          AvgPool2D((4, 2), stride=2, padding=(2, 1), count_include_pad=False), (2, 3, 11, 14)),
    Case("avgpool2d/pad-four-sides-exclude",       AvgPool2D(5, stride=2, padding=SIDES, count_include_pad=False), (2, 3, 11, 17)),
    Case("avgpool2d/pad-top-left-exclude",         AvgPool2D(2, padding=((1, 0), (1, 0)), count_include_pad=False), (2, 3, 11, 13)),
    Case("avgpool2d/k3-stride1-same",              AvgPool2D(3, stride=1, padding="same"),                     (2, 3, 11, 14)),
    Case("avgpool2d/k3-stride1-same-exclude",      AvgPool2D(3, stride=1, padding="same", count_include_pad=False), (2, 3, 11, 14)),
    Case("avgpool2d/k3-stride2-same-odd",          AvgPool2D(3, stride=2, padding="same"),                     (2, 3, 11, 13)),
    Case("avgpool2d/k3-stride2-same-even",         AvgPool2D(3, stride=2, padding="same"),                     (2, 3, 10, 14)),
    Case("avgpool2d/k3-stride2-same-odd-exclude",  AvgPool2D(3, stride=2, padding="same", count_include_pad=False), (2, 3, 11, 13)),
    Case("avgpool2d/k3-stride2-same-even-exclude", AvgPool2D(3, stride=2, padding="same", count_include_pad=False), (2, 3, 10, 14)),
    Case("avgpool2d/k2x3-stride2-same-exclude",    AvgPool2D((2, 3), stride=2, padding="same", count_include_pad=False), (2, 3, 11, 14)),

    # ceil_mode with stride, padding, and counting: what hangs over is never counted, padding is when asked for.
    Case("avgpool2d/k3-stride2-ceil",              AvgPool2D(3, stride=2, ceil_mode=True),                 (2, 3, 10, 14)),
    Case("avgpool2d/k3-stride2-ceil-exact",        AvgPool2D(3, stride=2, ceil_mode=True),                 (2, 3, 11, 13)),
    Case("avgpool2d/k3-stride2-ceil-exclude",      AvgPool2D(3, stride=2, ceil_mode=True, count_include_pad=False), (2, 3, 10, 14)),
    Case("avgpool2d/k3-stride2-ceil-pad1",         AvgPool2D(3, stride=2, padding=1, ceil_mode=True),      (2, 3, 10, 14)),
    Case("avgpool2d/k3-stride2-ceil-pad1-exclude", AvgPool2D(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), (2, 3, 10, 14)),
    Case("avgpool2d/k2-stride3-ceil-pad1",         AvgPool2D(2, stride=3, padding=1, ceil_mode=True),      (2, 3, 10, 13)),
    Case("avgpool2d/ceil-four-sides",              AvgPool2D(5, stride=3, padding=SIDES, ceil_mode=True),  (2, 3, 11, 17)),
    Case("avgpool2d/ceil-four-sides-exclude",      AvgPool2D(5, stride=3, padding=SIDES, ceil_mode=True, count_include_pad=False), (2, 3, 11, 17)),
    Case("avgpool2d/ceil-bottom-right",            AvgPool2D(2, padding=((0, 1), (0, 1)), ceil_mode=True), (2, 3, 10, 14)),

    # Sizes at the edges.
    Case("avgpool2d/batch1",               AvgPool2D(2),                                               (1, 3, 10, 14)),
    Case("avgpool2d/whole-input",          AvgPool2D((5, 7)),                                          (2, 3, 5, 7)),
    Case("avgpool2d/one-pixel",            AvgPool2D(1),                                               (2, 3, 1, 1), equal_sizes=ONE),
    Case("avgpool2d/one-pixel-k3-same",    AvgPool2D(3, stride=2, padding="same"),                     (2, 3, 1, 1), equal_sizes=ONE),
    Case("avgpool2d/one-pixel-k3-exclude", AvgPool2D(3, stride=2, padding=1, count_include_pad=False), (2, 3, 1, 1), equal_sizes=ONE),
    Case("avgpool2d/one-row",              AvgPool2D((1, 3)),                                          (2, 4, 1, 9)),
]
# fmt: on

CASES = [*QUICK, *(replace(case, quick=False) for case in MORE)]

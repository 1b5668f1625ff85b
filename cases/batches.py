"""Each kind of layer, and some networks, in batches of other sizes and with another number of threads.

A network that reads its batch size as a Python number exports with that number in it, and every check at the size it was
traced at is green. Whether an image keeps its bits from one size to another is told in the record and not demanded.
"""

from parity_cases.combine import ADD, CONCATENATE
from parity_cases.networks import INCEPTION_CLASSIFIED, PROJECTION
from parity_cases.simple_cnn import SMALL, keras_cnn, simple_cnn

from parity.cases import Case
from parity.layers import (
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2D,
    ReLU,
    Sigmoid,
)

ASKED = {"batches": (1, 5), "threads": (2,)}
SIDES = ((1, 0), (2, 1))

# fmt: off
CASES = [
    Case("conv2d/other-batches",         Conv2D(16, 8, 3, padding=1),                    (2, 16, 11, 14), **ASKED),
    Case("conv2d/other-batches-same",    Conv2D(3, 8, 3, stride=2, padding="same"),      (2, 3, 12, 14),  **ASKED, quick=False),
    Case("linear/other-batches",         Linear(256, 10),                                (4, 256),        **ASKED),
    Case("linear/other-batches-wide",    Linear(37, 10),                                 (4, 37), batches=(1, 64), threads=(2,)),
    Case("batchnorm2d/other-batches",    BatchNorm2D(5),                                 (2, 5, 11, 14),  **ASKED),
    Case("maxpool2d/other-batches",      MaxPool2D(3, stride=2, padding="same"),         (2, 3, 12, 14),  **ASKED),
    Case("avgpool2d/other-batches",      AvgPool2D(5, stride=2, padding=SIDES),          (2, 3, 11, 16),  **ASKED),
    Case("relu/other-batches",           ReLU(),                                         (2, 3, 11, 14),  **ASKED),
    Case("leakyrelu/other-batches",      LeakyReLU(),                                    (2, 3, 11, 14),  **ASKED),
    Case("sigmoid/other-batches",        Sigmoid(),                                      (2, 3, 11, 14),  **ASKED),
    Case("flatten/other-batches",        Flatten(),                                      (2, 3, 4, 5),    **ASKED),
    Case("dropout/other-batches",        Dropout(),                                      (2, 3, 11, 14),  **ASKED),
    Case("add/other-batches",            ADD,                                            (2, 3, 11, 14),  **ASKED),
    Case("concatenate/other-batches",    CONCATENATE,                                    (2, 3, 11, 14),  **ASKED),
    Case("simple_cnn/other-batches",     simple_cnn(SMALL, ReLU()),                      SMALL,           **ASKED, quick=False),
    Case("keras_cnn/other-batches",      keras_cnn(SMALL),                               SMALL,           **ASKED, quick=False),
    Case("residual_block/other-batches", PROJECTION,                                     (2, 16, 10, 14), **ASKED, quick=False),
    Case("concat_block/other-batches",   INCEPTION_CLASSIFIED,                           (2, 16, 11, 14), **ASKED),
]
# fmt: on

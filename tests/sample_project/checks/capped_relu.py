"""The layer of this project."""

from mobile import CappedReLU

from parity.cases import Case

CASES = [
    Case("capped_relu/image", CappedReLU(), (2, 3, 11, 14), scale=4.0, tags=("quick",)),
    Case("capped_relu/to-2.5", CappedReLU(cap=2.5), (2, 37), scale=2.0),
]

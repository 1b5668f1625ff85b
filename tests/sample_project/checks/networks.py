"""The network of this project."""

from mobile import inverted_residual

from parity.cases import Case

CASES = [
    Case("inverted_residual/wide", inverted_residual(4, 24), (2, 4, 9, 11)),
]

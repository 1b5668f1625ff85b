"""Divergences that are really in a framework, exporter or runtime. Each fails the run once it no longer reproduces."""

from parity.known import KnownDivergence

KNOWN: list[KnownDivergence] = []

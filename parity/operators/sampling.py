"""Sampling at computed positions: GridSample and RoiAlign."""

"""Constants, shapes, casts, comparisons, logic and whole numbers."""

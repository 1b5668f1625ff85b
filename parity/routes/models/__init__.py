"""Models of a person's own, brought in from their code: loaded, exported, run with every value."""

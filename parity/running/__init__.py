"""How checks are run: selected, scheduled, sent to worker processes, their exports cached."""

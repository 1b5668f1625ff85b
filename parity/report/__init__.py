"""The report: a function of the records alone. ``views`` prepares what is shown, ``html`` writes it."""

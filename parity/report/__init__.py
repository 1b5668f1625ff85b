"""Records made readable: on the terminal, as a page, for a CI; a function of the records alone."""

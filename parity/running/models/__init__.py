"""Models of a person's own, checked: what is run, what each worker does, and the one document that comes of it."""

"""The derivative of every operator that has one, written in operators: a backward pass is a graph like any other."""

"""A Keras model as a graph of operators, its twin in float64, and a run of it that gives what every layer makes."""

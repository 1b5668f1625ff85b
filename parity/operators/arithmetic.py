"""Element by element: sums, products, powers, roots, exponentials and trigonometry."""

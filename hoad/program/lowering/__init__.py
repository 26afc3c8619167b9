"""A program in single numbers: what its functions are, the algebra of elements, complex numbers as pairs."""

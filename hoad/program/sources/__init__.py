"""A program as text that a person keeps: NumPy, JAX and C."""

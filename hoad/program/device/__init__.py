"""The same fields as kernels for a GPU, in CUDA C."""

"""The recorded program as data: what ``trace`` shows, the passes over it, and the texts that are made of it.

``lowering`` takes a program apart to single numbers, ``fields`` to expressions of whole arrays; ``native``
writes machine code of them, ``device`` CUDA C, and ``sources`` what a person reads: NumPy, JAX and C.
"""

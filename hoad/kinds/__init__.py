"""The other kinds of traced values, beside ``dual.py`` and ``tracer.py``.

``Batch`` stands for many values at once, ``Jet`` for a truncated power series, ``Collapsed`` for a weighted
sum of second derivatives, ``Gridded`` for a value over a grid of points, ``Number`` for a fraction, a formula
or a number of any precision.
"""

"""Programs as they are: while a derivative runs, ``numpy``, ``math`` and ``float`` mean hoad's in the
user's modules.
"""

"""NumPy's functions that have no derivative, each with the reason, and with what to use instead.

With the rules and the constants this accounts for all that NumPy makes public in ``numpy``, ``numpy.linalg``
and ``numpy.fft``; a test holds that, so that a new NumPy shows its own gaps.
"""

from __future__ import annotations

WITHOUT: dict[str, str] = {}


def without(names: str, reason: str) -> None:
    """Enter functions under one reason."""
    for name in names.split():
        WITHOUT[name] = reason


without(
    "arange eye identity indices tri diag_indices mask_indices tril_indices triu_indices bartlett blackman "
    "hamming hanning fft.fftfreq fft.rfftfreq",
    "it makes constants from integers; np.linspace takes traced ends, np.kaiser's parameter is a constant",
)
without("kaiser", "its parameter is a constant; np.i0 is differentiated, and a window is a quotient of two")
without(
    "can_cast min_scalar_type isdtype issubdtype mintypecode promote_types typename iterable "
    "isscalar isfortran broadcast_shapes",
    "it answers a question about types, shapes or memory; np.result_type and np.shape take traced values",
)
without(
    "save savetxt savez savez_compressed load loadtxt fromfile fromregex fromstring genfromtxt frombuffer "
    "base_repr binary_repr format_float_positional format_float_scientific",
    "it reads or writes files and text; hoad.primal(x) is the number to write",
)
without(
    "busday_count busday_offset is_busday datetime_as_string datetime_data",
    "it is about dates, which have no derivative",
)
without(
    "get_include get_printoptions printoptions set_printoptions getbufsize setbufsize geterr seterr "
    "geterrcall seterrcall info show_config show_runtime test linalg.test fft.test nested_iters",
    "it is about NumPy itself, and takes no numbers",
)
without(
    "asmatrix bmat",
    "np.matrix has another meaning of * and **; use arrays, @ and np.block",
)
without(
    "asarray_chkfinite require from_dlpack fromfunction fromiter",
    "it asks for a plain array; np.asarray(x, like=x), np.stack or a list of traced values take its place",
)
without("frompyfunc", "it makes a function, which is then called with traced numbers")
without("row_stack", "it is the old name of np.vstack, which is differentiated")

"""Values that leave as text: what is computed from the text is refused, and nothing else."""

import io
import json

import numpy as np
import pytest

import hoad
from hoad.errors import EscapeError

SCALE = 3.0
X = np.array([0.312345, 0.2])
REFUSED = {
    "eval": lambda p: eval(f"{p[0]}*2.0") + p[1],
    "eval within": lambda p: eval("1.5 + " + str(p[0] * SCALE) + "**2"),
    "float": lambda p: float(str(p[0])) + p[1],
    "float of all digits": lambda p: float(f"{p[0]:.17g}") + p[1],
    "float of a negative": lambda p: float(str(-p[0])) + p[1],
    "float of a large one": lambda p: float(f"{1e20 * p[0]}"),
    "format": lambda p: float("{}".format(p[0])),  # noqa: UP032
    "percent": lambda p: float("%s" % p[0]),  # noqa: UP031
    "percent g": lambda p: float("%.17g" % p[0]),  # noqa: UP031
    "complex": lambda p: complex(str(p[0])).real,
    "one of several": lambda p: float(",".join([str(v) for v in p]).split(",")[1]),
    "a number of NumPy's": lambda p: np.float64(str(p[0])),
    "a file": lambda p: float(written(p[0]).readline()),
}


def written(x):
    file = io.StringIO()
    print(x, file=file)
    file.seek(0)
    return file


FOLLOWED = {
    "printed": lambda p: print(p[0], file=io.StringIO()) or p[0] ** 2,
    "other text": lambda p: p[1] * float("2.5") * len(f"{p[0]:.4f}"),
    "rounded": lambda p: float(f"{p[0]:.2f}") * p[1],
    "eval of names": lambda p: eval("p[0] * SCALE") + eval("q * 2.0", {"q": p[1]}),
    "eval in other names": lambda p: eval("p[0] * t", globals(), {"p": p, "t": 2.0}),
    "data": lambda p: json.loads('{"rate": 0.5}')["rate"] * p[0],
}


@pytest.mark.parametrize("operator", [hoad.grad, hoad.jacobian, hoad.hessian])
@pytest.mark.parametrize("way", REFUSED)
def test_what_is_computed_from_text_is_refused(way: str, operator) -> None:
    with pytest.raises(EscapeError, match="became text before"):
        operator(REFUSED[way], X)


@pytest.mark.parametrize("way", FOLLOWED)
def test_text_that_is_only_text(way: str) -> None:
    f = FOLLOWED[way]
    step = 2.0**-20
    right = [(f(X + step * u) - f(X - step * u)) / (2 * step) for u in np.eye(2)]
    np.testing.assert_allclose(hoad.grad(f, X), right, rtol=1e-8)

"""Values that become text: the text of the plain value, and a warning within ``hoad.debug()``."""

from __future__ import annotations

import ast
import json
import logging
import warnings
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import EscapeError, TextWarning
from hoad.places import name_of

X = np.array([0.5, -1.25])
WAYS = {
    "f-string": (lambda v: f"{v}", "0.5"),
    "with a format": (lambda v: f"{v:.3f}", "0.500"),
    "str": (str, "0.5"),
    "format": ("{:.2e}".format, "5.00e-01"),
    "percent s": (lambda v: "%s" % v, "0.5"),  # noqa: UP031
    "percent f": (lambda v: "%.3f" % v, "0.500"),  # noqa: UP031
    "percent g of two": (lambda v: "%g and %d" % (v, v), "0.5 and 0"),  # noqa: UP031
    "percent in place": (lambda v: in_place("%5.1f", v), "  0.5"),
}
RUNS = {
    "forward": lambda f: hoad.jacobian(f, X, mode="forward"),
    "reverse": lambda f: hoad.jacobian(f, X, mode="reverse"),
    "hessian": lambda f: hoad.hessian(f, X),
    "jet": lambda f: hoad.derivatives(lambda t: f(X + t), 0.0, 7),
    "laplacian": lambda f: hoad.laplacian(f, X),
}


def in_place(text: str, v: Any) -> str:
    text %= v
    return text


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("way", WAYS)
def test_the_text_of_the_plain_value(way: str, run: Any) -> None:
    write, expected = WAYS[way]
    seen = []

    def f(x: Any) -> Any:
        seen.append(write(x[0]))
        return np.sum(x**2)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(f)
    assert seen == [expected]
    with hoad.debug(), pytest.warns(TextWarning, match=r"test_texts\.py:\d+: "):
        run(f)


def test_what_is_computed_from_text_is_reported() -> None:
    def f(x: Any) -> Any:
        return number_in(f"{x[0]}") * 2.0 + x[1]

    def number_in(text: str) -> Any:
        return np.loadtxt([text]).item()  # a way from text to numbers that is not seen

    with hoad.debug(), pytest.warns(TextWarning, match=r"return number_in\(f"):
        assert hoad.grad(f, X).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    "read",
    [
        lambda text: float(text),
        eval,
        ast.literal_eval,
        json.loads,
        lambda text: np.fromstring(text, sep=" ")[0],
    ],
)
def test_numbers_are_not_made_of_text_in_which_one_stands(read: Any) -> None:
    with pytest.raises(EscapeError, match=r"the number 0\.5 in the text"):
        hoad.grad(lambda x: read(f"{x[0]}") * x[1], X)
    assert hoad.grad(lambda x: read("0.25") * x[1] + len(f"{x[0]}"), X).tolist() == [0.0, 0.25]


def test_a_log_may_have_numbers(caplog: Any) -> None:
    def f(x: Any) -> Any:
        logging.getLogger("fit").warning("loss %.2f at %s", np.sum(x**2), x)
        return np.sum(x**2)

    hoad.grad(f, X)
    assert caplog.messages == ["loss 1.81 at [ 0.5  -1.25]"]


def test_a_remainder_is_no_text() -> None:
    for value in (7.0, np.float64(7.0), np.array([7.0, 8.0])):
        np.testing.assert_allclose(hoad.jacobian(lambda t, v=value: v % t, 2.0), -np.floor(value / 2.0))
    with pytest.raises(EscapeError):
        hoad.grad(lambda x: x[0].__float__() % 2.0, X)


def test_text_of_values_that_are_constants_is_not_reported() -> None:
    kept: list[Any] = []
    hoad.grad(lambda x: (kept.append(x[0]), np.sum(x))[1], X)
    with hoad.debug(), warnings.catch_warnings():
        warnings.simplefilter("error")
        hoad.grad(lambda x: (str(kept[0]), f"{hoad.primal(x)}", np.sum(x))[2], X)


def test_a_place_in_a_notebook_is_named_without_its_number() -> None:
    assert name_of(("/tmp/ipykernel_71/3816658460.py", 4)) == "cell:4"
    assert name_of(("/home/me/model.py", 4)) == "model.py:4"


# ------------------------------------------------------------------------------------------------------------
# Text of many
# ------------------------------------------------------------------------------------------------------------

OF_MEMBERS = {
    "vmap": lambda f: hoad.vmap(f)(np.stack([X, 2 * X])),
    "a gradient of each": lambda f: hoad.vmap(hoad.grad(f))(np.stack([X, 2 * X])),
    "the gradient of all": lambda f: hoad.grad(lambda a: np.sum(hoad.vmap(f)(a)))(np.stack([X, 2 * X])),
    "a vmap in a vmap": lambda f: hoad.vmap(hoad.vmap(f))(np.stack([[X, 2 * X]] * 3)),
}
MADE: dict[str, Any] = {
    "str": lambda x: str(x[0]),
    "of an array": str,
    "f-string": lambda x: f"{x[0]}",
    "with a format": lambda x: f"{x[0]:.1f}",
    "format": lambda x: format(x[0], ".1f"),
    "a form": lambda x: "{}".format(x[0]),  # noqa: UP032
    "rounded": lambda x: str(round(x[0], 1)),
    "put together": lambda x: "a" + str(x[0]) + "b",
}
ASKED: dict[str, Any] = {
    "equal": lambda t: t == "0.5",
    "equal to": lambda t: "0.5" == t,  # noqa: SIM300
    "not equal": lambda t: t != "0.5",
    "before": lambda t: t < "1",
    "within": lambda t: "0.5" in t,
    "a key": lambda t: {"0.5": 1.0}.get(t),
    "in a set": lambda t: t in {"0.5"},
    "in a list": lambda t: t in ["0.5", "1.0"],
    "matched": lambda t: first_case(t),
    "its letters": lambda t: [*t],
    "a part": lambda t: t[:3],
    **{name: (lambda t, name=name: getattr(t, name)("0", "1")) for name in dir(str) if name[0] != "_"},
}


def first_case(text: Any) -> bool:
    match text:
        case "0.5":
            return True
    return False


def refuses(run: Any, made: Any, asked: Any) -> None:
    with pytest.raises(EscapeError, match="vmap"):
        run(lambda x: np.sum(x) * (2.0 if asked(made(x)) else 3.0))


@pytest.mark.parametrize("made", MADE)
def test_nobody_is_told_what_the_text_of_a_batch_is(made: str) -> None:
    """It is another for each member: a program that asks would go on with an answer that is of none."""
    for run in OF_MEMBERS.values():
        for name in ("equal", "within", "a key"):
            refuses(run, MADE[made], ASKED[name])


@pytest.mark.parametrize("name", sorted(ASKED.keys() - {"encode"}))
def test_whatever_is_asked_of_the_text_of_a_batch(name: str) -> None:
    refuses(OF_MEMBERS["vmap"], str, ASKED[name])


@pytest.mark.parametrize("write", [np.array_str, np.array2string, np.array_repr])
def test_texts_of_arrays_are_each_members_own(write: Any) -> None:
    texts = np.array([write(X), "another"])
    found = hoad.vmap(lambda x: np.where(write(x) == texts[0], 2.0, 3.0) * x)(np.stack([X, 2 * X]))
    np.testing.assert_array_equal(found, np.stack([2 * X, 6 * X]))


def test_a_batch_is_shown(capsys: Any, caplog: Any) -> None:
    def f(x: Any) -> Any:
        print(x[0], f"{x[0]:.1f} of {x[1]}")
        logging.getLogger("hoad.test").warning("at %s", x[0])
        return x * 2.0

    np.testing.assert_array_equal(hoad.vmap(f)(np.stack([X, X])), np.stack([X, X]) * 2)
    assert "0.5" in capsys.readouterr().out and "0.5" in caplog.text

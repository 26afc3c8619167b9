"""Series and DataFrames of pandas beside traced values: as their arrays, in every mode; where pandas would do
other than NumPy, refused.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import NotDifferentiableError, SwallowedError

pd = pytest.importorskip("pandas")

P = np.array([0.3, 0.7])
Q = np.array([0.2, -0.4, 0.9, 0.1])
FRAME = pd.DataFrame(
    {"x": [1.0, 2.0, 3.0, 4.0], "y": [2.0, 1.0, 4.0, 3.0], "n": [1, 2, 3, 5], "on": [True, False, True, True]}
)
SHUFFLED = FRAME.sort_values("y")
FILTERED = pd.concat([FRAME, FRAME])[[True, True, False, True, True] + 3 * [False]]

LOSSES = """
np.sum((p[0] * df["x"] + p[1] - df["y"]) ** 2)       | ((df["x"] * p[0] + p[1] - df.y) ** 2).mean()
np.sum((df["x"] ** p[0] - df["y"]) ** 2)             | np.sum(np.exp(p[0] * df["x"]) * df["n"])
np.sum(p @ df[["x", "y"]].T)                         | np.sum((df[["x", "y"]] @ p - df["y"]) ** 2)
q @ df["x"]                                          | df["x"] @ q
np.dot(df["x"], q)                                   | q.dot(df["y"])
np.sum(q[df["x"] > 1] ** 2)                          | np.sum(np.where(df["x"] > 1, q, 0) ** 3)
np.sum(np.where(df.on, q, df.x) * q)                 | np.sum(q * df["on"])
np.sum(q[df.n.to_numpy() - 2 > 0])                   | np.sum(q[df["n"] % 4] * q)
np.clip(q, df["x"] * 0, df["y"]).sum()               | np.average(q**2, weights=df["x"])
np.sum(np.stack([q, df["x"]]) ** 2)                  | np.sum(np.concatenate([df["x"], q]) ** 2)
np.sum(np.maximum(df["x"] * p[0], df["y"] * p[1]))   | np.sum(np.hypot(df["x"], q))
np.sum((df[["x", "y"]] * p) ** 2)                    | np.sum(np.sin(df[["x", "y", "n"]] * p[0]))
np.sum((df[["x", "y"]] - p).mean(axis=0) ** 2)       | np.sum(np.linalg.norm(df[["x", "on"]] - p, axis=1))
np.polyval(p, df["x"]).sum()                         | np.interp(p[0], df["x"], df["y"])
(df["x"] * p[0]).std(ddof=1)                         | np.std(df["x"] * p[0]) * p[1]
np.sum(np.log(df["x"].mean() * p[0] + df["y"]))      | np.sum(np.exp(-df["x"] / p[1]) - df["y"]) * p[0]
np.sum(df["x"].map(lambda v: v * p[0]) * p[1])       | df["x"].clip(2.0) @ q + sum(df["x"] * q)
np.sum(abs(df["x"] - p[0]) < 2) * p[0]               | np.sum((df["x"] > p[0]) * q)
np.sum(df.index * q)                                 | np.sum(np.add(df["x"], p[0], out=np.zeros_like(q)) * q)
np.sum(df.drop(columns="on").to_numpy() * p[0])      | np.sum(df[["n", "on"]] * p)
""".replace("\n", "|").split("|")
LOSSES = [text.strip() for text in LOSSES if text.strip()]


def loss(text: str, df: Any) -> Any:
    """The function of four numbers that a line of text is; its two parameters are the first."""
    names = {"np": np, "df": df}
    exec(f"def f(q):\n    p = q[:2]\n    return {text}", names)
    return names["f"]


def differences(f: Any, x: Any) -> Any:
    """The gradient by central differences with one extrapolation."""

    def slope(h: float) -> Any:
        return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])

    return (4 * slope(5e-4) - slope(1e-3)) / 3


@pytest.mark.parametrize("df", [FRAME, SHUFFLED, FILTERED], ids=["in order", "shuffled", "filtered"])
@pytest.mark.parametrize("text", LOSSES)
def test_as_its_array_in_every_mode(text: str, df: Any) -> None:
    f = loss(text, df)
    x = np.abs(Q)
    value, found = hoad.value_and_grad(f, x)
    np.testing.assert_allclose(float(value), float(f(x)), rtol=1e-13)
    np.testing.assert_allclose(found, differences(f, x), atol=1e-9)
    np.testing.assert_allclose(hoad.jacobian(f, x, mode="forward"), found, rtol=1e-12, atol=1e-14)
    rows = hoad.vmap(f)(np.stack([x, 2 * x])) if ".map(" not in text else [f(x), f(2 * x)]
    np.testing.assert_allclose(rows, [f(x), f(2 * x)], rtol=1e-12)
    hessians = [
        hoad.hessian(f, x, mode=mode)
        for mode in ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")
    ]
    for other in hessians[1:]:
        np.testing.assert_allclose(other, hessians[0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(hoad.laplacian(f, x), np.trace(hessians[0]), rtol=1e-9, atol=1e-12)
    along = hoad.derivatives(lambda t: f(x + t * Q), 0.0, 3)
    np.testing.assert_allclose(along[2], Q @ hessians[0] @ Q, rtol=1e-9, atol=1e-12)


# ------------------------------------------------------------------------------------------------------------
# What pandas would do otherwise, and what has no derivative
# ------------------------------------------------------------------------------------------------------------

DATES = [datetime.datetime(2020, 1, 1 + k) for k in range(2)]
COLUMNS = {
    "nan": pd.Series([1.0, np.nan], name="dose"),
    "NA": pd.Series([1, None], dtype="Int64", name="dose"),
    "None": pd.Series([1.0, None], dtype=object, name="dose"),
    "dates": pd.Series(DATES, name="dose"),
    "durations": pd.Series(DATES, name="dose") - DATES[0],
    "texts": pd.Series(["1.0", "2.0"], name="dose"),
    "Decimals": pd.Series([Decimal(1), Decimal(2)], name="dose"),
    "categories": pd.Series([1.0, 2.0], name="dose").astype("category"),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("as_frame", [False, True])
def test_a_column_that_is_no_array_of_numbers_is_named(name: str, as_frame: bool) -> None:
    column = COLUMNS[name]
    data = pd.DataFrame({"time": [0.0, 1.0], "dose": column}) if as_frame else column
    with pytest.raises(NotDifferentiableError, match="the column 'dose' of pandas"):
        hoad.grad(lambda p: np.sum(p * data), P)


def test_what_the_messages_say_to_type() -> None:
    def slope(a: Any) -> list[float]:
        return hoad.grad(lambda p: np.sum(p * a), P).tolist()

    assert hoad.grad(lambda p: np.sum(p[0] * COLUMNS["nan"].dropna()), P).tolist() == [1.0, 0.0]
    assert slope(COLUMNS["nan"].fillna(0.0)) == slope(COLUMNS["NA"].fillna(0)) == [1.0, 0.0]
    assert np.isnan(slope(COLUMNS["nan"].to_numpy())).tolist() == [False, True]
    assert slope(COLUMNS["texts"].astype(float)) == slope(COLUMNS["Decimals"].astype(float)) == [1.0, 2.0]
    assert slope(COLUMNS["categories"].cat.codes) == [0.0, 1.0]
    dates = COLUMNS["dates"]
    assert slope((dates - dates.min()).dt.total_seconds()) == [0.0, 86400.0]


def test_numbers_of_every_type_are_numbers() -> None:
    for kind in ("int64", "Int64", "float32", "Float64", "boolean", "bool", "uint8", object):
        s = pd.Series([0, 1]).astype(kind)
        assert hoad.grad(lambda p, s=s: np.sum(p**2 * s), P).tolist() == [0.0, 1.4], kind


def test_series_that_pandas_would_align_are_refused() -> None:
    a, b = pd.Series([1.0, 2.0]), pd.Series([3.0, 4.0], index=[1, 0])
    f = lambda p: np.sum(p[0] * a + p[1] - b)
    with pytest.raises(NotDifferentiableError, match=r"to_numpy\(\) where the order is meant"):
        hoad.grad(f, P)
    meant = lambda p: np.sum((p[0] * a + p[1] - b.reindex(a.index).to_numpy()) ** 2)
    np.testing.assert_allclose(
        hoad.grad(meant, P), differences(lambda p: np.sum((p[0] * a + p[1] - b) ** 2), P)
    )
    same = pd.Series([3.0, 4.0], index=[0, 1])
    assert hoad.grad(lambda p: np.sum(p[0] * a - same), P).tolist() == [3.0, 0.0]
    frame, means = pd.DataFrame({"u": [1.0], "v": [2.0]}), pd.DataFrame({"v": [2.0], "u": [1.0]})
    with pytest.raises(NotDifferentiableError, match="columns"):
        hoad.grad(lambda p: np.sum(frame * p - means), P)


@pytest.mark.parametrize("order", ["forward", "reverse"])
def test_methods_that_mean_another_thing_for_pandas(order: str) -> None:
    s, df = FRAME["x"], FRAME[["x", "y"]]
    run = lambda f: hoad.jacobian(f, P, mode=order)
    for name in ("std", "var"):
        with pytest.raises(
            NotDifferentiableError, match=rf"write a\.{name}\(ddof=1\) or a\.{name}\(ddof=0\)"
        ):
            run(lambda p, name=name: getattr(p[0] * s, name)())
        g = lambda p, name=name: getattr(p[0] * s, name)(ddof=1)
        np.testing.assert_allclose(
            run(g), differences(lambda p, n=name: getattr(p[0] * s, n)(), P), rtol=1e-8
        )
    for name in ("sum", "mean", "max", "min", "prod", "cumsum"):
        with pytest.raises(NotDifferentiableError, match=rf"write a\.{name}\(axis=0\)"):
            run(lambda p, name=name: getattr(df * p, name)())
        of_plain = getattr(df * P, name)()
        assert np.allclose(hoad.vjp(lambda p, n=name: getattr(df * p, n)(axis=0), P)[0], of_plain)
    run(lambda p: np.std(p[0] * s) + np.sum(df * p) + p.sum())  # functions mean what they mean in NumPy
    run(lambda p: p.std())  # and this has met none


def test_a_derivative_knows_of_its_own_pandas_only() -> None:
    hoad.grad(lambda p: np.sum(p[0] * FRAME["x"]), P)
    np.testing.assert_allclose(hoad.grad(lambda p: p.std(), P), [-0.5, 0.5])

    def outer(p: Any) -> Any:
        inner = hoad.grad(lambda t: np.sum(t * p[0] * FRAME["x"]), 1.0)
        return inner * p.std()

    with pytest.raises(NotDifferentiableError, match="ddof"):
        hoad.grad(outer, P)


def test_a_refusal_that_is_caught_is_found() -> None:
    def f(p: Any) -> Any:
        try:
            return np.sum(p * COLUMNS["texts"])
        except TypeError:
            return p[0]

    with pytest.raises(SwallowedError, match="dose"):
        hoad.grad(f, P)


def test_series_as_values() -> None:
    """What pandas' own arithmetic leaves is a Series of traced numbers."""
    x = FRAME[["x", "y"]]
    np.testing.assert_allclose(hoad.jacobian(lambda p: x @ p, P), x.to_numpy(), rtol=1e-15)
    np.testing.assert_allclose(hoad.jacobian(lambda p: FRAME["x"] * p[0], P)[:, 0], FRAME["x"], rtol=1e-15)
    value, slope = hoad.jvp(lambda p: {"sum": (x @ p).sum()}, (P,), (P,))
    np.testing.assert_allclose(value["sum"], slope["sum"], rtol=1e-15)


# What pandas has and an array has not, and the same by what the message says.
OF_SERIES = {
    "a.values": "a", "a.to_numpy()": "a", "a.iloc[0]": "a[0]", "a.loc[0]": "a[0]", "a.abs()": "np.abs(a)",
    "a.median()": "np.median(a)", "a.quantile(0.3)": "np.quantile(a, 0.3)", "a.pow(2)": "a ** 2",
    "a.sub(b)": "a - b", "a.mul(b)": "a * b", "a.div(b)": "a / b",
    "a.apply(np.sin)": "np.sin(a)",
    "a.corr(b)": "np.corrcoef(a, b)[0, 1]", "a.cov(b)": "np.cov(a, b)[0, 1]", "a.head(2)": "a[:2]",
    "a.tail(2)": "a[-2:]",
    "a.rolling(2).mean().iloc[1:]": "np.lib.stride_tricks.sliding_window_view(a, 2).mean(axis=-1)",
}  # fmt: skip


@pytest.mark.parametrize("text", OF_SERIES)
def test_what_an_array_has_in_the_place_of_what_a_series_has(text: str) -> None:
    s, b = pd.Series([1.0, -2.0, 4.0]), pd.Series([2.0, 1.0, 5.0])
    same = OF_SERIES[text]

    def f(p, text):
        names = {"a": s * p[0] + p[1], "b": b, "np": np}
        return eval(text, names)

    with pytest.raises(AttributeError) as caught:
        hoad.jacobian(lambda p: f(p, text), np.array([1.5, 0.5]))
    (note,) = caught.value.__notes__
    assert "gives an array" in note
    here, plain = f(np.array([1.5, 0.5]), text), hoad.vmap(lambda p: f(p, same))(np.array([[1.5, 0.5]]))
    np.testing.assert_allclose(np.asarray(here), plain[0])

"""What others' users met when they differentiated arrays of a GPU, each with the right behaviour.

The numbers are those of a list of public reports about Zygote, JAX, PyTorch, autograd and CuPy; streams (16)
are in ``test_devices.py``, memory (18) in ``test_memory.py``, kernels of one's own (21) in
``tests/adapting/test_libraries.py``.
"""

import numpy as np
import pytest
from on_device import assert_same, from_device, lies_there, to_device

import hoad
from hoad.errors import ArgumentError, EscapeError
from hoad.testing import device as cp
from hoad.testing.raw_module import compiler

NESTINGS = ["auto", "forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"]


def test_1_a_position_that_repeats_counts_each_time():
    i = cp.asarray([0, 2, 0])
    np.testing.assert_array_equal(hoad.grad(lambda x: np.sum(x[i]), cp.arange(3.0)).get(), [2, 0, 1])


@pytest.mark.parametrize("mode", NESTINGS)
def test_2_second_order_through_a_gather(mode):
    i = cp.asarray([0, 2, 0])
    found = hoad.hessian(lambda x: np.sum(x[i] ** 3), cp.arange(3.0), mode=mode).get()
    np.testing.assert_array_equal(found, np.diag([0.0, 0.0, 12.0]))


def test_3_of_two_writes_to_one_place_the_last_stays():
    def f(v):
        out = np.zeros_like(v)
        out[cp.asarray([0, 0, 1])] = v
        return out @ cp.asarray([1.0, 10.0, 0.0])

    v = cp.asarray([1.0, 2.0, 3.0])
    value, gradient = hoad.value_and_grad(f, v)
    assert float(value) == 32.0
    np.testing.assert_array_equal(gradient.get(), [0, 1, 10])
    changes = [float(hoad.jvp(f, (v,), (cp.asarray(row),))[1]) for row in np.eye(3)]
    assert changes == [0.0, 1.0, 10.0]


def test_3_in_a_matrix_and_with_what_is_infinite():
    def f(x):
        out = x * np.ones_like(x)
        out[cp.asarray([1, 1]), cp.asarray([0, 0])] = np.stack([1 / x[0, 0], x[1, 1]])
        return np.sum(out)

    x = np.array([[0.0, 2.0], [3.0, 4.0]])
    with np.errstate(divide="ignore"):
        found = hoad.careful()(hoad.grad)(f, to_device(x))
    assert_same(found.get(), np.array([[1.0, 1.0], [0.0, 2.0]]))


def test_4_the_same_again():
    j, w = cp.asarray(np.arange(1000) * 7 % 100), cp.asarray(np.sin(np.arange(1000.0)))
    x = cp.asarray(np.cos(np.arange(100.0)))
    first, *others = [hoad.grad(lambda x: np.sum(x[j] * w), x).get() for _ in range(3)]
    assert all([np.array_equal(first, g) for g in others])


@pytest.mark.parametrize(
    "x", [np.array([0.3, 0.7]), np.array([[0.3, 0.7], [0.2, 0.9]]).T], ids=["row", "turned"]
)
def test_5_no_element_is_read_for_a_hessian(x):
    f = lambda x: np.linalg.norm(np.sin(x))
    point = cp.asarray(x)
    cp.synchronisations = 0
    found = hoad.hessian(f, point)
    assert not cp.synchronisations
    assert_same(found.get(), hoad.hessian(f, x))


def test_6_the_gradient_of_what_is_linear_lies_on_the_device():
    assert isinstance(hoad.grad(lambda x: np.sum(x * 7.0), cp.ones(3)), cp.ndarray)


def test_7_a_transfer_within_the_function_has_a_way_back():
    there = hoad.grad(lambda x: np.sum(x.get() ** 2), cp.ones(3))
    back = hoad.grad(lambda x: np.sum(cp.asarray(x) ** 2), np.ones(3))
    assert isinstance(there, cp.ndarray) and isinstance(back, np.ndarray)
    assert_same([there.get(), back], [np.full(3, 2.0), np.full(3, 2.0)])
    both = lambda x: np.sum(cp.asarray(cp.asnumpy(x) * 2) * x)
    assert_same(hoad.hessian(both, cp.ones(2)).get(), 4 * np.eye(2))
    assert_same(hoad.jvp(both, (cp.ones(2),), (cp.ones(2),))[1].get(), np.array(8.0))


def test_7_arrays_of_numpy_have_no_get():
    assert hoad.grad(lambda x: np.sum(x.get() if hasattr(x, "get") else 3 * x), np.ones(1))[0] == 3.0


def test_8_numbers_are_welcome_and_arrays_without_axes_are_not():
    x = cp.ones(3)
    a, g = hoad.grad(lambda a, x: np.sum(a * x**2), 2.0, x, argnums=(0, 1))
    assert type(a) is float and a == 3.0 and lies_there(g)
    with pytest.raises(TypeError, match="numpy") as raised:
        hoad.grad(lambda a, x: np.sum(a * x**2), np.array(2.0), x, argnums=(0, 1))
    assert "write hoad.testing.device.asarray(a)" in raised.value.__notes__[0]


def test_9_single_precision_stays():
    x = cp.ones(3, "f")
    assert hoad.grad(lambda x: np.sum(x / 2 * (1 - (x > 0))), x).dtype == np.float32


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_10_the_jacobian_of_a_product_is_the_matrix(mode):
    a = cp.asarray(np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32))
    found = hoad.jacobian(lambda x: a @ x, cp.ones(3, "f"), mode=mode)
    np.testing.assert_array_equal(found.get(), a.get())


@pytest.mark.skipif(compiler() is None, reason="no C compiler is here")
def test_11_what_a_compiled_function_returned_stays_the_callers():
    """Others' graphs write the next result over the one that was returned before."""
    compiled = hoad.compile(hoad.grad(lambda x: np.sum(np.sin(x) * x)))
    one, other = cp.asarray([0.1, 0.2]), cp.asarray([0.7, 0.9])
    first = compiled(one)
    kept = first.get()
    second = compiled(other)
    np.testing.assert_array_equal(first.get(), kept)
    twice = compiled(compiled(one))  # a result is an argument
    np.testing.assert_array_equal(first.get(), kept)
    plain = hoad.grad(lambda x: np.sum(np.sin(x) * x))
    assert_same(second.get(), plain(other.get()))
    assert_same(twice.get(), plain(plain(one.get())))


@pytest.mark.skipif(compiler() is None, reason="no C compiler is here")
def test_12_a_compiled_function_is_differentiated_again():
    """Others' lose the derivative without a word, or refuse it."""
    f = lambda x: np.sum(np.exp(np.sin(x)) * x)
    x = np.array([0.3, 0.7, 1.1])
    point = to_device(x)
    for derivative in (hoad.grad, hoad.hessian):
        for found in (
            derivative(hoad.compile(f), point),
            hoad.compile(derivative(f))(point),
            hoad.compile(derivative(hoad.compile(f)))(point),
        ):
            assert_same(found.get(), derivative(f, x))
    assert_same(hoad.hvp(hoad.compile(f), point, point).get(), hoad.hvp(f, x, x))


def test_13_a_tie_is_shared():
    x = cp.asarray(np.array([0.5, 0.5, 0.1], np.float32))
    g = hoad.grad(lambda x: np.max(np.exp(np.sin(x)) * x), x).get()
    alone = hoad.grad(lambda x: np.exp(np.sin(x)) * x, np.float32(0.5))
    np.testing.assert_allclose(g, [alone / 2, alone / 2, 0], rtol=1e-6)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_14_a_position_out_of_bounds_has_one_meaning(mode):
    w = cp.asarray([10.0, 20.0])
    found = hoad.jacobian(lambda x: np.sum(x[cp.asarray([1, 3])] * w), cp.arange(3.0), mode=mode)
    np.testing.assert_array_equal(found.get(), [20, 10, 0])


def in_place(x):
    y = x * 1
    v = y[1:]
    v *= 2
    y[0] += v[0]
    return y @ y


def test_15_writes_in_place():
    x = np.array([1.0, 2.0, 3.0])
    assert_same(hoad.grad(in_place, to_device(x)).get(), hoad.grad(in_place, x))
    assert_same(hoad.hessian(in_place, to_device(x)).get(), hoad.hessian(in_place, x))
    assert_same(
        hoad.jvp(in_place, (to_device(x),), (to_device(x),))[1].get(), hoad.jvp(in_place, (x,), (x,))[1]
    )


def test_15_a_plain_array_takes_no_traced_value():
    def adds(x):
        c = cp.asnumpy(cp.zeros(3))
        kept = cp.asarray(c)
        kept_list.append(kept)
        return np.sum(kept)

    kept_list: list = []
    hoad.grad(adds, cp.ones(3))
    plain = kept_list[0]

    def writes(x):
        nonlocal plain
        plain += x
        return np.sum(plain)

    def stores(x):
        plain[0] = x[0]
        return np.sum(plain)

    for program in (writes, stores):
        with pytest.raises(EscapeError):
            hoad.grad(program, cp.ones(3))


def test_15_what_is_changed_after_it_was_read_changes_no_derivative():
    x, c = cp.ones(3), cp.ones(3)
    _, back = hoad.vjp(lambda x: np.sum(x * c * np.where(c > 0, x, c)), x)
    c[:], x[:] = 5.0, 7.0
    np.testing.assert_array_equal(back(1.0)[0].get(), [2, 2, 2])

    def changes(x):
        z = x * c
        c[:] = 100.0
        return np.sum(z)

    np.testing.assert_array_equal(hoad.grad(changes, x).get(), [5, 5, 5])


def test_17_on_the_device_of_the_point():
    with cp.cuda.Device(1):
        x = cp.arange(3.0)
    for found in (
        hoad.grad(lambda x: np.sum(x * 1), x),
        hoad.hessian(lambda x: np.sum(x[[0, 0, 2]] ** 2), x),
        hoad.jacobian(np.cumsum, x),
        hoad.derivative(np.sin, x, 2),
    ):
        assert found.device.id == 1 and cp.cuda.Device().id == 0


def test_19_nothing_waits():
    x = cp.ones(3)
    cp.synchronisations = 0
    hoad.grad(lambda x: np.sum(np.sin(x) ** 2), x)
    hoad.hvp(lambda x: np.sum(np.sin(x) ** 2), x, x)
    assert cp.synchronisations == 0


def test_20_a_derivative_of_a_derivative():
    x = np.linspace(-6, 6, 5)
    for sin in (np.sin, cp.sin):
        assert_same(hoad.prime(hoad.prime(sin))(to_device(x)).get(), -np.sin(x))


class Sparse:
    """A sparse matrix of the library's: no array of NumPy's protocols, with a product of its own."""

    shape = (3, 3)

    def __matmul__(self, x):
        if not isinstance(x, cp.ndarray):
            return NotImplemented
        return cp.asarray(np.diag([1.0, 2.0, 3.0])) @ x


Sparse.__module__ = "cupyx.scipy.sparse._csr"


def test_21_a_kernel_of_ones_own_has_the_rule_that_is_stated():
    """A kernel asks nobody; its rule is in NumPy's functions, and of any order. Without one it is refused."""

    def squared(x):  # as a kernel, it takes plain arrays alone
        return cp.ndarray(np.square(x._held), x._number)

    with pytest.raises((AttributeError, hoad.errors.HoadError)):
        hoad.grad(lambda x: np.sum(squared(x)), cp.ones(2))
    rule = hoad.chainrules.scalar_rule(squared, lambda x, out: 2 * x)
    try:
        x = cp.asarray([1.0, 3.0])
        np.testing.assert_array_equal(hoad.grad(lambda x: np.sum(rule(x) * x), x).get(), [3.0, 27.0])
        found = hoad.hessian(lambda x: np.sum(rule(x) * x), x)
        np.testing.assert_array_equal(found.get(), np.diag([6.0, 18.0]))
    finally:
        hoad.chainrules.remove_rule(squared)


def test_22_a_sparse_matrix_of_the_library_is_refused_by_name():
    """Elsewhere its gradient comes back dense, or not at all."""
    with pytest.raises(hoad.errors.NotDifferentiableError, match=r"Sparse \(cupyx\) .*write a\.toarray\(\)"):
        hoad.grad(lambda x: np.sum(Sparse() @ x), cp.ones(3))


# ------------------------------------------------------------------------------------------------------------
# Waits, told; strong zeros, on request; what bad input gets
# ------------------------------------------------------------------------------------------------------------


WAITING = {
    "decides a branch": lambda x: np.sum(x) if x[0] else x[1],
    "decides a branch, compared": lambda x: np.sum(x) if x[0] > 0 else x[1],
    "decides a branch, not": lambda x: np.sum(x) if not x[0] > 5 else x[1],
    "decides a branch, between two": lambda x: np.sum(x) if 0 < x[0] < 5 else x[1],
    "decides a branch, and": lambda x: np.sum(x) if x[0] > 0 and x[1] != 0 else x[1],
    "becomes an integer": lambda x: np.sum(x[: int(x[1])]),
    "is a mask in an index": lambda x: np.sum(x[x > 0.5]),
    "is a mask in an index, of data": lambda x: np.sum(x[cp.asarray(np.array([True, False]))]),
    "was copied to the host": lambda x: np.sum(x.get() ** 2),
    "was copied from the host": lambda x: np.sum(cp.asarray(cp.asnumpy(x) * 2.0)),
    "decides a length": lambda x: np.sum(np.unique(x)),
    "decides a length, where it is not zero": lambda x: np.sum(x[np.flatnonzero(x)]),
}
READING_NOTHING = {
    "a choice": lambda x: np.sum(np.where(x > 0, x, x * x) * (x[0] > 0)),
    "a comparison that is kept": lambda x: np.sum(x * [x > 0.5][0]),
    "positions": lambda x: np.sum(x[np.argsort(x)]),
}
CALLED = {
    "grad": lambda f, x: hoad.grad(f, x),
    "jvp": lambda f, x: hoad.jvp(f, (x,), (x,)),
    "hessian": lambda f, x: hoad.hessian(f, x),
    "directional": lambda f, x: hoad.directional(f, x, x, 2),
}


@pytest.mark.parametrize("way", CALLED)
@pytest.mark.parametrize("name", WAITING)
def test_debug_tells_where_the_program_waits(name, way):
    what = name.partition(",")[0]
    with hoad.debug(), pytest.warns(hoad.errors.WaitWarning, match=r"test_reports\.py:\d+: ") as told:
        CALLED[way](WAITING[name], cp.asarray(np.array([1.0, 2.0])))
    assert [w for w in told if what in str(w.message)]


@pytest.mark.parametrize("way", CALLED)
@pytest.mark.parametrize("name", READING_NOTHING)
def test_debug_tells_nothing_where_nothing_is_read(name, way, recwarn):
    with hoad.debug():
        CALLED[way](READING_NOTHING[name], cp.asarray(np.array([1.0, 2.0])))
    assert not [w for w in recwarn if w.category is hoad.errors.WaitWarning]


def test_after_debug_nobody_asks():
    compares = hoad.tracer.Tracer.__lt__
    with hoad.debug(), hoad.debug():
        assert hoad.tracer.Tracer.__lt__ is not compares
    assert hoad.tracer.Tracer.__lt__ is compares


def writes_twice(x, at):
    y = x * 1.0
    y[at] = x[: len(at)] * 2.0
    return np.sum(y * y)


LEFT_OPEN = {
    r"position 0 is written to several times.*y\[at\] = ": lambda x: writes_twice(
        x, cp.asarray(np.array([0, 1, 0]))
    ),
    r"index 7 is out of bounds .*lambda x, k: np\.sum\(x\[k\]\)": lambda x: (lambda x, k: np.sum(x[k]))(
        x, cp.asarray(np.array([1, 7]))
    ),
    r"index -9 is out of bounds .*take": lambda x: np.sum(np.take(x, cp.asarray(np.array([1, -9])))),
    r"index 5 is out of bounds .*y\[at\] = ": lambda x: writes_twice(x, cp.asarray(np.array([0, 5]))),
}


@pytest.mark.parametrize("way", CALLED)
@pytest.mark.parametrize("text", LEFT_OPEN)
def test_debug_refuses_what_the_library_leaves_open(text, way):
    x = cp.asarray(np.array([1.0, 2.0, 3.0]))
    CALLED[way](LEFT_OPEN[text], x)
    with hoad.debug(), pytest.raises(IndexError, match=text):
        CALLED[way](LEFT_OPEN[text], x)


def test_debug_takes_what_is_defined():
    x, at = cp.asarray(np.array([1.0, 2.0, 3.0])), cp.asarray(np.array([0, 2]))
    with hoad.debug():
        found = hoad.grad(lambda x: writes_twice(x, at) + np.sum(x[[0, 0, -3]]), x)
    np.testing.assert_array_equal(found.get(), [11.0, 20.0, 0.0])


def test_one_flag_is_read_for_all_arguments():
    f = lambda p: np.sum(p["a"] * np.sin(p["b"]))
    with hoad.careful():
        cp.synchronisations = 0
        hoad.grad(f, {"a": cp.ones(2), "b": cp.ones(2)})
    assert cp.synchronisations == 1


def test_a_tangent_of_numpys_for_a_value_of_the_device():
    with pytest.raises(ArgumentError, match=r"array of numpy.*asarray\(tangent\)"):
        hoad.jvp(np.sin, (cp.ones(3),), (np.ones(3),))


def test_containers_of_both_have_each_gradient_where_its_leaf_lies():
    f = lambda p: np.sum(p["there"] ** 2).get() * np.sum(p["here"])
    found = hoad.grad(f, {"there": cp.ones(2), "here": np.ones(2)})
    assert isinstance(found["there"], cp.ndarray) and isinstance(found["here"], np.ndarray)
    assert_same(from_device(found), {"there": np.full(2, 4.0), "here": np.full(2, 2.0)})


def test_results_into_an_array_of_the_device():
    out = cp.zeros(2)
    assert hoad.grad(lambda x: np.sum(x**2), cp.ones(2), out=out) is out
    np.testing.assert_array_equal(out.get(), [2, 2])


def test_pictures_of_programs_show_few_elements_and_say_that_they_were_copied():
    text = str(hoad.trace(lambda x: np.sum(np.sin(x) * x), cp.asarray(np.array([0.5, 1.0]))))
    assert "[0.5 1. ], copied" in text and "1.0812, copied" in text
    x = cp.ones(9)
    cp.synchronisations = 0
    assert "float64[9] on a device" in str(hoad.trace(lambda x: np.sin(x) * x, x))
    assert cp.synchronisations == 0


def test_a_trace_lists_where_it_waits():
    program = hoad.trace(lambda x: np.sum(x[x > 0.5]) if x[0] > 0 else x[1], cp.ones(9))
    assert ["decides a branch" in line for line in program.waits] == [True, False]
    assert "waits for the device: a value is a mask in an index, at test_reports.py:" in str(program)
    assert hoad.trace(lambda x: np.sum(np.sin(x)), cp.ones(9)).waits == ()


def test_a_library_without_a_backend_is_named():
    class Array:
        shape, dtype = (2,), np.dtype(float)
        __array_ufunc__ = __array_function__ = lambda self, *_, **__: NotImplemented

    Array.__module__ = "tensors.core"
    with pytest.raises(hoad.errors.NotDifferentiableError, match=r"hoad\.backends\.register\('tensors'"):
        hoad.grad(np.sum, Array())
    with pytest.raises(TypeError, match=r"wants a hoad\.backends\.Backend"):
        hoad.backends.register("tensors", "no backend")

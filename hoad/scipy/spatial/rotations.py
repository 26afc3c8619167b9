"""``scipy.spatial.transform.Rotation`` and ``Slerp`` as NumPy code of unit quaternions, the real part last.

SciPy's class is compiled, and its objects can't hold a traced value. Within a derivative its name stands
for the class here, and objects of it that a program holds for objects of this; values are SciPy's up to
rounding.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.spatial import transform

from ...errors import MissingRuleError
from ...nested import INSIDE, everything, pack, primal, refused
from ...values.captures import traced_in

SciPy = transform.Rotation
SMALL = 0.25  # squared half angles below which series are summed, which have derivatives at zero
SINE = [(-1.0) ** k / math.factorial(2 * k + 1) for k in range(9)]
COSINE = [(-1.0) ** k / math.factorial(2 * k) for k in range(9)]
TANGENT = [(-1.0) ** k / (2 * k + 1) for k in range(15)]


def given(x: Any) -> Any:
    """An argument as an array of floats."""
    x = pack(np.array(x) if isinstance(x, (list, tuple)) else x)
    return x * 1.0


def polynomial(x: Any, coefficients: list[float]) -> Any:
    """A polynomial by Horner's rule."""
    total = coefficients[-1] + 0.0 * x
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


def half_waves(squared: Any) -> tuple[Any, Any]:
    """``sin(h) / h`` and ``cos(h)`` of half angles, by their squares; smooth at zero."""
    near = primal(squared) < SMALL
    h = np.sqrt(np.where(near, 1.0, squared))
    small = np.where(near, squared, 0.0)
    sine = np.where(near, polynomial(small, SINE), np.sin(h) / h)
    return sine, np.where(near, polynomial(small, COSINE), np.cos(h))


def angle_by_sine(squared: Any, w: Any) -> Any:
    """The angle of a quaternion over the length of its vector part; smooth where that is zero."""
    near = primal(squared) < 0.04 * primal(w) ** 2
    n = np.sqrt(np.where(near, 1.0, squared))
    real = np.where(near, w, 1.0)
    small = np.where(near, squared, 0.0) / real**2
    return np.where(near, 2 * polynomial(small, TANGENT) / real, 2 * np.arctan2(n, w) / n)


def squares(v: Any) -> Any:
    """The squared length of vectors, with an axis of length 1."""
    return np.sum(v * v, axis=-1, keepdims=True)


def signed(q: Any) -> Any:
    """Quaternions whose real part is not negative."""
    return q * np.where(primal(q)[..., 3:] < 0, -1.0, 1.0)


def degrees_or_radians(x: Any, degrees: bool) -> Any:
    """Angles that were given, in radians."""
    return x * (np.pi / 180) if degrees else x


def multiplied(p: Any, q: Any) -> Any:
    """The product of quaternions."""
    u, a, v, b = p[..., :3], p[..., 3:], q[..., :3], q[..., 3:]
    return np.concatenate([a * v + b * u + np.cross(u, v), a * b - np.sum(u * v, -1, keepdims=True)], -1)


class OfSciPy(type):
    """What ``isinstance`` and the names that are not here ask."""

    def __instancecheck__(cls, value: Any) -> bool:
        return type.__instancecheck__(cls, value) or isinstance(value, SciPy)

    def __getattr__(cls, name: str) -> Any:
        return getattr(SciPy, name)


class Rotation(metaclass=OfSciPy):
    """Rotations by their unit quaternions, traced or not."""

    def __new__(cls, quat: Any, *args: Any, **kwargs: Any) -> Any:
        return SciPy(quat, *args, **kwargs) if not INSIDE.get() else super().__new__(cls)

    def __init__(
        self, quat: Any, normalize: bool = True, copy: bool = True, scalar_first: bool = False
    ) -> None:
        quat = given(quat)
        if np.ndim(quat) < 1 or np.shape(quat)[-1] != 4:
            raise ValueError(f"Expected `quat` to have shape (..., 4), got {np.shape(quat)}.")
        quat = np.roll(quat, -1, axis=-1) if scalar_first else quat
        if normalize:
            size = np.sqrt(squares(quat))
            if np.any(everything(size) == 0):
                raise ValueError("Found zero norm quaternions in `quat`.")
            quat = quat / size
        self._quat = quat

    # -- Made of ---------------------------------------------------------------------------------------------

    @staticmethod
    def from_quat(quat: Any, *, scalar_first: bool = False) -> Any:
        """Of quaternions, which are normalised."""
        return made(SciPy.from_quat, Rotation, quat, scalar_first=scalar_first)

    @staticmethod
    def from_rotvec(rotvec: Any, degrees: bool = False) -> Any:
        """Of vectors along the axis, as long as the angle."""
        return made(SciPy.from_rotvec, of_vectors, rotvec, degrees)

    @staticmethod
    def from_matrix(matrix: Any, **options: Any) -> Any:
        """Of matrices; of the nearest rotation, if one is none."""
        return made(SciPy.from_matrix, of_matrices, matrix, **options)

    @staticmethod
    def from_euler(seq: str, angles: Any, degrees: bool = False) -> Any:
        """Of turns about axes one after the other."""
        return made(SciPy.from_euler, of_angles, seq, angles, degrees)

    @staticmethod
    def from_mrp(mrp: Any) -> Any:
        """Of modified Rodrigues parameters."""
        return made(SciPy.from_mrp, of_parameters, mrp)

    @staticmethod
    def identity(*args: Any, **kwargs: Any) -> Any:
        """The rotation that leaves everything."""
        return standing(SciPy.identity(*args, **kwargs))

    @staticmethod
    def random(*args: Any, **kwargs: Any) -> Any:
        """Any rotation."""
        return standing(SciPy.random(*args, **kwargs))

    @staticmethod
    def concatenate(rotations: Any) -> Any:
        """Several, in a row."""
        if not INSIDE.get():
            return SciPy.concatenate(rotations)
        several = [rotations] if isinstance(rotations, Rotation) else list(rotations)
        rows = [np.reshape(standing(r)._quat, (-1, 4)) for r in several]
        return turned(np.concatenate(rows))

    @staticmethod
    def align_vectors(a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
        """The rotation that takes vectors nearest to others, of plain numbers."""
        refuse("align_vectors", "np.linalg.svd of the products of the vectors finds it, and has one", a, b)
        found, *rest = SciPy.align_vectors(a, b, *args, **kwargs)
        return (standing(found), *rest)

    @staticmethod
    def from_davenport(axes: Any, order: Any, angles: Any, degrees: bool = False) -> Any:
        """Of turns about any axes, of plain numbers."""
        refuse("from_davenport", "a product of from_rotvec(angle * axis) has one", axes, angles)
        return standing(SciPy.from_davenport(axes, order, angles, degrees))

    # -- Read as ---------------------------------------------------------------------------------------------

    def as_quat(self, canonical: bool = False, *, scalar_first: bool = False) -> Any:
        """As quaternions."""
        q = first_positive(self._quat) if canonical else self._quat
        return np.roll(q, 1, axis=-1) if scalar_first else q

    def as_matrix(self) -> Any:
        """As matrices."""
        x, y, z, w = (self._quat[..., k] for k in range(4))
        rows = [
            [x * x - y * y - z * z + w * w, 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), -x * x + y * y - z * z + w * w, 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), -x * x - y * y + z * z + w * w],
        ]
        return np.stack([np.stack(row, -1) for row in rows], -2)

    def as_rotvec(self, degrees: bool = False) -> Any:
        """As vectors along the axis, as long as the angle."""
        q = signed(self._quat)
        v = q[..., :3] * angle_by_sine(squares(q[..., :3]), q[..., 3:])
        return v * (180 / np.pi) if degrees else v

    def as_euler(self, seq: str, degrees: bool = False, **options: Any) -> Any:
        """As turns about axes one after the other."""
        return angles_of(self._quat, seq, 180 / np.pi if degrees else 1.0)

    def as_mrp(self) -> Any:
        """As modified Rodrigues parameters."""
        q = signed(self._quat)
        return q[..., :3] / (1 + q[..., 3:])

    def magnitude(self) -> Any:
        """The angles."""
        return 2 * np.arctan2(np.linalg.norm(self._quat[..., :3], axis=-1), np.abs(self._quat[..., 3]))

    # -- Done with -------------------------------------------------------------------------------------------

    def apply(self, vectors: Any, inverse: bool = False) -> Any:
        """Vectors, turned."""
        vectors, matrix = given(vectors), self.as_matrix()
        if np.shape(vectors)[-1:] != (3,):
            raise ValueError(f"Expected input of shape (3,) or (..., 3), got {np.shape(vectors)}.")
        matrix = np.swapaxes(matrix, -1, -2) if inverse else matrix
        return np.sum(matrix * np.expand_dims(vectors, -2), axis=-1)

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Rotation):
            return NotImplemented
        return turned(multiplied(self._quat, standing(other)._quat))

    def __rmul__(self, other: Any) -> Any:
        return (
            turned(multiplied(standing(other)._quat, self._quat))
            if isinstance(other, SciPy)
            else NotImplemented
        )

    def __pow__(self, n: Any, modulus: None = None) -> Any:
        if modulus is not None:
            raise NotImplementedError("modulus not supported")
        return of_vectors(n * self.as_rotvec(), False)

    def inv(self) -> Any:
        """The rotation back."""
        return turned(self._quat * np.array([-1.0, -1.0, -1.0, 1.0]))

    def mean(self, weights: Any = None, axis: Any = None) -> Any:
        """The rotation that is nearest to all of them."""
        q = np.reshape(self._quat, (-1, 4))
        w = np.ones(len(q)) if weights is None else given(weights)
        if np.any(everything(w) < 0):
            raise ValueError("`weights` must be non-negative.")
        return turned(np.linalg.eigh(np.transpose(q) @ (np.expand_dims(w, -1) * q))[1][:, -1])

    def approx_equal(self, other: Any, *args: Any, **kwargs: Any) -> Any:
        """Whether rotations are nearly the same."""
        found: Any = plain(self).approx_equal(plain(standing(other)), *args, **kwargs)
        return found

    # -- As a row --------------------------------------------------------------------------------------------

    @property
    def single(self) -> bool:
        """Whether it is one rotation, and no row."""
        return bool(np.ndim(self._quat) == 1)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the row."""
        return tuple(np.shape(self._quat)[:-1])

    def __len__(self) -> int:
        if self.single:
            raise TypeError("Single rotation has no len().")
        return len(self._quat)

    def __getitem__(self, index: Any) -> Any:
        if self.single:
            raise TypeError("Single rotation is not subscriptable.")
        return turned(self._quat[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        q = np.zeros_like(self._quat) + self._quat
        q[index] = standing(value)._quat
        self._quat = q

    def __iter__(self) -> Iterator[Any]:
        return iter([self[k] for k in range(len(self))])

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return repr(plain(self))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(SciPy, name):
            raise AttributeError(f"'Rotation' object has no attribute {name!r}")
        refuse(name, "as_quat, as_matrix, as_rotvec, as_euler and as_mrp have one", self._quat)
        return getattr(plain(self), name)


# ------------------------------------------------------------------------------------------------------------
# Objects
# ------------------------------------------------------------------------------------------------------------


def made(own: Any, body: Any, *args: Any, **kwargs: Any) -> Any:
    """What a maker gives: within a derivative a rotation of this class."""
    return body(*args, **kwargs) if INSIDE.get() else own(*args, **kwargs)


def turned(quat: Any) -> Any:
    """A rotation of unit quaternions."""
    found = object.__new__(Rotation)
    found._quat = quat
    return found


def standing(rotation: Any) -> Any:
    """What stands for a rotation within a derivative."""
    return turned(rotation.as_quat()) if isinstance(rotation, SciPy) and INSIDE.get() else rotation


def plain(rotation: Any) -> Any:
    """SciPy's own."""
    return SciPy.from_quat(np.asarray(primal(rotation._quat)))


def refuse(name: str, instead: str, *values: Any) -> None:
    """Refuse traced values where there is no formula."""
    found = traced_in(values)
    if found:
        raise refused(
            MissingRuleError(f"scipy.spatial.transform.Rotation.{name} has no derivative: {instead}"), *found
        )


def first_positive(q: Any) -> Any:
    """Quaternions of which the last element that is not zero is positive."""
    values = primal(q)
    signs = np.sign(values[..., ::-1] * 1.0)[..., [0, 3, 2, 1]]  # w, then x, y, z
    sign = signs[..., 0]
    for k in (1, 2, 3):
        sign = np.where(sign == 0, signs[..., k], sign)
    return q * np.expand_dims(np.where(sign < 0, -1.0, 1.0), -1)


def of_vectors(rotvec: Any, degrees: bool = False) -> Any:
    """Rotations of vectors."""
    v = degrees_or_radians(given(rotvec), degrees)
    if np.shape(v)[-1:] != (3,):
        raise ValueError(f"Expected `rot_vec` to have shape (3,) or (..., 3), got {np.shape(v)}")
    sine, cosine = half_waves(squares(v) / 4)
    return turned(np.concatenate([v * sine / 2, cosine], -1))


def of_parameters(mrp: Any) -> Any:
    """Rotations of modified Rodrigues parameters."""
    m = given(mrp)
    s = squares(m)
    return turned(np.concatenate([2 * m, 1 - s], -1) / (1 + s))


def of_matrices(matrix: Any, assume_valid: bool = False) -> Any:
    """Rotations of matrices."""
    m = given(matrix)
    if np.shape(m)[-2:] != (3, 3):
        raise ValueError(f"Expected `matrix` to have shape (..., 3, 3), got {np.shape(m)}")
    if np.any(np.linalg.det(everything(m)) <= 0):
        raise ValueError("Non-positive determinant (left-handed or null coordinate frame) in rotation matrix")
    m = m if assume_valid or not takes_the_nearest() else nearest(m)
    diagonal = [m[..., k, k] for k in range(3)]
    trace = diagonal[0] + diagonal[1] + diagonal[2]
    choice = np.argmax(np.stack([*map(primal, diagonal), primal(trace)], -1), axis=-1)
    rows = [by_element(m, trace, k) for k in range(3)]
    real = [m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1], 1 + trace]
    quat = np.stack(real, -1)
    for k in range(3):
        quat = np.where(np.expand_dims(choice == k, -1), rows[k], quat)
    return Rotation(quat)


@functools.cache
def takes_the_nearest() -> bool:
    """Tell whether SciPy makes a matrix orthogonal first: before 1.16 it only made a quaternion of it."""
    skewed = SciPy.from_matrix([[1.0, 0.25, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]).as_quat()
    return not np.isclose(skewed[2] / skewed[3], -0.25 / 4)


def by_element(m: Any, trace: Any, i: int) -> Any:
    """The quaternion by the element i of its vector part, which is large."""
    j, k = (i + 1) % 3, (i + 2) % 3
    parts: list[Any] = [None] * 4
    parts[i] = 1 - trace + 2 * m[..., i, i]
    parts[j] = m[..., j, i] + m[..., i, j]
    parts[k] = m[..., k, i] + m[..., i, k]
    parts[3] = m[..., k, j] - m[..., j, k]
    return np.stack(parts, -1)


def nearest(m: Any) -> Any:
    """The nearest orthogonal matrix, by Newton's iteration for the polar factor (Higham 1986)."""
    for _ in range(60):
        new = (m + np.swapaxes(np.linalg.inv(m), -1, -2)) / 2
        moved = np.max(np.abs(everything(new) - everything(m)), initial=0.0)
        m = new
        if moved < 1e-9:  # quadratic: the next is exact, and its derivatives after some more
            break
    for _ in range(3):
        m = (m + np.swapaxes(np.linalg.inv(m), -1, -2)) / 2
    return m


def of_angles(seq: str, angles: Any, degrees: bool = False) -> Any:
    """Rotations of turns about axes."""
    SciPy.from_euler(seq, np.zeros(len(seq)) if len(seq) > 1 else 0.0)  # what SciPy raises
    angles = degrees_or_radians(given(angles), degrees)
    if len(seq) == 1:
        angles = np.expand_dims(angles, -1) if np.ndim(angles) == 0 or np.shape(angles)[-1] != 1 else angles
    if np.shape(angles)[-1] != len(seq):
        raise ValueError(f"Expected last dimension of `angles` to match number of axes: {np.shape(angles)}")
    extrinsic, total = seq.islower(), None
    for k, letter in enumerate(seq.lower()):
        half = angles[..., k] / 2
        zero = half * 0.0
        parts = [np.sin(half) if letter == axis else zero for axis in "xyz"]
        q = np.stack([*parts, np.cos(half)], -1)
        total = q if total is None else multiplied(q, total) if extrinsic else multiplied(total, q)
    return turned(total)


def angles_of(q: Any, seq: str, unit: float) -> Any:
    """Quaternions as turns about three axes.

    Source: E. Bernardes and S. Viollet, Quaternion to Euler angles conversion (2022).
    """
    SciPy.from_rotvec([0.1, 0.2, 0.3]).as_euler(seq)  # what SciPy raises
    extrinsic = seq.islower()
    i, j, k = ("xyz".index(letter) for letter in (seq.lower() if extrinsic else seq.lower()[::-1]))
    symmetric = i == k
    k = 3 - i - j if symmetric else k
    sign = (i - j) * (j - k) * (k - i) // 2
    a, b, c, d = q[..., 3], q[..., i], q[..., j], q[..., k] * sign
    if not symmetric:
        a, b, c, d = a - c, b + d, c + a, d - b
    middle = 2 * np.arctan2(np.hypot(c, d), np.hypot(a, b))
    plus, minus = np.arctan2(b, a), np.arctan2(d, c)
    first, third = plus - minus, plus + minus
    if not symmetric:
        third, middle = third * sign, middle - np.pi / 2
    ordered = [first, middle, third] if extrinsic else [third, middle, first]
    return np.stack([wrapped(x) for x in ordered], -1) * unit


def wrapped(angle: Any) -> Any:
    """Angles between -pi and pi."""
    value = primal(angle)
    return angle - 2 * np.pi * ((value > np.pi) * 1.0 - (value < -np.pi) * 1.0)


class Slerp:
    """Rotations between rotations, at constant speed: ``scipy.spatial.transform.Slerp``."""

    def __new__(cls, times: Any, rotations: Any) -> Any:
        return transform.Slerp(times, rotations) if not INSIDE.get() else super().__new__(cls)

    def __init__(self, times: Any, rotations: Any) -> None:
        rotations = standing(rotations)
        if not isinstance(rotations, Rotation) or rotations.single or len(rotations) == 1:
            raise ValueError("`rotations` must be a sequence of at least 2 rotations.")
        self.times = given(times)
        if np.shape(self.times) != (len(rotations),):
            raise ValueError("Expected number of rotations to be equal to number of timestamps given")
        self.timedelta = np.diff(self.times)
        if np.any(everything(self.timedelta) <= 0):
            raise ValueError("Times must be in strictly increasing order.")
        self.rotations = rotations[:-1]
        self.rotvecs = (self.rotations.inv() * rotations[1:]).as_rotvec()

    def __call__(self, times: Any) -> Any:
        times = given(times)
        single, times = np.ndim(times) == 0, np.reshape(times, (-1,))
        values, known = primal(times), primal(self.times)
        if np.any(everything((values < known[0]) | (values > known[-1]))):
            raise ValueError("Interpolation times must be within the range of the times that were given.")
        k = np.maximum(np.searchsorted(known, values) - 1, 0)
        part = (times - self.times[k]) / self.timedelta[k]
        found = self.rotations[k] * of_vectors(self.rotvecs[k] * np.expand_dims(part, -1))
        return found[0] if single else found


def between(slerp: Any) -> Any:
    """What stands for an object of SciPy's ``Slerp``."""
    found = object.__new__(Slerp)
    found.times, found.rotvecs = np.asarray(slerp.times), np.asarray(slerp.rotvecs)
    found.timedelta, found.rotations = np.diff(found.times), turned(slerp.rotations.as_quat())
    return found

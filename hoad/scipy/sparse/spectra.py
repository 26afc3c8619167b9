"""A few eigenvalues and eigenvectors of large matrices.

What ARPACK found solves ``A v = w M v`` and a condition on the length of v. Newton's step from there needs
one factorization of the bordered matrix ``[[A - w M, -M v], [-v* M, 0]]``, which is regular where the
eigenvalue is simple. The vector turns, in complex numbers, so that its change is orthogonal to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from ...errors import ConvergenceError, MissingRuleError
from ...nested import primal, refused
from ...values.captures import traced_in
from ..inputs import Inputs, outside
from ..members import by_members
from ..steps import step
from .arithmetic import conjugated
from .functions import guarded, moving
from .holding import ANY, Holding
from .iterations import FINE, Inverse, inverse_
from .operators import LinearOperator, applied, parts_of, plain_operator
from .systems import by_factors

SAME = 1e-9  # how near eigenvalues count as equal, beside the largest


def bordered(a: Any, w: Any, v: Any, mv: Any, m: Any) -> Any:
    """What solves the system of Newton's method for one pair."""
    n = len(v)
    if isinstance(a, LinearOperator) or isinstance(m, LinearOperator):
        size = np.result_type(a.dtype, v)

        def of(x: Any) -> Any:
            top = a @ x[:n] - w * (x[:n] if m is None else m @ x[:n]) - mv * x[n]
            return np.append(top, -np.vdot(mv, x[:n]))

        operator = LinearOperator((n + 1, n + 1), matvec=of, rmatvec=of, dtype=size)
        method = linalg.gmres if size.kind == "c" else linalg.minres
        solve: Any = lambda op, b: method(op, b, rtol=FINE, maxiter=50 * n)
        by = Inverse(solve, operator, "minres")
        return lambda b: inverse_(b, by=by)
    matrix = sparse.csc_array(a) - w * (sparse.eye_array(n) if m is None else sparse.csc_array(m))
    column = sparse.csc_array(-mv.reshape(-1, 1))
    whole = sparse.block_array([[matrix, column], [column.conj().T, None]], format="csc")
    factors = linalg.splu(whole)
    return lambda b: by_factors(b, factors=factors, trans="N")


def pairs(A: Any, M: Any, w: Any, v: Any, depends: Inputs) -> tuple[Any, Any]:
    """Eigenvalues and eigenvectors with their derivatives.

    Raises:
        MissingRuleError: two of the eigenvalues are equal.
    """
    check_apart(w, depends)
    a, m = plain_operator(A), None if M is None else plain_operator(M)
    columns, numbers = [], []
    for k in range(len(w)):
        with outside():
            mv = v[:, k] if m is None else m @ v[:, k]
            solve = bordered(a, w[k], v[:, k], mv, m)
        x, y = v[:, k], w[k]
        for _ in range(depends.order):
            mx = x if M is None else applied(M, x)
            rest = np.append(applied(A, x) - y * mx, (1 - np.sum(np.conj(x) * mx)) / 2)
            change = solve(rest)
            x, y = x - change[:-1], y - change[-1]
        columns.append(v[:, k] + step(x))
        numbers.append(w[k] + step(y if np.iscomplexobj(w) else np.real(y)))
    return np.stack(numbers), np.stack(columns, 1)


def check_apart(w: Any, depends: Inputs) -> None:
    """Refuse equal eigenvalues, whose vectors are any of a space."""
    gaps = np.abs(np.subtract.outer(w, w)) + np.diag(np.full(len(w), np.inf))
    if np.min(gaps, initial=np.inf) <= SAME * np.max(np.abs(w), initial=0.0):
        message = (
            f"two of the eigenvalues {w} are equal, and the derivatives of each by itself depend on the "
            f"direction; np.linalg.eigh(A.toarray()) has those of all"
        )
        raise refused(MissingRuleError(message), *depends.leaves)


def eigsh(A: Any, k: int = 6, M: Any = None, sigma: Any = None, *args: Any, **options: Any) -> Any:
    """Eigenvalues and eigenvectors of a symmetric matrix."""
    return found_by(linalg.eigsh, A, k, M, sigma, args, options)


def eigs(A: Any, k: int = 6, M: Any = None, sigma: Any = None, *args: Any, **options: Any) -> Any:
    """Eigenvalues and eigenvectors of any matrix."""
    if M is not None or isinstance(A, LinearOperator):
        what = "a second matrix M" if M is not None else "an operator"
        message = f"scipy.sparse.linalg.eigs of {what} has no derivative; np.linalg.eig of arrays has one"
        raise refused(MissingRuleError(message), *Inputs(parts_of(A), parts_of(M)).leaves)
    return found_by(linalg.eigs, A, k, M, sigma, args, options)


def found_by(plain: Any, A: Any, k: int, M: Any, sigma: Any, args: Any, options: Any) -> Any:
    """What a function of ARPACK's finds, with derivatives."""
    names = ("which", "v0", "ncv", "maxiter", "tol", "return_eigenvectors")
    options = {**dict(zip(names, args, strict=False)), **options}
    vectors = options.pop("return_eigenvectors", True)
    depends = Inputs(parts_of(A), parts_of(M))
    m = None if M is None else plain_operator(M)
    with outside():
        w, v = plain(plain_operator(A), k, m, primal(sigma), return_eigenvectors=True, **options)
    if depends.leaves:
        w, v = pairs(A, M, w, v, depends)
    return (w, v) if vectors else w


def svds(A: Any, k: int = 6, *args: Any, return_singular_vectors: Any = True, **options: Any) -> Any:
    """Singular values and vectors: eigenvalues and eigenvectors of ``[[0, A], [A*, 0]]``."""
    depends = Inputs(parts_of(A))
    if isinstance(A, LinearOperator):
        message = "scipy.sparse.linalg.svds of an operator has no derivative; of a matrix it has"
        raise refused(MissingRuleError(message), *depends.leaves)
    with outside():
        u, s, vh = linalg.svds(plain_operator(A), k, *args, return_singular_vectors=True, **options)
    if np.min(s) <= SAME * np.max(s):
        raise refused(ConvergenceError("a singular value is 0, and has no derivative"), *depends.leaves)
    rows = len(u)
    both = np.concatenate([u, np.conj(vh.T)]) / np.sqrt(2)
    a = A if isinstance(A, ANY) else sparse.csr_array(A)
    turned = conjugated(a.T) if isinstance(a, Holding) else a.conj().T
    whole = moving(sparse.block_array)([[None, a], [turned, None]], format="csc")
    s, both = pairs(whole, None, s, both, depends)
    if return_singular_vectors is False:
        return s
    return both[:rows] * np.sqrt(2), np.real(s), np.conj(both[rows:].T) * np.sqrt(2)


def depends_on(*operands: Any) -> bool:
    """Tell whether anything is traced, in operators too."""
    return bool(traced_in([parts_of(x) for x in operands]))


for _name, _body in (("eigsh", eigsh), ("eigs", eigs), ("svds", svds)):
    guarded(getattr(linalg, _name), by_members(_body), (0, "A", 2, "M"), depends_on)

"""Calls of LAPACK, and of BLAS for triangles, in LLVM's text.

What lies in rows is, for LAPACK, the transpose in columns.
"""

from __future__ import annotations

from collections.abc import Callable

from ..fields.factored import BLOCK
from ..fields.lattice import Shape
from .storage import INFO, Storage

COPY = "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"
# The zeros above the diagonal, and the sign of a determinant: of the diagonal, and of the rows exchanged.
HELPERS = {
    "potrf": """define internal void @hoad_lower(ptr %a, i64 %n) #1 {
entry:
  br label %rows
rows:
  %i = phi i64 [ 0, %entry ], [ %next, %rows ]
  %next = add i64 %i, 1
  %row = mul i64 %i, %n
  %first = add i64 %row, %next
  %p = getelementptr double, ptr %a, i64 %first
  %rest = sub i64 %n, %next
  %bytes = shl i64 %rest, 3
  call void @llvm.memset.p0.i64(ptr %p, i8 0, i64 %bytes, i1 false)
  %more = icmp slt i64 %next, %n
  br i1 %more, label %rows, label %done
done:
  ret void
}""",
    "lu_sign": """define internal double @hoad_sign(ptr %a, ptr %pivots, i64 %n) #1 {
entry:
  %n1 = add i64 %n, 1
  br label %rows
rows:
  %i = phi i64 [ 0, %entry ], [ %next, %rows ]
  %s = phi double [ 1.0, %entry ], [ %s3, %rows ]
  %next = add i64 %i, 1
  %place = mul i64 %i, %n1
  %p = getelementptr double, ptr %a, i64 %place
  %x = load double, ptr %p
  %z = fmul double %x, 0.0
  %one = fadd double %z, 1.0
  %u = call double @llvm.copysign.f64(double %one, double %x)
  %q = getelementptr i32, ptr %pivots, i64 %i
  %k = load i32, ptr %q
  %here = trunc i64 %next to i32
  %moved = icmp ne i32 %k, %here
  %turn = select i1 %moved, double -1.0, double 1.0
  %s2 = fmul double %s, %u
  %s3 = fmul double %s2, %turn
  %more = icmp slt i64 %next, %n
  br i1 %more, label %rows, label %done
done:
  ret double %s3
}""",
}
NEEDED = {
    "potrf": ("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)",),
    "lu_sign": ("declare double @llvm.copysign.f64(double, double)",),
}


class Lapack:
    """The call that makes one value.

    ``lines`` are its instructions.

    Args:
        storage: where values stand.
        one: the value: an operation of ``Factored``.
        name: a name for its instructions that is no other's.
    """

    def __init__(self, storage: Storage, one: int, name: str) -> None:
        self.storage = storage
        self.name = name
        self.lines: list[str] = []
        self.out = f"ptr {storage.place(one)}"
        operation, *rest = storage.algebra.operations[one]
        FORMS[operation](self, *rest)

    def shape(self, one: int) -> Shape:
        """The shape of a value."""
        return self.storage.algebra.shapes[one]

    def place(self, one: int) -> str:
        """The pointer to a value."""
        return f"ptr {self.storage.place(one)}"

    def behind(self, place: str, doubles: int) -> str:
        """The pointer to what stands behind a matrix."""
        found = f"%{self.name}_{len(self.lines)}"
        self.lines.append(f"{found} = getelementptr double, {place}, i64 {doubles}")
        return f"ptr {found}"

    def copy(self, one: int, doubles: int) -> None:
        """Begin with another value."""
        self.storage.declared[COPY] = None
        self.lines.append(
            f"call void @llvm.memcpy.p0.p0.i64({self.out}, {self.place(one)}, i64 {8 * doubles}, i1 false)"
        )

    def call(self, function: str, *given: str) -> None:
        """Call a function."""
        place = self.storage.table.pointer("blas", function)
        self.lines.append(f"call void {place}({', '.join(given)})")

    def checked(self, function: str, *given: str) -> None:
        """The same of one that says whether it could."""
        info = f"ptr {self.storage.arena(INFO)}"
        self.call(function, *given, info)
        name, flag = self.name, f"ptr {self.storage.flag}"
        self.lines += [
            f"%{name}_i = load i32, {info}",
            f"%{name}_c = icmp eq i32 %{name}_i, 0",
            f"%{name}_n = select i1 %{name}_c, double 0.0, double 0x7FF8000000000000",
            f"%{name}_f = load double, {flag}",
            f"%{name}_s = fadd double %{name}_f, %{name}_n",
            f"store double %{name}_s, {flag}",
        ]

    # -- What is made ----------------------------------------------------------------------------------------

    def lu(self, a: int, _: Shape) -> None:
        """Factors of a matrix, and behind them which rows were exchanged."""
        n, number = self.shape(a)[0], self.storage.number
        self.copy(a, n * n)
        pivots = self.behind(self.out, n * n)
        self.checked("dgetrf", number(n), number(n), self.out, number(n), pivots)

    def solved(self, lu: int, b: int, letter: str, _: Shape) -> None:
        """Solutions with the factors of a matrix."""
        (k, n), number = self.shape(b), self.storage.number
        self.copy(b, k * n)
        pivots = self.behind(self.place(lu), n * n)
        given = [f"ptr @{letter}", number(n), number(k), self.place(lu), number(n), pivots, self.out]
        self.checked("dgetrs", *given, number(n))

    def inverse(self, lu: int, _: Shape) -> None:
        """The inverse, with room for its work behind it."""
        n, number = self.shape(lu)[1], self.storage.number
        self.copy(lu, n * n)
        pivots, work = self.behind(self.place(lu), n * n), self.behind(self.out, n * n)
        self.checked("dgetri", number(n), self.out, number(n), pivots, work, number(BLOCK * n))

    def lu_sign(self, lu: int, _: Shape) -> None:
        """The sign of the determinant."""
        n = self.shape(lu)[1]
        self.helper("lu_sign")
        pivots, found = self.behind(self.place(lu), n * n), f"%{self.name}_v"
        self.lines.append(f"{found} = call double @hoad_sign({self.place(lu)}, {pivots}, i64 {n})")
        self.lines.append(f"store double {found}, {self.out}")

    def potrf(self, a: int, _: Shape) -> None:
        """A Cholesky factor."""
        n, number = self.shape(a)[0], self.storage.number
        self.copy(a, n * n)
        self.helper("potrf")
        self.checked("dpotrf", "ptr @U", number(n), self.out, number(n))
        self.lines.append(f"call void @hoad_lower({self.out}, i64 {n})")

    def by_triangle(self, a: int, b: int, letter: str, _: Shape) -> None:
        """Solutions with a lower triangle: of one column, or of rows from the right."""
        (n, k), number = self.shape(b), self.storage.number
        self.copy(b, n * k)
        if k == 1:
            letter = {"N": "T", "T": "N"}[letter]
            given = ["ptr @U", f"ptr @{letter}", "ptr @N", number(n), self.place(a), number(n)]
            self.call("dtrsv", *given, self.out, number(1))
            return
        given = ["ptr @R", "ptr @U", f"ptr @{letter}", "ptr @N", number(k), number(n), "ptr @one"]
        self.call("dtrsm", *given, self.place(a), number(n), self.out, number(k))

    def helper(self, name: str) -> None:
        """Note that a function of ours is called."""
        self.storage.helpers[HELPERS[name]] = None
        self.storage.declared.update(dict.fromkeys(NEEDED[name]))


FORMS: dict[str, Callable[..., None]] = {
    "lu": Lapack.lu,
    "solved": Lapack.solved,
    "inverse": Lapack.inverse,
    "lu_sign": Lapack.lu_sign,
    "potrf": Lapack.potrf,
    "by_triangle": Lapack.by_triangle,
}

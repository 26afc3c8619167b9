"""What is timed, and how many times faster than whom hoad means to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from benchmarks import programs
from benchmarks.programs import Program

Kind = Literal["jvp", "gradient", "second", "hessian", "tenth", "jacobian", "laplacian", "third"]


@dataclass(frozen=True)
class Work:
    """A line of the table: a program, the derivative taken of it, and the least ratios to the peers."""

    group: str
    name: str
    kind: Kind
    program: Program
    goals: dict[str, float] = field(default_factory=dict)
    per_operation: bool = False


def works() -> list[Work]:
    """Every line that compares times, in the order of the table."""
    scalar = programs.scalar_programs()
    multiply, sine, mixed = scalar["multiply"], scalar["sine"], scalar["mixed"]
    lines = [
        Work("scalar", "scalar multiply, forward", "jvp", multiply, {"autograd": 30.0}, True),
        Work("scalar", "scalar multiply, reverse", "gradient", multiply, {"autograd": 25.0}, True),
        Work("sine", "np.sin on floats, forward", "jvp", sine, {"autograd": 4.0}, True),
        Work("sine", "np.sin on floats, reverse", "gradient", sine, {"autograd": 3.0}, True),
        Work("second", "f'' of 20 scalar operations", "second", mixed, {"autograd": 15.0}),
    ]
    for size, least in ((3, 4.0), (100, 4.0), (1000, 3.0)):
        name = f"arrays of {size}, reverse"
        lines.append(
            Work("arrays", name, "gradient", programs.array_program(size), {"autograd": least}, True)
        )
    rosenbrock = programs.rosenbrock_program()
    lines.append(
        Work(
            "hessian", "Hessian: Rosenbrock, n = 100", "hessian", rosenbrock, {"autograd": 10.0, "torch": 1.0}
        )
    )
    for program in (programs.rosenbrock_program(1000), programs.helmholtz_program()):
        goals = {"autograd": 1.0, "torch": 1.0}
        lines.append(Work("hessian", f"Hessian: {program.name}", "hessian", program, goals))
    for program in programs.tenth_programs():
        goals = {"autograd": 1000.0, "algopy": 3.0}
        lines.append(Work("tenth", f"10th derivative: {program.name}", "tenth", program, goals))
    fit, network = programs.fit_program(), programs.laplacian_program()
    lines.append(Work("jacobian", f"Jacobian: {fit.name}", "jacobian", fit, {"torch": 5.0}))
    goals = {"torch": 1.0, "by hand": 0.5}
    lines.append(Work("laplacian", f"Laplacian: {network.name}", "laplacian", network, goals))
    tensor = programs.tensor_program()
    lines.append(Work("third", f"{tensor.name}", "third", tensor, {"nested": 5.0}))
    for program in programs.gradient_programs():
        goals = {"autograd": 3.0, "torch": 1.0}
        lines.append(Work("gradients", f"gradient: {program.name}", "gradient", program, goals))
    in_place = programs.in_place_program()
    lines.append(Work("filling", f"gradient: {in_place.name}", "gradient", in_place, {"autograd": 3.0}))
    return lines

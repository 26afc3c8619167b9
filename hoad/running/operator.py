"""What all operators have in common: when they evaluate and when they return a function, whose keywords are
whose, what is noticed about the point, and what becomes of an error.

The law of all of them: ``op(f, **options)`` without the point is a function, and calling that with the rest
is the call ``op(f, *rest, **options)``. In the first call, keywords that the operator has are the operator's;
in the second all that are no part of the point are f's. So ``derivative(f, n=2)(x, n=5)`` is the second
derivative of a function that has an ``n`` of its own.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any, TypeVar, cast

from ..adapting.doors import behind_door
from ..adapting.known import OFF, Run, bound_for, needed_by
from ..errors import CallError, NotDifferentiableError
from ..kinds.number import with_numbers, wrapped_tree
from ..parameters.grads import explicit
from ..values.trees import Foreign
from .calling import Function, check_function, checked_argnums, checked_flag, written
from .chunks import checked_chunk
from .made import Made, unchanged
from .mistakes import about, ambiguous, refuse_unknown
from .often import answered
from .spread import checked_executor
from .tracebacks import told
from .wrapped import as_theirs, optional_one, with_wrapped

WITH_CODE = (types.FunctionType, types.MethodType)
Public = TypeVar("Public", bound=Callable[..., Any])


class _Later:
    """The default of what may be given later, to the function that the operator returns then."""

    def __repr__(self) -> str:
        return "LATER"

    def __reduce__(self) -> str:
        return "LATER"


LATER: Any = _Later()


class Form:
    """How an operator is called, as its signature tells.

    Args:
        public: the function that users call: its signature and its docstring are all that is used of it.
        evaluate: what it computes, called as ``evaluate(f, args, kwargs, **options)`` with the arguments of
            f, and the options that the signature has.
        place: which entry of the result the keyword ``out`` is for; None for all of it.
        degree: of which order the result is in the point, for the units of wrapped points: a number, a tuple
            for several results, the name of the option that says; None where such a point is refused.
        checks: by the name of an option, what refuses a wrong value.
    """

    def __init__(
        self, public: Function, evaluate: Function, place: int | None, degree: Any, checks: Any
    ) -> None:
        parameters = list(inspect.signature(public).parameters.values())
        first = next(k for k, p in enumerate(parameters) if p.name in ("f", "g"))
        self.called: Function = public
        self.evaluate = evaluate
        self.place, self.degree = place, degree
        self.name = public.__qualname__.partition(".")[0]
        self.before = tuple([p.name for p in parameters[:first]])
        own = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        self.names = frozenset([p.name for p in own]) - {parameters[first].name}
        self.positional = tuple(
            [p.name for p in parameters[first + 1 :] if p.kind is p.POSITIONAL_OR_KEYWORD]
        )
        self.later = tuple([p.name for p in own if p.default is LATER])
        self.star = any([p.kind is p.VAR_POSITIONAL for p in parameters])
        self.writes = "out" in self.names
        self.passes = any([p.kind is p.VAR_KEYWORD for p in parameters])
        self.defaults = {
            p.name: p.default
            for p in own
            if p.default not in (p.empty, LATER) and p.name not in (*self.later, "out")
        }
        known: dict[str, Any] = {
            "argnums": checked_argnums,
            "chunk_size": checked_chunk,
            "executor": checked_executor,
        }
        flags = {
            k: functools.partial(checked_flag, k) for k, v in self.defaults.items() if v.__class__ is bool
        }
        self.checks = {k: check for k, check in (known | flags | checks).items() if k in self.names}

    def given(self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call of the operator: its value if the point is there, else a function."""
        for name in self.before:  # it tells better than f what was left out
            self.checks.get(name, unchanged)(kwargs[name])
        if not callable(f):
            check_function(f, self.name)
        options: dict[str, Any] = dict(zip(self.positional, args, strict=False)) if self.positional else {}
        if kwargs:
            self.take(f, args, kwargs, options)
        if self.positional:
            args = args[len(self.positional) :]
        if args and not self.star:
            names = ", ".join(("f", *self.positional))
            raise CallError(f"{self.name} takes {names}, and was given {len(args)} more")
        for name in options:
            if name in self.checks:
                options[name] = self.checks[name](options[name])
        if not self.later:
            return self.at(f, args, kwargs, options) if args or kwargs else self.make(f, options)
        if self.later[0] not in options:
            return self.make(f, options)
        return self.at(f, (options.pop(self.later[0]), *args), kwargs, options)

    def take(self, f: Function, args: Any, kwargs: dict[str, Any], options: dict[str, Any]) -> None:
        """Take the options of the operator out of the keywords; what is left is f's."""
        given = {name: kwargs.pop(name) for name in self.names & kwargs.keys()}
        if given and self.passes and (args or kwargs):
            ambiguous(self.name, f, given)
        for name in given.keys() & options.keys():
            raise CallError(f"{self.name} got {name} by position and by keyword")
        if kwargs:
            refuse_unknown(self.name, f, self.names, kwargs, self.passes)
        options.update(given)

    def at(self, f: Function, args: Any, kwargs: dict[str, Any], options: dict[str, Any]) -> Any:
        """The operator at a point: by what was learned of the function, or by running it."""
        if f.__class__ in WITH_CODE and not kwargs:
            found = answered(self, f, args, options)
            if found is not None:
                return found
        return self.as_written(f, args, kwargs, options)

    def as_written(self, f: Function, args: Any, kwargs: dict[str, Any], options: dict[str, Any]) -> Any:
        """The operator at a point, which may be of parameters, or of numbers of another kind."""
        full, out = self.defaults, None
        if options:
            full = {**full, **options}
            out = full.pop("out", None) if self.writes else None
        for name in self.later[1:]:
            if name not in full:
                raise CallError(f"{self.name} at a point wants {name} too: {self.usage()}")
        try:
            program = behind_door(f)
            g, values = explicit(program, args)
            kind = optional_one(args, kwargs)
            wrapped = kind is not None and self.degree is not None and not full.get("has_aux")
            try:
                adaptation = (
                    None if OFF.get() else needed_by(program, (*args, *kwargs.values()) if kwargs else args)
                )
                if wrapped:
                    result = None
                elif adaptation is None:
                    result = self.evaluate(g, values, kwargs, **full)
                else:
                    with Run(adaptation) as run:
                        values, kwargs = run.given(values, kwargs)
                        result = self.evaluate(g, values, kwargs, **full)
            except NotDifferentiableError as error:
                wrapped = error.wrapped
                if not wrapped:
                    raise
            except Foreign:
                full = full | {name: wrapped_tree(full[name]) for name in self.later[1:]}
                result = with_numbers(lambda *a, **k: self.evaluate(g, a, k, **full), values, kwargs)
            if wrapped:  # outside of the handler, whose error is none of f's
                with bound_for(program, args, kwargs):
                    result = with_wrapped(self, g, args, kwargs, full)
            else:
                result = as_theirs(result, kind)
        except Exception as error:
            spread = self.later[:1] == ("primals",) and isinstance(args[0], tuple)
            about(error, self, f, args[0] if spread else args, kwargs, options)
            raise
        if out is None:
            return result
        place = 0 if full.get("has_aux") and self.place is None else self.place
        return written(out, place, result)

    def make(self, f: Function, options: dict[str, Any]) -> Any:
        """What is returned without the point."""
        return Derivative(self, f, options)

    def usage(self) -> str:
        """How it is called."""
        rest = ", ".join([*self.before, "f", *(self.later or ("x",))])
        return f"hoad.{self.name}({rest})"


class Derivative(Made):
    """What an operator returns when it is not given the point: a function with the name and the docstring of
    f. It can be pickled if f can.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            options = self._options
            if self._form.later:
                given, args = self._bound(args, kwargs)
                options = {**options, **given}
            return self._form.at(self._f, args, kwargs, options)
        except Exception as error:
            told(error, self._form.name)
            raise

    def _bound(self, args: Any, kwargs: dict[str, Any]) -> tuple[dict[str, Any], tuple[Any, ...]]:
        """The options that were left for later, and the arguments of f."""
        form: Form = self._form
        wanted = [name for name in form.later if name not in self._options]
        given = dict(zip(wanted, args, strict=False))
        for name in wanted[len(given) :]:
            if name in kwargs:
                given[name] = kwargs.pop(name)
        rest = args[len(wanted) :]
        if form.later[0] not in given:
            raise CallError(f"{self!r} wants {', '.join(wanted)}, and was given {len(args)} arguments")
        rest = (given.pop(form.later[0]), *rest)
        if (len(rest) > 1 and not form.star) or (kwargs and not form.passes):
            raise CallError(f"{self!r} takes {', '.join(wanted)} and no more arguments")
        return given, rest

    @property
    def __signature__(self) -> inspect.Signature:
        """That of f, where f's arguments are the point; else of what was left for later."""
        form: Form = self._form
        if all([name in self._options for name in form.later[1:]]) and form.later[:1] != ("primals",):
            return inspect.signature(self._f)
        mine = inspect.signature(form.called)
        kept = [
            p.replace(default=p.empty) if p.default is LATER else p
            for p in mine.parameters.values()
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
            or (p.name in form.later and p.name not in self._options)
        ]
        return mine.replace(parameters=kept)


def operator(
    evaluate: Function, place: int | None = None, degree: Any = None, **checks: Any
) -> Callable[[Public], Public]:
    """Make an operator of a signature, a docstring, and what it computes; see ``Form`` for the arguments."""

    def decorate(public: Public) -> Public:
        form = Form(public, evaluate, place, degree, checks)

        def called(f: Function, *args: Any, **kwargs: Any) -> Any:
            try:
                return form.given(f, args, kwargs)
            except Exception as error:
                told(error, form.name)
                raise

        def called_with(first: Any, f: Function, *args: Any, **kwargs: Any) -> Any:
            return called(f, *args, **{form.before[0]: first}, **kwargs)

        made: Any = functools.wraps(public)(called_with if form.before else called)
        made.form, form.called = form, made
        return cast(Public, made)

    return decorate


def evaluated(public: Function, f: Function, args: Any, kwargs: dict[str, Any], **options: Any) -> Any:
    """An operator at a point, as a part of another one: the keywords are f's, and errors name the other."""
    form: Form = cast(Any, public).form
    return form.at(f, args, kwargs, options)

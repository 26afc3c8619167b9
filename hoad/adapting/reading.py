"""What a code object refers to, read from its instructions once."""

from __future__ import annotations

import dis
import sys
import types
import weakref
from collections.abc import Iterable
from typing import NamedTuple

GLOBAL, NAME, IMPORT = (dis.opmap[name] for name in ("LOAD_GLOBAL", "LOAD_NAME", "IMPORT_NAME"))
STORE, IDENTITY, NULL = (dis.opmap[name] for name in ("STORE_SUBSCR", "IS_OP", "PUSH_NULL"))
OPERATION, EXTENDED, CACHE = dis.opmap["BINARY_OP"], dis.EXTENDED_ARG, dis.opmap["CACHE"]
SLICE = dis.opmap.get("STORE_SLICE", STORE)
METHOD = dis.opmap["LOAD_METHOD"] if sys.version_info < (3, 12) else None  # since then, a bit of LOAD_ATTR
ATTRIBUTE = dis.opmap["LOAD_ATTR"]
LISTED = frozenset([dis.opmap[n] for n in ("BUILD_LIST", "BUILD_TUPLE", "LIST_APPEND", "LIST_EXTEND")])
IN_PLACE = range(13, 26)  # the operations of BINARY_OP that assign
# By these names arrays are changed in place, functions are called that can't be seen in the code, or an array
# of constants is read at places that differ between the members of a batch.
WRITERS = frozenset({
    "argmax", "argmin", "argsort", "searchsorted", "digitize", "lexsort", "argpartition", "nanargmax",
    "nanargmin", "astype", "fill", "put", "flat", "sort", "partition", "copyto", "put_along_axis",
    "place", "putmask", "fill_diagonal", "itemset", "resize", "real", "imag", "setfield", "at", "shuffle",
    "nditer", "exec", "eval", "setitem", "iadd",
})  # fmt: skip

# By these names lists are made, or a traced value is given to a function of NumPy's where it does not look
# for one.
LISTERS = frozenset(
    {"list", "tuple", "tolist", "sorted", "initial", "where", "left", "right", "constant_values"}
)

# By these names code is run, or attributes are read, that stand in the code as text.
RUNNERS = frozenset({"eval", "exec"})
GETTERS = frozenset({"getattr", "attrgetter", "methodcaller"})


class Names(NamedTuple):
    """What a code object, and those within it, refer to.

    Attributes:
        used: all names: of globals, attributes and modules.
        read: those of them that are global, or of Python's own.
        called: those of them that are called where they are read: ``float`` in ``float(x)``, not in
            ``dtype=float``.
        compared: those of them that are compared by identity: ``float`` in ``type(x) is float``.
        imported: the modules that it imports.
        writes: whether it may write into an array.
        lists: whether it may make lists of numbers.
    """

    used: frozenset[str]
    read: frozenset[str]
    called: frozenset[str]
    compared: frozenset[str]
    imported: frozenset[str]
    writes: bool
    lists: bool

    @classmethod
    def of_all(cls, several: Iterable[Names]) -> Names:
        """What several code objects refer to, all together."""
        *texts, writes, lists = zip(NOTHING, *several, strict=True)
        used, read, called, compared, imported = [frozenset[str]().union(*text) for text in texts]
        return cls(used, read, called, compared, imported, any(writes), any(lists))


NOTHING = Names(frozenset(), frozenset(), frozenset(), frozenset(), frozenset(), writes=False, lists=False)

_read: weakref.WeakKeyDictionary[types.CodeType, Names] = weakref.WeakKeyDictionary()


def names_of(code: types.CodeType) -> Names:
    """What a code object refers to.

    Example:
        >>> names = names_of((lambda x: float(np.sum(x, dtype=int))).__code__)
        >>> sorted(names.used), "float" in names.called, "int" in names.called, names.writes
        (['float', 'int', 'np', 'sum'], True, False, False)
    """
    found = _read.get(code)
    if found is None:
        found = _read[code] = _names_in(code)
    return found


def _names_in(code: types.CodeType) -> Names:
    names, extended, writes, lists = code.co_names, 0, False, False
    read, called, compared, imported = set(), set(), set(), set()
    last = ""  # the name that the instruction before has read
    to_call = False  # an attribute of a module is read, to be called
    for operation, short in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        if operation == CACHE:
            continue
        argument = short | extended
        extended = argument << 8 if operation == EXTENDED else 0
        if operation == GLOBAL:
            last = names[argument >> 1]
            read.add(last)
            to_call = bool(argument & 1)
            if to_call:
                called.add(last)
        elif operation == ATTRIBUTE:
            last = names[argument if METHOD else argument >> 1]
            if to_call or (METHOD is None and argument & 1):
                called.add(last)
        elif operation != EXTENDED:
            to_call = False
            if operation == NULL and last:  # Python 3.13 pushes it after what is called
                called.add(last)
            elif operation == IDENTITY and last:
                compared.add(last)
            elif operation == METHOD:
                called.add(names[argument])
            elif operation == NAME:
                read.add(names[argument])
            elif operation == IMPORT:
                imported.add(names[argument])
            elif operation in LISTED:
                lists = True
            elif operation in (STORE, SLICE) or (operation == OPERATION and argument in IN_PLACE):
                writes = True
            last = ""
    keywords = {k for c in code.co_consts if isinstance(c, tuple) for k in c if isinstance(k, str)}
    written = frozenset(names) | keywords
    parts = [part for c in code.co_consts if isinstance(c, str) for part in c.split(".")]
    texts = {part for part in parts if part.isidentifier()} if written & GETTERS else set()
    own = Names(
        frozenset(names) | texts,
        frozenset(read),
        frozenset(called),
        frozenset(compared),
        frozenset(imported),
        writes or "out" in keywords or bool(written & WRITERS),
        lists or bool(written & LISTERS),
    )
    return Names.of_all([own, *[names_of(c) for c in code.co_consts if isinstance(c, types.CodeType)]])

"""By whatever road a function is reached, it sees a traced number as what it stands for, or is refused.

A function that is not found by the search runs unbound, and where it asks for a class it silently goes
another way. So each road leads to six functions that show it, in another module, which is made for the one
call. The value at the point tells which way the plain program goes, and what the derivative is.
"""

from __future__ import annotations

import builtins
import contextvars
import itertools
import sys
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from turns import some_in

import hoad
from hoad.errors import HoadError

POINT = 1.5
# What goes another way where it meets a traced value that it does not know for a number.
FUNCTIONS = """
import math
import numpy as np


def instance(x):
    return x * x if isinstance(x, float) else x * x * x


def same_class(x):
    return x * x if type(x) is float else x * x * x


def filled(x):
    out = np.zeros(2)
    out[0] = x
    out[1] = math.exp(float(x))
    return float(np.sum(out))


def case(x):
    match x:
        case float():
            return x * x
        case _:
            return x * x * x


def fallback(x):
    try:
        return math.exp(x)
    except TypeError:
        return 2.0 * x


def array(x):
    y = np.asarray(x)
    return float(y) * x if y.dtype.kind == "f" else x * x * x
"""
NAMES = ("instance", "same_class", "filled", "case", "fallback", "array")
IMPORTS = """
import abc, asyncio, collections, concurrent.futures as cf, contextlib, contextvars, copy, dataclasses, enum
import functools, gc, heapq, importlib, inspect, itertools, json, operator, pickle, queue, re, sys, threading
import types, typing, weakref
import numpy as np
"""
# ``b`` is the function; ``g`` calls it.
ROADS = {
    "direct": "g = b",
    "partial": """
h = functools.partial(b)
def g(x): return h(x)
""",
    "partial direct": "g = functools.partial(b)",
    "partial of lambda": """
h = functools.partial(lambda k, x: b(x), 2)
g = lambda x: h(x)
""",
    "partialmethod": """
class C:
    def m(self, k, x): return b(x)
    p = functools.partialmethod(m, 2)
c = C()
g = lambda x: c.p(x)
""",
    "in list": """
H = [b]
def g(x): return H[0](x)
""",
    "in tup": """
H = (b,)
def g(x): return H[0](x)
""",
    "in dict": """
H = {0: b}
def g(x): return H[0](x)
""",
    "in deque": """
H = collections.deque([b])
def g(x): return H[0](x)
""",
    "in odict": """
H = collections.OrderedDict({0: b})
def g(x): return H[0](x)
""",
    "in ddict": """
H = collections.defaultdict(int, {0: b})
def g(x): return H[0](x)
""",
    "in chain": """
H = collections.ChainMap({}, {0: b})
def g(x): return H[0](x)
""",
    "in proxy": """
H = types.MappingProxyType({0: b})
def g(x): return H[0](x)
""",
    "in userdict": """
H = collections.UserDict({0: b})
def g(x): return H[0](x)
""",
    "in userlist": """
H = collections.UserList([b])
def g(x): return H[0](x)
""",
    "in nested": """
H = [{0: [b]}[0]][0]
def g(x): return H[0](x)
""",
    "in objarr": """
H = np.array([b], dtype=object)
def g(x): return H[0](x)
""",
    "in nested2": """
H = [{'a': ([b],)}]
def g(x): return H[0]['a'][0][0](x)
""",
    "in set": """
H = {b}
def g(x):
    for f in H: return f(x)
""",
    "in frozenset": """
H = frozenset([b])
def g(x): return next(iter(H))(x)
""",
    "namespace": """
H = types.SimpleNamespace(f=b)
def g(x): return H.f(x)
""",
    "namedtuple": """
H = collections.namedtuple('H', 'f')(b)
def g(x): return H.f(x)
""",
    "dataclass": """
@dataclasses.dataclass
class H:
    f: object
h = H(b)
def g(x): return h.f(x)
""",
    "dataclass factory": """
@dataclasses.dataclass
class H:
    f: object = dataclasses.field(default_factory=lambda: b)
def g(x): return H().f(x)
""",
    "dataclass slots": """
@dataclasses.dataclass(slots=True, frozen=True)
class H:
    f: object
h = H(b)
def g(x): return h.f(x)
""",
    "slots": """
class H:
    __slots__ = ('f',)
h = H(); h.f = b
def g(x): return h.f(x)
""",
    "weakref": """
r = weakref.ref(b)
def g(x): return r()(x)
""",
    "weakproxy": """
r = weakref.proxy(b)
def g(x): return r(x)
""",
    "weakvalues": """
r = weakref.WeakValueDictionary(); r[0] = b
def g(x): return r[0](x)
""",
    "weakmethod": """
class C:
    def m(self, x): return b(x)
c = C()
r = weakref.WeakMethod(c.m)
def g(x): return r()(x)
""",
    "weakkeys": """
class C: pass
c = C()
r = weakref.WeakKeyDictionary(); r[c] = b
def g(x): return r[c](x)
""",
    "property": """
class C:
    def __init__(s, x): s.x = x
    @property
    def v(s): return b(s.x)
def g(x): return C(x).v
""",
    "cached property": """
class C:
    def __init__(s, x): s.x = x
    @functools.cached_property
    def v(s): return b(s.x)
def g(x): return C(x).v
""",
    "classmethod": """
class C:
    @classmethod
    def v(c, x): return b(x)
def g(x): return C.v(x)
""",
    "staticmethod": """
class C:
    v = staticmethod(b)
def g(x): return C.v(x)
""",
    "descriptor": """
class D:
    def __init__(s, f): s.f = f
    def __get__(s, o, c): return s.f
class C:
    v = D(b)
def g(x): return C().v(x)
""",
    "metaclass": """
class M(type):
    def v(c, x): return b(x)
class C(metaclass=M): pass
def g(x): return C.v(x)
""",
    "metacall": """
class M(type):
    def __call__(c, x): return b(x)
class C(metaclass=M): pass
def g(x): return C(x)
""",
    "getattr": """
class C:
    def __getattr__(s, n): return b
def g(x): return C().foo(x)
""",
    "call": """
class C:
    def __call__(s, x): return b(x)
g = C()
""",
    "default": "def g(x, f=b): return f(x)",
    "kwdefault": "def g(x, *, f=b): return f(x)",
    "closure in default": """
def mk(f):
    def h(x): return f(x)
    return h
def g(x, f=mk(b)): return f(x)
""",
    "default list": "def g(x, f=[b]): return f[0](x)",
    "methodcaller": """
class C:
    def m(s, x): return b(x)
c = C()
def g(x): return operator.methodcaller('m', x)(c)
""",
    "methodcaller obj": """
class C:
    def __init__(s, x): s.x = x
    def m(s): return b(s.x)
call = operator.methodcaller('m')
def g(x): return call(C(x))
""",
    "attrgetter": """
class C:
    f = staticmethod(b)
get = operator.attrgetter('f')
def g(x): return get(C)(x)
""",
    "attrgetter dotted": """
class C:
    f = staticmethod(b)
class D: c = C
get = operator.attrgetter('c.f')
def g(x): return get(D)(x)
""",
    "itemgetter": """
H = {'f': b}
get = operator.itemgetter('f')
def g(x): return get(H)(x)
""",
    "vectorize": """
v = np.vectorize(b)
def g(x): return v(x)[()]
""",
    "vectorize otypes": """
v = np.vectorize(b, otypes=[float])
def g(x): return v(x)[()]
""",
    "vectorize sig": """
v = np.vectorize(b, signature='()->()')
def g(x): return v(x)[()]
""",
    "frompyfunc": """
v = np.frompyfunc(b, 1, 1)
def g(x): return v(x)
""",
    "apply along": "def g(x): return np.apply_along_axis(lambda r: b(r[0]), 0, np.array([x, 1.0]))[()]",
    "piecewise": "def g(x): return np.piecewise(np.array([x]), [[True]], [lambda t: b(t[0])])[0]",
    "map": "def g(x): return list(map(b, [x]))[0]",
    "filter": """
H=[]
def chk(x):
    H.append(b(x)); return True
def g(x):
    H.clear(); list(filter(chk, [x])); return H[0]
""",
    "reduce": "def g(x): return functools.reduce(lambda a, y: a + b(y), [x], 0.0)",
    "sortkey": "def g(x): return b(sorted([x, 100.0], key=b)[0])",
    "maxkey": "def g(x): return b(max([x, -100.0], key=lambda t: t))",
    "cmp to key": """
H=[]
def c(a, d):
    H.append(b(min(a, d))); return 1
def g(x):
    H.clear(); sorted([x, 100.0], key=functools.cmp_to_key(c)); return H[0]
""",
    "generator": """
def gen(x):
    yield b(x)
def g(x): return next(gen(x))
""",
    "gensend": """
def gen():
    x = yield
    while True: x = yield b(x)
def g(x):
    q = gen(); next(q); return q.send(x)
""",
    "gen started outside": """
def gen():
    x = yield
    while True: x = yield b(x)
q = gen(); next(q)
def g(x): return q.send(x)
""",
    "gen prior": """
def gen(f):
    x = yield
    while True: x = yield f(x)
q = gen(b); next(q)
def g(x): return q.send(x)
""",
    "genexpr stored": """
H=[None]
q = (b(H[0]) for _ in itertools.count())
def g(x):
    H[0] = x; return next(q)
""",
    "map stored": """
H=[None]
def feed():
    while True: yield H[0]
q = map(b, feed())
def g(x):
    H[0] = x; return next(q)
""",
    "starmap stored": """
H=[None]
def feed():
    while True: yield (H[0],)
q = itertools.starmap(b, feed())
def g(x):
    H[0] = x; return next(q)
""",
    "accumulate": "def g(x): return list(itertools.accumulate([0.0, x], lambda a, y: a + b(y)))[-1]",
    "iter sentinel": """
def g(x):
    for v in iter(lambda: b(x), 'no'): return v
""",
    "async": """
async def a(x): return b(x)
def g(x): return asyncio.run(a(x))
""",
    "async gather": """
async def a(x):
    r = await asyncio.gather(c(x), c(x)); return r[0]
async def c(x):
    await asyncio.sleep(0); return b(x)
def g(x): return asyncio.run(a(x))
""",
    "async callsoon": """
async def a(x):
    l = asyncio.get_running_loop(); f = l.create_future()
    l.call_soon(lambda: f.set_result(b(x)))
    return await f
def g(x): return asyncio.run(a(x))
""",
    "async tothread": """
async def a(x): return await asyncio.to_thread(b, x)
def g(x): return asyncio.run(a(x))
""",
    "async executor": """
async def a(x): return await asyncio.get_running_loop().run_in_executor(None, b, x)
def g(x): return asyncio.run(a(x))
""",
    "coro send": """
async def a(x): return b(x)
def g(x):
    try: a(x).send(None)
    except StopIteration as e: return e.value
""",
    "agen": """
async def a(x):
    yield b(x)
async def m(x):
    async for v in a(x): return v
def g(x): return asyncio.run(m(x))
""",
    "contextmanager": """
@contextlib.contextmanager
def c(x): yield b(x)
def g(x):
    with c(x) as v: return v
""",
    "ctxdecorator": """
class D(contextlib.ContextDecorator):
    def __enter__(s): return s
    def __exit__(s, *a): return False
@D()
def g(x): return b(x)
""",
    "exitstack": """
H=[]
def g(x):
    H.clear()
    with contextlib.ExitStack() as s: s.callback(lambda: H.append(b(x)))
    return H[0]
""",
    "singledispatch": """
@functools.singledispatch
def d(x): return 0*x
@d.register
def _(x: float): return b(x)
def g(x): return d(x)
""",
    "singledispatchmethod": """
class C:
    @functools.singledispatchmethod
    def d(s, x): return 0*x
    @d.register
    def _(s, x: float): return b(x)
c = C()
def g(x): return c.d(x)
""",
    "wraps": """
def dec(f):
    @functools.wraps(f)
    def w(*a): return f(*a)
    return w
g = dec(b)
""",
    "lru": """
h = functools.lru_cache(b)
def g(x): return h(x)
""",
    "cache direct": "g = functools.cache(b)",
    "registry": """
REG = {}
def reg(f):
    REG[f.__name__] = f
    return f
@reg
def h(x): return b(x)
def g(x): return REG['h'](x)
""",
    "registry class": """
class Reg:
    fs = []
    @classmethod
    def add(c, f): c.fs.append(f); return f
@Reg.add
def h(x): return b(x)
def g(x): return Reg.fs[0](x)
""",
    "init subclass": """
class Base:
    subs = []
    def __init_subclass__(c, **k): Base.subs.append(c)
class C(Base):
    def m(s, x): return b(x)
del C
def g(x): return Base.subs[0]().m(x)
""",
    "subclasses": """
class Base: pass
class C(Base):
    def m(s, x): return b(x)
keep=[C]
def g(x): return Base.__subclasses__()[0]().m(x)
""",
    "pickle": """
def h(x): return b(x)
def g(x): return pickle.loads(pickle.dumps(h))(x)
""",
    "deepcopy": """
class C:
    def __init__(s): s.f = b
c = copy.deepcopy(C())
def g(x): return c.f(x)
""",
    "eval": "def g(x): return eval('b(x)')",
    "eval lambda": """
h = eval('lambda x: b(x)')
def g(x): return h(x)
""",
    "exec": """
def g(x):
    d = {'b': b, 'x': x}; exec('y = b(x)', d); return d['y']
""",
    "exec def": """
def g(x):
    d = {}; exec('def q(x): return F(x)', {'F': b}, d); return d['q'](x)
""",
    "functype": """
h = types.FunctionType(b.__code__, b.__globals__)
def g(x): return h(x)
""",
    "functype newglobals": """
h = types.FunctionType(b.__code__, dict(b.__globals__))
def g(x): return h(x)
""",
    "functype inside": "def g(x): return types.FunctionType(b.__code__, b.__globals__)(x)",
    "functype inside newglobals": "def g(x): return types.FunctionType(b.__code__, dict(b.__globals__))(x)",
    "contextvar": """
V = contextvars.ContextVar('v', default=b)
def g(x): return V.get()(x)
""",
    "contextvar set": """
V = contextvars.ContextVar('v'); V.set(b)
def g(x): return V.get()(x)
""",
    "tlocal": """
L = threading.local(); L.f = b
def g(x): return L.f(x)
""",
    "queue": """
def g(x):
    q = queue.Queue(); q.put(b); return q.get()(x)
""",
    "queue pre": """
q = queue.Queue(); q.put(b)
def g(x):
    f = q.get(); q.put(f); return f(x)
""",
    "simplequeue pre": """
q = queue.SimpleQueue(); q.put(b)
def g(x):
    f = q.get(); q.put(f); return f(x)
""",
    "pool": """
def g(x):
    with cf.ThreadPoolExecutor(1) as p: return p.submit(b, x).result()
""",
    "pool map": """
def g(x):
    with cf.ThreadPoolExecutor(2) as p: return list(p.map(b, [x, x]))[0]
""",
    "pool pre": """
P = cf.ThreadPoolExecutor(1); P.submit(int).result()
def g(x): return P.submit(b, x).result()
""",
    "thread": """
def g(x):
    out = []; t = threading.Thread(target=lambda: out.append(b(x))); t.start(); t.join(); return out[0]
""",
    "thread args": """
def g(x):
    out = []
    def r(f, x): out.append(f(x))
    t = threading.Thread(target=r, args=(b, x)); t.start(); t.join(); return out[0]
""",
    "thread sub": """
class W(threading.Thread):
    def __init__(s, x): super().__init__(); s.x = x
    def run(s): s.out = b(s.x)
def g(x):
    w = W(x); w.start(); w.join(); return w.out
""",
    "thread worker pre": """
qi, qo = queue.Queue(), queue.Queue()
def work():
    while True: qo.put(b(qi.get()))
t = threading.Thread(target=work, daemon=True); t.start()
def g(x):
    qi.put(x); return qo.get(timeout=0.3)
""",
    "timer": """
def g(x):
    out = []; t = threading.Timer(0, lambda: out.append(b(x))); t.start(); t.join(); return out[0]
""",
    "import mod": "def g(x): return getattr(importlib.import_module(b.__module__), b.__name__)(x)",
    "sysmodules": "def g(x): return getattr(sys.modules[b.__globals__['__name__']], b.__name__)(x)",
    "globals": "def g(x): return globals()['b'](x)",
    "vars": "def g(x): return vars(sys.modules[__name__])['b'](x)",
    "fglobals": """
def h(): pass
def g(x): return h.__globals__['b'](x)
""",
    "frame": "def g(x): return sys._getframe().f_globals['b'](x)",
    "frame back": """
def h(): return sys._getframe(1).f_locals['q']
def g(x):
    q = b
    return h()(x)
""",
    "locals": """
def g(x):
    q = b
    return locals()['q'](x)
""",
    "mod getattr": """
def __getattr__(n):
    if n == 'foo': return b
    raise AttributeError(n)
me = sys.modules[__name__]
def g(x): return me.foo(x)
""",
    "enum method": """
class E(enum.Enum):
    A = 1
    def m(s, x): return b(x)
def g(x): return E.A.m(x)
""",
    "enum member": """
class E(enum.Enum):
    A = functools.partial(b)
def g(x): return (E.A.value if isinstance(E.A, enum.Enum) else E.A)(x)
""",
    "enum name": """
class E(enum.Enum):
    A = (b,)
def g(x): return E['A'].value[0](x)
""",
    "super": """
class A:
    def m(s, x): return b(x)
class C(A):
    def m(s, x): return super().m(x)
def g(x): return C().m(x)
""",
    "new": """
class C:
    def __new__(c, x): return b(x)
def g(x): return C(x)
""",
    "methodtype": """
m = types.MethodType(lambda s, x: b(x), 3)
def g(x): return m(x)
""",
    "bound in dict": """
class C:
    def m(s, x): return b(x)
H = {'k': C().m}
def g(x): return H['k'](x)
""",
    "bound func": """
class C:
    def m(s, x): return b(x)
f = C().m.__func__
def g(x): return f(None, x)
""",
    "wrapped attr": """
def h(x): return 0*x
h.inner = b
def g(x): return h.inner(x)
""",
    "dictsub": """
class D(dict):
    def __missing__(s, k): return b
H = D()
def g(x): return H['z'](x)
""",
    "defaultdict factory": """
H = collections.defaultdict(lambda: b)
def g(x): return H[object()](x)
""",
    "format": """
H=[]
class C:
    def __init__(s, x): s.x = x
    def __format__(s, f): H.append(b(s.x)); return ''
def g(x):
    H.clear(); f'{C(x)}'; return H[0]
""",
    "resub": """
def g(x):
    H=[]
    re.sub('a', lambda m: H.append(b(x)) or '', 'a'); return H[0]
""",
    "json hook": """
def g(x):
    H=[]
    json.loads('{}', object_hook=lambda d: H.append(b(x))); return H[0]
""",
    "heapq lt": """
H=[]
class C:
    def __init__(s, x): s.x = x
    def __lt__(s, o): H.append(b(s.x)); return True
def g(x):
    H.clear(); h = [C(x)]; heapq.heappush(h, C(x)); return H[0]
""",
    "add dunder": """
class C:
    def __init__(s, x): s.x = x
    def __add__(s, o): return b(s.x)
def g(x): return C(x) + 1
""",
    "radd sum": """
class C:
    def __init__(s, x): s.x = x
    def __radd__(s, o): return b(s.x)
def g(x): return sum([C(x)])
""",
    "iter dunder": """
class C:
    def __init__(s, x): s.x = x
    def __iter__(s): yield b(s.x)
def g(x):
    v, = C(x); return v
""",
    "getitem": """
class C:
    def __init__(s, x): s.x = x
    def __getitem__(s, i): return b(s.x)
def g(x): return C(x)[0]
""",
    "with exit": """
class C:
    def __init__(s, x): s.x = x
    def __enter__(s): return s
    def __exit__(s, *a): s.y = b(s.x)
def g(x):
    with C(x) as c: pass
    return c.y
""",
    "del": """
H=[]
class C:
    def __init__(s, x): s.x = x
    def __del__(s): H.append(b(s.x))
def g(x):
    H.clear(); c = C(x); del c; return H[0]
""",
    "finalize": """
H=[]
class C: pass
def g(x):
    H.clear(); c = C(); weakref.finalize(c, lambda: H.append(b(x))); del c; return H[0]
""",
    "op call": "def g(x): return operator.call(b, x)",
    "gc": """
KEY = b
def g(x): return [o for o in gc.get_referrers(b.__code__) if isinstance(o, types.FunctionType)][0](x)
""",
    "inspect static": """
class C:
    v = staticmethod(b)
def g(x): return inspect.getattr_static(C, 'v').__func__(x)
""",
    "exc attr": """
class E(Exception): pass
def g(x):
    try: raise E(b)
    except E as e: return e.args[0](x)
""",
    "exc pre": """
e0 = ValueError(b)
def g(x): return e0.args[0](x)
""",
    "str name": "def g(x): return getattr(sys.modules[__name__], 'b' + '')(x)",
    "builtin put": """
import builtins
builtins.my_b = b
def g(x): return my_b(x)
""",
    "setattr later": """
me = sys.modules[__name__]
def g(x):
    me.later = b; return later(x)
""",
    "global later": """
def g(x):
    global later2
    later2 = b
    return later2(x)
""",
    "nonlocal": """
def mk():
    f = None
    def set_(h):
        nonlocal f; f = h
    def g(x):
        set_(b); return f(x)
    return g
g = mk()
""",
    "class in func": """
def g(x):
    class C:
        def m(s): return b(x)
    return C().m()
""",
    "type3": """
C = type('C', (), {'m': lambda s, x: b(x)})
def g(x): return C().m(x)
""",
    "make dataclass": """
C = dataclasses.make_dataclass('C', ['f'], namespace={'m': lambda s, x: b(x)})
c = C(1)
def g(x): return c.m(x)
""",
    "post init": """
@dataclasses.dataclass
class C:
    x: object
    def __post_init__(s): s.y = b(s.x)
def g(x): return C(x).y
""",
    "typing nt": """
class C(typing.NamedTuple):
    f: object
    def m(s, x): return s.f(x)
c = C(b)
def g(x): return c.m(x)
""",
    "abc": """
class A(abc.ABC):
    @abc.abstractmethod
    def m(s, x): ...
class C(A):
    def m(s, x): return b(x)
c: A = C()
def g(x): return c.m(x)
""",
    "mixin setattr": """
class C: pass
C.m = lambda s, x: b(x)
def g(x): return C().m(x)
""",
    "lambda chain": """
compose = lambda *f: functools.reduce(lambda a, c: lambda x: a(c(x)), f)
h = compose(lambda x: x, b, lambda x: x)
def g(x): return h(x)
""",
    "iterator of": """
it = itertools.cycle([b])
def g(x): return next(it)(x)
""",
    "iterator repeat": """
it = itertools.repeat(b)
def g(x): return next(it)(x)
""",
    "list iter": """
def g(x):
    for f in ITER(): return f(x)
L=[b]
ITER = L.__iter__
""",
    "dict get": """
H = {0: b}
get = H.get
def g(x): return get(0)(x)
""",
    "dict getitem": """
H = {0: b}
get = H.__getitem__
def g(x): return get(0)(x)
""",
    "fromiter": "def g(x): return np.array(list(b(t) for t in [x]))[0]",
    "getattr dyn obj": """
class C:
    def do_it(s, x): return b(x)
c = C()
def g(x): return getattr(c, 'do_' + 'it')(x)
""",
    "dispatch str": """
class C:
    def visit_a(s, x): return b(x)
    def visit(s, n, x): return getattr(s, f'visit_{n}')(x)
c = C()
def g(x): return c.visit('a', x)
""",
    "code replace": """
def h(x): return 0*x
h.__code__ = b.__code__
def g(x): return b(x)
""",
    "copy func": """
h = copy.copy(b)
def g(x): return h(x)
""",
    "callable partial kw": """
def h(x, f): return f(x)
p = functools.partial(h, f=b)
def g(x): return p(x)
""",
    "kwargs dict": """
def h(x, f): return f(x)
K = {'f': b}
def g(x): return h(x, **K)
""",
    "module in dict": """
H = {'m': sys.modules[b.__module__]}
N = b.__name__
def g(x): return getattr(H['m'], N)(x)
""",
    "memo": """
H={}
def h(x):
    if x not in H: H[x] = b(x)
    return H[x]
def g(x): H.clear(); return h(x)
""",
}
# What a function asks of a number by itself, and of the names that it asks by.
QUESTIONS = {
    "bound builtin isinstance": """
f = isinstance
def g(x): return x * x if f(x, float) else x * x * x
""",
    "isinstance in tuple": """
F = (isinstance,)
def g(x): return x * x if F[0](x, float) else x * x * x
""",
    "isinstance partial": """
F = functools.partial(isinstance)
def g(x): return x * x if F(x, float) else x * x * x
""",
    "isinstance default": "def g(x, h=isinstance): return x * x if h(x, float) else x * x * x",
    "isinstance map": "def g(x): return x * x if all(map(isinstance, [x], [float])) else x * x * x",
    "in types": """
TY = (float, int)
def g(x): return x * x if type(x) in TY else x*x*x
""",
    "type dict": """
TY = {float: 2, int: 5}
def g(x): return x ** TY.get(type(x), 3)
""",
    "class attr": "def g(x): return x * x if x.__class__ is float else x*x*x",
    "class name": "def g(x): return x * x if type(x).__name__ == 'float' else x*x*x",
    "mro": "def g(x): return x * x if float in type(x).__mro__ else x*x*x",
    "issub": "def g(x): return x * x if issubclass(type(x), float) else x*x*x",
    "numbers": """
import numbers
def g(x): return x * x if isinstance(x, numbers.Real) else x*x*x
""",
    "isscalar": "def g(x): return x * x if np.isscalar(x) else x*x*x",
    "hasattr is integer": "def g(x): return x * x if hasattr(x, 'is_integer') else x*x*x",
    "hasattr len": "def g(x): return x * x if not hasattr(x, '__len__') else x*x*x",
    "hasattr shape": "def g(x): return x * x if not hasattr(x, 'shape') else x*x*x",
    "tryiter": """
def g(x):
    try: iter(x)
    except TypeError: return x*x
    return x*x*x
""",
    "abc iterable": """
from collections.abc import Iterable, Sequence, Sized
def g(x): return x * x if not isinstance(x, (Iterable, Sequence, Sized)) else x*x*x
""",
    "isarray": "def g(x): return x * x if isinstance(np.array([x]), np.ndarray) else x*x*x",
    "dtype float": "def g(x): return x * x if np.array([x, 1.0]).dtype == float else x*x*x",
    "dtype kind": "def g(x): return x * x if np.asarray([x]).dtype.kind == 'f' else x*x*x",
    "issubdtype": "def g(x): return x * x if np.issubdtype(np.array([x]).dtype, np.floating) else x*x*x",
    "result type": "def g(x): return x * x if np.result_type(x) == float else x*x*x",
    "typing get": "def g(x): return x * x if isinstance(x, typing.SupportsFloat) else x*x*x",
    "isinstance union pre": """
U = float | int
def g(x): return x * x if isinstance(x, U) else x*x*x
""",
    "isinstance tuple pre": """
U = (float, (int, complex))
def g(x): return x * x if isinstance(x, U) else x*x*x
""",
    "isinstance attr": """
class C: kinds = (float, int)
def g(x): return x * x if isinstance(x, C.kinds) else x*x*x
""",
    "case class": """
class P:
    __match_args__=('v',)
    def __init__(s, v): s.v = v
def g(x):
    match P(x):
        case P(float(v)): return v*v
        case _: return x*x*x
""",
    "case seq": """
def g(x):
    match [x]:
        case [float(v)]: return v*v
        case _: return x*x*x
""",
    "case dict": """
def g(x):
    match {'a': x}:
        case {'a': float() as v}: return v*v
        case _: return x*x*x
""",
    "case or": """
def g(x):
    match x:
        case int() | float(): return x*x
        case _: return x*x*x
""",
    "except type": """
def g(x):
    try: y = [1,2,3][x]
    except TypeError: return x*x
    return x*x*x
""",
    "exec src": """
SOURCE = 'def q(x): return x * x if isinstance(x, float) else x * x * x'
def g(x):
    names = {}
    exec(SOURCE, names)
    return names['q'](x)
""",
    "eval src": "def g(x): return eval('x * x if isinstance(x, float) else x * x * x')",
    "eval code": """
C = compile('x * x if isinstance(x, float) else x * x * x', 'q', 'eval')
def g(x): return eval(C)
""",
    "another name of type": """
T = type
def g(x): return x * x if T(x) is float else x * x * x
""",
    "another name of float": """
F = float
def g(x): return F(x) * x
""",
    "another name of hasattr": """
h = hasattr
def g(x): return x * x if not h(x, 'shape') else x * x * x
""",
}
# Threads that were there before the derivative was begun have no part in it: what they can't do is refused.
REFUSED = {"async executor", "pool pre", "thread sub", "thread worker pre", "timer"}
COUNT = itertools.count()


def module(text: str, **names: Any) -> types.ModuleType:
    """A module of the user's, made for one call."""
    made = types.ModuleType(f"road_{next(COUNT)}")
    sys.modules[made.__name__] = made
    made.__dict__.update(names)
    exec(compile(text, f"{made.__name__}.py", "exec"), made.__dict__)
    return made


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Modules of one call, and a name that a program puts among Python's own, are gone after the test."""
    yield
    for name in [name for name in sys.modules if name.startswith("road_")]:
        del sys.modules[name]
    vars(builtins).pop("my_b", None)


def slope(g: Callable[[Any], Any], point: Any) -> float:
    """The derivative of a program: which way it goes is told by its value."""
    value = float(g(point))
    for known, derivative in ((2.25, 3.0), (3.375, 6.75)):
        if abs(value - known) < 1e-12:
            return derivative
    step = 1e-5
    return float(g(point + step) - g(point - step)) / (2 * step)


WAYS: dict[str, tuple[Any, Callable[..., Any]]] = {
    "grad": (POINT, lambda g: hoad.grad(g, POINT)),
    "derivative": (POINT, lambda g: hoad.derivative(g, POINT)),
    "twice": (POINT, lambda g: hoad.grad(lambda t: hoad.derivative(lambda s: s * g(t), 2.0), POINT)),
    "jacobian": (np.float64(POINT), lambda g: hoad.jacobian(lambda x: g(x[0]), np.array([POINT]))[0]),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@some_in(2)
@pytest.mark.parametrize("road", ROADS)
def test_every_road_is_found(road: str, every: int) -> None:
    asked = list(itertools.product(NAMES, WAYS.values()))
    for name, (point, operator) in asked[[*ROADS].index(road) % every :: every]:
        f = getattr(module(FUNCTIONS), name)
        g = module(IMPORTS + ROADS[road], b=f).g
        right = slope(g, point)
        try:
            assert float(operator(g)) == pytest.approx(right, abs=1e-6), (name, operator)
        except (HoadError, IndexError, ValueError):
            assert road in REFUSED
            assert name == "filled"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_answered(question: str, way: str) -> None:
    point, operator = WAYS[way]
    g = module(IMPORTS + QUESTIONS[question]).g
    assert float(operator(g)) == pytest.approx(slope(g, point), abs=1e-6)


def begun(f: Any) -> Any:
    x = yield
    while True:
        x = yield f(x)


def of_a_generator(f: Any) -> Callable[[Any], Any]:
    generator = begun(f)
    next(generator)
    return lambda x: generator.send(x)


def of_an_iterator(f: Any) -> Callable[[Any], Any]:
    several = itertools.repeat(f)
    return lambda x: next(several)(x)


def of_a_variable(f: Any) -> Callable[[Any], Any]:
    variable = contextvars.ContextVar("f", default=f)
    return lambda x: variable.get()(x)


def of_a_reference(f: Any) -> Callable[[Any], Any]:
    reference = weakref.ref(f)
    return lambda x: reference()(x)  # type: ignore[misc]


@pytest.mark.parametrize("make", [of_a_generator, of_an_iterator, of_a_variable, of_a_reference])
def test_the_same_code_leads_to_another_function(make: Callable[..., Any]) -> None:
    for name in NAMES:
        f = getattr(module(FUNCTIONS), name)
        g = make(f)
        assert hoad.grad(g, POINT) == pytest.approx(slope(g, POINT), abs=1e-6)


VARIABLE: contextvars.ContextVar[Any] = contextvars.ContextVar("f")


def test_a_variable_of_the_context_is_set_anew() -> None:
    for name in NAMES:
        VARIABLE.set(getattr(module(FUNCTIONS), name))
        assert hoad.grad(of_the_context, POINT) == pytest.approx(slope(of_the_context, POINT), abs=1e-6)


def of_the_context(x: Any) -> Any:
    return VARIABLE.get()(x)

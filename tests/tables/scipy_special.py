"""The functions of ``scipy.special`` that have a rule, beside those that ``special_points`` has with mpmath:
points for them, over the pieces of their formulas; the arguments that can't be differentiated are fixed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc

X = np.array([0.3, 1.1, 2.7])
SIGNED = np.array([-1.7, -0.4, 0.6, 2.1])
SHARE = np.array([0.12, 0.45, 0.83])
Z = np.array([0.4 + 0.3j, -1.2 + 0.7j, 1.5 - 0.4j])

SPHERICAL = {k: getattr(sc, f"spherical_{k}") for k in ("jn", "yn", "in", "kn")}
PRIMES = {k: getattr(sc, f"{k}vp") for k in ("j", "y", "i", "k", "h1", "h2")}
CASES: dict[str, Any] = {
    **{n: (getattr(sc, n), X) for n in (
        "cbrt", "exp2", "exp10", "log1p", "it2struve0", "kerp", "ker", "kei", "keip", "zetac", "wrightomega",
        "itstruve0", "k0e", "k1e",
    )},
    **{n: (getattr(sc, n), SIGNED) for n in (
        "expm1", "cosm1", "sindg", "cosdg", "exprel", "ber", "bei", "berp", "beip", "itmodstruve0", "i0e",
            "i1e",
        "fresnel", "airy", "shichi", "kelvin", "softplus", "diric 3",
    ) if hasattr(sc, n) and n not in ("kelvin", "shichi")},
    "zetac": (sc.zetac, 1.5 + X),
    "riemann_zeta": (lambda s: sc.zeta(s), SIGNED),
    "riemann_zeta complex": (lambda s: sc.zeta(s), Z),
    "modfresnelp": (sc.modfresnelp, X),
    "modfresnelm": (sc.modfresnelm, X),
    "kelvin": (sc.kelvin, X),
    "shichi": (sc.shichi, X),
    "sici": (sc.sici, SIGNED[1:]),
    "itairy": (sc.itairy, X),
    "itj0y0": (sc.itj0y0, X),
    "iti0k0": (sc.iti0k0, X),
    "it2j0y0": (sc.it2j0y0, X),
    "it2i0k0": (sc.it2i0k0, X),
    "airy complex": (sc.airy, Z),
    "airye": (sc.airye, X),
    "fresnel complex": (sc.fresnel, Z),
    "tandg": (sc.tandg, 20 * X),
    "cotdg": (sc.cotdg, 20 * X),
    "radian": (sc.radian, X, X + 1, X + 2),
    "powm1": (sc.powm1, X + 0.3, SIGNED[:3]),
    "boxcox": (sc.boxcox, X, np.array([-0.4, 0.0, 0.7])),
    "boxcox1p": (sc.boxcox1p, X, np.array([-0.4, 0.0, 0.7])),
    "inv_boxcox": (sc.inv_boxcox, X * 0.5, np.array([-0.4, 0.01, 0.7])),
    "inv_boxcox1p": (sc.inv_boxcox1p, X * 0.5, np.array([-0.4, 0.01, 0.7])),
    "huber": (sc.huber, 0 * X + 1.0, X),
    "pseudo_huber": (sc.pseudo_huber, X, SIGNED[:3]),
    "lambertw": (sc.lambertw, X),
    "lambertw branch": (lambda x: sc.lambertw(x, -1), -0.1 * X),
    "lambertw complex": (sc.lambertw, Z),
    "wrightomega complex": (sc.wrightomega, Z),
    "agm": (sc.agm, X, X[::-1] + 0.1),
    "binom": (sc.binom, X + 3, X),
    "poch": (sc.poch, X, X[::-1]),
    "tklmbda": (lambda x: sc.tklmbda(x, 0.3), SIGNED),
    # distributions
    "gammaincinv": (sc.gammaincinv, X + 0.5, SHARE),
    "gammainccinv": (sc.gammainccinv, X + 0.5, SHARE),
    "gdtr": (sc.gdtr, X, X[::-1] + 0.5, X),
    "gdtrc": (sc.gdtrc, X, X[::-1] + 0.5, X),
    "gdtrix": (sc.gdtrix, X, X[::-1] + 0.5, SHARE),
    "gdtria": (sc.gdtria, SHARE, X + 0.5, X),
    "gdtrib": (sc.gdtrib, X, SHARE, X[::-1] + 0.3),
    "chdtr": (sc.chdtr, X + 1, X),
    "chdtrc": (sc.chdtrc, X + 1, X),
    "chdtri": (sc.chdtri, X + 1, SHARE),
    "chdtriv": (sc.chdtriv, SHARE, X + 1),
    "pdtr": (lambda m: sc.pdtr(2, m), X),
    "pdtrc": (lambda m: sc.pdtrc(2, m), X),
    "pdtri": (lambda y: sc.pdtri(2, y), SHARE),
    "pdtrik": (sc.pdtrik, SHARE[1:], X[1:] + 2),
    "betainc": (sc.betainc, X + 0.4, X[::-1] + 0.4, SHARE),
    "betaincc": (sc.betaincc, X + 0.4, X[::-1] + 0.4, SHARE),
    "betaincinv": (sc.betaincinv, X + 0.4, X[::-1] + 0.4, SHARE),
    "betainccinv": (sc.betainccinv, X + 0.4, X[::-1] + 0.4, SHARE),
    "betainc large": (sc.betainc, np.array([40.0, 120.0]), np.array([30.0, 90.0]), np.array([0.55, 0.6])),
    "btdtria": (sc.btdtria, SHARE, X + 0.4, SHARE[::-1]),
    "btdtrib": (sc.btdtrib, X + 0.4, SHARE, SHARE[::-1]),
    "bdtr": (lambda p: sc.bdtr(2, 5, p), SHARE),
    "bdtrc": (lambda p: sc.bdtrc(2, 5, p), SHARE),
    "bdtri": (lambda y: sc.bdtri(2, 5, y), SHARE),
    "nbdtr": (lambda p: sc.nbdtr(2, 5, p), SHARE),
    "nbdtrc": (lambda p: sc.nbdtrc(2, 5, p), SHARE),
    "nbdtri": (lambda y: sc.nbdtri(2, 5, y), SHARE),
    "stdtr": (sc.stdtr, X + 1.5, SIGNED[:3]),
    "stdtr at 0": (sc.stdtr, X + 1.5, 0 * X),
    "stdtrit": (sc.stdtrit, X + 1.5, SHARE),
    "stdtridf": (sc.stdtridf, np.array([0.9, 0.93]), np.array([1.7, 1.8])),
    "fdtr": (sc.fdtr, X + 2, X[::-1] + 3, X),
    "fdtrc": (sc.fdtrc, X + 2, X[::-1] + 3, X),
    "fdtri": (sc.fdtri, X + 2, X[::-1] + 3, SHARE),
    "fdtridfd": (lambda p: sc.fdtridfd(4.0, p, 1.3), np.array([0.62, 0.66])),
    "owens_t": (sc.owens_t, SIGNED, SIGNED[::-1]),
    "ndtri_exp": (sc.ndtri_exp, -X),
    "nrdtrimn": (sc.nrdtrimn, SHARE, X, X[::-1]),
    "nrdtrisd": (sc.nrdtrisd, X, SHARE[[0, 2]][[0, 1, 1]], X[::-1]),
    "chndtr": (lambda x, c: sc.chndtr(x, 3.5, c), X, X[::-1]),
    "chndtrix": (lambda p, c: sc.chndtrix(p, 3.5, c), SHARE, X[::-1]),
    # Bessel
    **{n: (lambda x, n=n: getattr(sc, n)(1.3, x), X)
       for n in ("ive", "kve", "jve", "yve", "hankel1", "hankel2", "hankel1e", "hankel2e", "struve",
           "modstruve")},
    "hankel1 complex": (lambda z: sc.hankel1(1.3, z), Z),
    "hankel2e complex": (lambda z: sc.hankel2e(1.3, z), Z),
    "kve complex": (lambda z: sc.kve(1.3, z), Z),
    "kn": (lambda x: sc.kn(np.array([0, 1, 3]), x), X),
    "yn": (lambda x: sc.yn(np.array([0, 1, 3]), x), X),
    **{f"spherical_{k}": (lambda x, f=SPHERICAL[k]: f(np.array([0, 1, 3]), x), X)
       for k in ("jn", "yn", "in", "kn")},
    **{f"spherical_{k} derivative": (lambda x, f=SPHERICAL[k]: f(np.array([0, 1, 3]), x,
        True), X)
       for k in ("jn", "yn", "in", "kn")},
    "spherical_jn of either sign": (lambda x: sc.spherical_jn(3, x), SIGNED),
    "spherical_yn of either sign": (lambda x: sc.spherical_yn(2, x, derivative=True), SIGNED),
    "spherical_in complex": (lambda z: sc.spherical_in(2, z), Z),
    **{f"{k}vp": (lambda x, f=PRIMES[k]: f(1.3, x, 2), X) for k in ("j", "y", "i", "k", "h1",
        "h2")},
    # hypergeometric
    "hyp0f1": (lambda x: sc.hyp0f1(1.3, x), SIGNED),
    "hyp1f1": (lambda x: sc.hyp1f1(0.7, 1.6, x), SIGNED),
    "hyp1f1 complex": (lambda z: sc.hyp1f1(0.7, 1.6, z), Z),
    "hyperu": (lambda x: sc.hyperu(0.7, 1.6, x), X),
    "hyp2f1": (lambda x: sc.hyp2f1(0.7, 0.4, 1.6, x), np.array([-1.3, -0.3, 0.6])),
    "hyp2f1 complex": (lambda z: sc.hyp2f1(0.7, 0.4, 1.6, 0.5 * z), Z),
    "wright_bessel": (lambda x: sc.wright_bessel(0.5, 1.2, x), X),
    "log_wright_bessel": (lambda x: sc.log_wright_bessel(0.5, 1.2, x), X),
    **{n: (lambda x, n=n: getattr(sc, n)(np.array([0, 1, 2, 5]), x), np.array([-0.8, -0.1, 0.3, 0.9]))
       for n in ("eval_legendre", "eval_chebyt", "eval_chebyu", "eval_chebyc", "eval_chebys",
           "eval_sh_legendre",
                 "eval_sh_chebyt", "eval_sh_chebyu", "eval_laguerre", "eval_hermite", "eval_hermitenorm")},
    "eval_legendre of no whole degree": (lambda x: sc.eval_legendre(1.7, x), SHARE),
    "eval_gegenbauer": (lambda x: sc.eval_gegenbauer(np.array([0, 1, 4]), 0.7, x), SHARE),
    "eval_jacobi": (lambda x: sc.eval_jacobi(np.array([0, 1, 4]), 0.7, 0.2, x), SHARE),
    "eval_sh_jacobi": (lambda x: sc.eval_sh_jacobi(np.array([0, 1, 4]), 1.7, 0.6, x), SHARE),
    "eval_genlaguerre": (lambda x: sc.eval_genlaguerre(np.array([0, 1, 4]), 0.7, x), SHARE),
    "lpmv": (lambda x: sc.lpmv(1, np.array([1, 2, 3]), x), SHARE),
    "legendre of a polynomial object": (lambda x: sc.legendre(3)(x), SHARE),
    # elliptic
    "elliprf": (sc.elliprf, X, X[::-1] + 0.2, X + 1),
    "elliprd": (sc.elliprd, X, X[::-1] + 0.2, X + 1),
    "elliprc": (sc.elliprc, X, X[::-1] + 0.2),
    "elliprj": (sc.elliprj, X, X[::-1] + 0.2, X + 1, X + 0.6),
    "ellipkinc": (sc.ellipkinc, SIGNED[1:], SHARE),
    "ellipeinc": (sc.ellipeinc, SIGNED[1:], SHARE),
    "ellipkm1": (sc.ellipkm1, SHARE),
    "ellipj": (sc.ellipj, SIGNED[1:], SHARE),
    # integrals
    "expn": (lambda x: sc.expn(np.array([0, 1, 4]), x), X),
    "wofz": (sc.wofz, Z),
    "wofz far": (sc.wofz, np.array([40.0 + 3j, -35 + 0.5j])),
    "voigt_profile": (sc.voigt_profile, SIGNED[:3], X, X[::-1]),
    # written in Python
    "logsumexp": (sc.logsumexp, SIGNED),
    "logsumexp axis": (lambda x, b: sc.logsumexp(x, axis=0, b=b), SIGNED.reshape(2, 2), X[:2]),
    "logsumexp of an axis, weights of any sign": (
        lambda x, b: sc.logsumexp(x, axis=1, b=b, keepdims=True), SIGNED.reshape(2, 2), SHARE[:2] - 0.2),
    "logsumexp with its sign": (lambda x, b: sc.logsumexp(x, b=b, return_sign=True)[0], SIGNED, -SIGNED**2),
    "logsumexp complex": (sc.logsumexp, Z),
    "softmax": (sc.softmax, SIGNED),
    "softmax axis": (lambda x: sc.softmax(x, axis=0), SIGNED.reshape(2, 2)),
    "log_softmax axis": (lambda x: sc.log_softmax(x, axis=1), SIGNED.reshape(2, 2)),
    "log_softmax": (sc.log_softmax, SIGNED),
    "multigammaln": (lambda a: sc.multigammaln(a, 2), X + 1),
    "polygamma": (lambda x: sc.polygamma(2, x), X),
    "diric": (lambda x: sc.diric(x, 3), X),
    "comb": (lambda n, k: sc.comb(n, k), X + 3, X),
    "perm": (lambda n, k: sc.perm(n, k), X + 3, X),
    "factorial": (lambda x: sc.factorial(x), X),
    "sinc": (sc.sinc, SIGNED),
}  # fmt: skip

# Where differences need smaller steps, or SciPy's own values have fewer digits: the step, and what is asked.
STEPS: dict[str, float] = {"betainc large": 5e-4}
COARSE: dict[str, float] = {"itairy": 1e-5, "btdtrib": 1e-5, "stdtridf": 2e-3, "fdtridfd": 2e-3}


# Names of which nothing is differentiated: they take whole numbers, or give objects, or warn.
MAKERS = frozenset({
    "geterr", "seterr", "errstate", "SpecialFunctionWarning", "SpecialFunctionError", "bernoulli", "euler",
    "stirling2", "factorial2", "factorialk", "mathieu_even_coef", "mathieu_odd_coef",
    "legendre", "chebyt", "chebyu", "chebyc", "chebys", "jacobi", "laguerre", "genlaguerre", "hermite",
    "hermitenorm", "gegenbauer", "sh_legendre", "sh_chebyt", "sh_chebyu", "sh_jacobi",
})  # fmt: skip

# Functions without a rule, and why; a traced argument is an error that names the function.
NO_CLOSED_FORM = "no closed form in functions that SciPy has"
OLD = [name for name in ("sph_harm", "lpmn", "clpmn", "lpn") if hasattr(sc, name)]  # before SciPy 1.17
OF_WAVES = "SciPy gives its first derivative beside it, and no second"
WITHOUT: dict[str, str] = {
    **dict.fromkeys(
        ("bdtrik", "bdtrin", "nbdtrik", "nbdtrin", "chndtridf", "chndtrinc", "nctdtr", "nctdtridf",
            "nctdtrinc",
         "nctdtrit", "ncfdtr", "ncfdtri", "ncfdtridfd", "ncfdtridfn", "ncfdtrinc", "kolmogorov", "kolmogi",
         "smirnov", "smirnovi", "elliprg", "besselpoly", "ellip_harm", "ellip_harm_2", "ellip_normal"),
        NO_CLOSED_FORM,
    ),
    **{n: OF_WAVES for n in sc.__all__ if n.startswith(("mathieu", "pro_", "obl_", "pbdv", "pbvv", "pbwa",
        "pbdn"))
       and not n.endswith("_coef")},
    **dict.fromkeys(
        ("assoc_laguerre", "lmbda", "lqmn", "lqn", "riccati_jn", "riccati_yn", "assoc_legendre_p",
         "assoc_legendre_p_all", "legendre_p", "legendre_p_all", "sph_harm_y", "sph_harm_y_all",
             "sph_legendre_p",
         "sph_legendre_p_all", *OLD),
        "SciPy gives its derivatives by an option, or by the eval_ functions",
    ),
}  # fmt: skip

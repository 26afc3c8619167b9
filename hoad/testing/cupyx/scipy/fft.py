"""``cupyx.scipy.fft``."""

from __future__ import annotations

import scipy.fft

from .functions import functions

NAMES = """
dct dctn dst dstn fft fft2 fftn fftshift fht hfft hfft2 hfftn idct idctn idst idstn ifft ifft2 ifftn ifftshift
ifht ihfft ihfft2 ihfftn irfft irfft2 irfftn rfft rfft2 rfftn
"""
globals().update(functions(__name__, scipy.fft, NAMES))

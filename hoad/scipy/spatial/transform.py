"""``scipy.spatial.transform``, whose rotations hold traced values."""

from __future__ import annotations

from typing import Any

import scipy.spatial.transform

from ...chainrules.doors import BEHIND, DOORS, STAND_INS
from ...chainrules.scipy.without import refuse
from ..namesakes import names_of
from . import rotations

for _own, _name in ((rotations.Rotation, "Rotation"), (rotations.Slerp, "Slerp")):
    _class: Any = getattr(scipy.spatial.transform, _name)
    BEHIND[_class] = DOORS[_class] = _own
STAND_INS[scipy.spatial.transform.Rotation] = lambda held: rotations.turned(held.as_quat())
STAND_INS[scipy.spatial.transform.Slerp] = rotations.between

refuse(
    scipy.spatial.transform,
    {"RigidTransform": "its object holds plain numbers; a rotation, and Rotation.apply(x) + t, have one"},
)

globals().update(names_of(scipy.spatial.transform))
__all__ = scipy.spatial.transform.__all__

"""What the tests on a device share: the way there and back, and a device whose counters begin at 0."""

import pytest

from hoad.testing import device


@pytest.fixture(autouse=True)
def counters():
    device.synchronisations = device.launches = 0

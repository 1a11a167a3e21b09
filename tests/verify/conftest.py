import pytest

from fsm.verify import verify


@pytest.fixture(scope="package")
def verified():
    """The verification of meetings of two; it takes a few seconds, so there is one."""
    return verify(2)

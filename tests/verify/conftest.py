import pytest

from fsm.verify import verify


@pytest.fixture(scope="package")
def verified():
    """The report on meetings of two, shared because it takes a few seconds."""
    return verify(2)

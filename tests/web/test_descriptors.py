"""Few file descriptors are noticed."""

import os
import resource
from contextlib import contextmanager

from fsm.web.descriptors import descriptors_run_short, raise_descriptor_limit

from .serving import problem


@contextmanager
def descriptors_left(number):
    """Lowers the limit until only this number of descriptors is free."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_limit_is_raised_as_far_as_it_may():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(200, soft), hard))
        assert raise_descriptor_limit() == min(hard, 65_536)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, 65_536)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_shortage_is_noticed_before_the_last_descriptor_is_used():
    assert not descriptors_run_short()
    for number in (0, 1, 4):
        with descriptors_left(number):
            assert descriptors_run_short()
    assert not descriptors_run_short()


def test_a_service_with_few_descriptors_is_not_ready(service):
    assert service.get("/ready").status_code == 200
    with descriptors_left(2):
        details = problem(service.get("/ready"), 503)
    assert details["type"].endswith(":not-ready")
    assert "file descriptors" in details["detail"]
    assert service.get("/ready").status_code == 200

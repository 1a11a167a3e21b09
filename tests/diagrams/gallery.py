"""The files of the gallery and what they show, found once for all tests."""

from functools import cache

import pytest

from fsm import diagrams
from fsm.diagrams import catalogue, files, gallery_files


@pytest.fixture(scope="session", autouse=True)
def explored_once():
    """Lets the exploration behind the diagrams of a plan run once for all tests."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(catalogue, "reachable_rows", cache(catalogue.reachable_rows))
        yield


@cache
def gallery():
    return dict(gallery_files())


def render_once(monkeypatch):
    """Lets the program take the files of the whole gallery from here."""
    for module in (diagrams, files):
        monkeypatch.setattr(module, "gallery_files", lambda: iter(gallery().items()))

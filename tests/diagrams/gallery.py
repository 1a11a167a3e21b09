"""The files of the gallery and what they show, found once for all tests."""

from functools import cache

from fsm import diagrams
from fsm.diagrams import files, gallery_files


@cache
def gallery():
    return dict(gallery_files())


def render_once(monkeypatch):
    """Lets the program take the files of the whole gallery from here."""
    for module in (diagrams, files):
        monkeypatch.setattr(module, "gallery_files", lambda: iter(gallery().items()))

"""The rules of this program: its release, and a fingerprint of their code."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files

import attrs

import fsm


@attrs.frozen
class RulesVersion:
    """The rules under which events are answered.

    Args:
        release: the release of this program.
        fingerprint: a fingerprint of the code of the rules: settings, plan, guards and tables.
    """

    release: str
    fingerprint: str

    def __str__(self) -> str:
        return f"release {self.release} (rules {self.fingerprint})"


@cache
def current_rules() -> RulesVersion:
    """Returns the rules of this program.

    Any change in the code of the rules changes the fingerprint, that of a comment too: it says
    that answers may differ, and not that they do.
    """
    digest = sha256()
    modules = (each for each in files("fsm.recording").iterdir() if each.name.endswith(".py"))
    for module in sorted(modules, key=lambda each: each.name):
        digest.update(module.name.encode() + b"\0" + module.read_bytes() + b"\0")
    return RulesVersion(fsm.__version__, digest.hexdigest()[:12])


def release_number(release: str) -> tuple[int, ...]:
    """Returns the numbers of a release, to compare it with another.

    >>> release_number("0.10.0") > release_number("0.9.2")
    True
    """
    return tuple(int(part) for part in release.split(".") if part.isdigit())

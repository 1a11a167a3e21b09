"""The version of the rules: the release of this program, and a fingerprint of their code."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from importlib.resources import files

import attrs

import fsm


@attrs.frozen
class RulesVersion:
    """The version of the rules under which events are answered.

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
    """Returns the version of the rules of this program.

    Any change of the code changes the fingerprint, even that of a comment: with another
    fingerprint answers may differ, but need not.
    """
    digest = sha256()
    modules = (file for file in files("fsm.recording").iterdir() if file.name.endswith(".py"))
    for module in sorted(modules, key=lambda file: file.name):
        digest.update(module.name.encode() + b"\0" + module.read_bytes() + b"\0")
    return RulesVersion(fsm.__version__, digest.hexdigest()[:12])


def release_number(release: str) -> tuple[int, ...]:
    """Returns the three numbers of a release, to compare it with another.

    >>> release_number("0.10.0") > release_number("0.9.2")
    True
    >>> release_number("1.2"), release_number("1.2.0rc1"), release_number("1.2.0+local.7")
    ((1, 2, 0), (1, 2, 0), (1, 2, 0))
    """
    numbers = re.findall(r"\d+", release.partition("+")[0])
    return tuple(int(number) for number in (*numbers, "0", "0", "0")[:3])

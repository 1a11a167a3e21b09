"""``fsm`` under the rules of a release, for a process of its own."""

from ..processes import fsm
from ..rule_sets import Release


def serve_under(release, *arguments):
    with Release(release).installed():
        fsm(*arguments)

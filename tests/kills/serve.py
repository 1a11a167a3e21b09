"""``fsm serve`` under the rules of a release: ``python -m tests.kills.serve RELEASE serve ...``."""

import sys

from fsm.__main__ import main

from ..rule_sets import Release

if __name__ == "__main__":
    with Release(sys.argv.pop(1)).installed():
        main()

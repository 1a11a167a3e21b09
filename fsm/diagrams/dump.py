"""Prints the diagrams of this version as JSON, for a comparison by another version.

    python -m fsm.diagrams.dump [en|zh]

The name of this module and its output are an interface between versions. Keys may be added;
any other change of the output needs a new :data:`~fsm.diagrams.versions.DUMP_FORMAT`.
"""

from __future__ import annotations

import json
import sys
from typing import cast

from fsm.diagrams.catalogue import DIAGRAM_NAMES, diagram
from fsm.diagrams.model import Lang
from fsm.diagrams.versions import DUMP_FORMAT, to_data


def dump_diagrams(lang: Lang) -> str:
    """Returns all diagrams in a language as JSON, with the file that printed them."""
    diagrams = [to_data(diagram(name, lang)) for name in DIAGRAM_NAMES]
    return json.dumps({"format": DUMP_FORMAT, "file": __file__, "diagrams": diagrams})


if __name__ == "__main__":
    print(dump_diagrams(cast(Lang, sys.argv[1] if len(sys.argv) > 1 else "en")))

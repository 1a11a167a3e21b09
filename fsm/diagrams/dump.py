"""Prints the diagrams of this version as JSON, for another version to compare with.

    python -m fsm.diagrams.dump [en|zh]

The output is an interface between versions: it only grows, or its format number changes.
"""

from __future__ import annotations

import json
import sys
from typing import cast

from fsm.diagrams.catalogue import DIAGRAM_NAMES, diagram
from fsm.diagrams.model import Lang
from fsm.diagrams.versions import DATA_FORMAT, diagram_data


def dump(lang: Lang) -> str:
    """Returns all diagrams in a language as JSON, with the file that they come from."""
    diagrams = [diagram_data(diagram(name, lang)) for name in DIAGRAM_NAMES]
    return json.dumps({"format": DATA_FORMAT, "file": __file__, "diagrams": diagrams})


if __name__ == "__main__":
    print(dump(cast(Lang, sys.argv[1] if len(sys.argv) > 1 else "en")))

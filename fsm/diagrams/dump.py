"""Prints the diagrams of this version as JSON, for a comparison by another version.

    python -m fsm.diagrams.dump

The name of this module and its output are an interface between versions. Keys may be added;
any other change of the output needs a new :data:`~fsm.diagrams.versions.DUMP_FORMAT`.
"""

from __future__ import annotations

import json

from fsm.diagrams.catalogue import DIAGRAM_NAMES, diagram
from fsm.diagrams.versions import DUMP_FORMAT, to_data


def dump_diagrams() -> str:
    """Returns all diagrams as JSON, with the file that printed them."""
    diagrams = [to_data(diagram(name)) for name in DIAGRAM_NAMES]
    return json.dumps({"format": DUMP_FORMAT, "file": __file__, "diagrams": diagrams})


if __name__ == "__main__":
    print(dump_diagrams())

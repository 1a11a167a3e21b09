"""Print the pictures of this version as JSON, for another version to compare with.

    python -m fsm.diagrams.dump [en|zh]

What is printed is an interface between versions: it only grows, or gets another number.
"""

from __future__ import annotations

import json
import sys
from typing import cast

from fsm.diagrams.catalogue import NAMES, diagram
from fsm.diagrams.model import Lang
from fsm.diagrams.plain import FORMAT, as_data


def dump(lang: Lang) -> str:
    """Return all pictures in a language as JSON, with the file that they come from."""
    pictures = [as_data(diagram(name, lang)) for name in NAMES]
    return json.dumps({"format": FORMAT, "file": __file__, "pictures": pictures})


if __name__ == "__main__":
    print(dump(cast(Lang, sys.argv[1] if len(sys.argv) > 1 else "en")))

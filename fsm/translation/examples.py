"""The Chinese titles of the example scenarios, by their English ones.

A scenario file has one title, in English, and the Chinese one in a comment. The page, the book, the
diagrams and ``fsm play`` show the Chinese one to a reader of Chinese. `make examples` collects them
in ``examples.json``.
"""

import json
from importlib.resources import files
from typing import Final

EXAMPLE_TITLES: Final[dict[str, str]] = json.loads(
    (files("fsm.translation") / "examples.json").read_text(encoding="utf-8")
)

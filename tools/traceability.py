"""Generation of docs/traceability.md, which lists the parts of the project behind each rule.

    python tools/traceability.py [RULE]...

A rule that has lost its last row, guard or other carrier of a kind must be named as an argument.
"""

import sys
from pathlib import Path

from fsm.verify.traceability import lost_carriers, traceability_page, traces

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "traceability.md"


def main(accepted: list[str]) -> None:
    """Writes the page, unless a rule that is not named has lost carriers."""
    found = traces(ROOT)
    page = TARGET.read_text(encoding="utf-8")
    lost = lost_carriers(page, [each for each in found if each.rule not in accepted])
    if lost:
        sys.exit("\n".join(lost))
    TARGET.write_text(traceability_page(found), encoding="utf-8")
    print(f"wrote {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])

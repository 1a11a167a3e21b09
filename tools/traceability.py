"""Generation of docs/traceability.md, which lists the parts of the project behind each rule."""

from pathlib import Path

from fsm.verify.traceability import traceability_page, traces

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "traceability.md"

if __name__ == "__main__":
    TARGET.write_text(traceability_page(traces(ROOT)), encoding="utf-8")
    print(f"wrote {TARGET.relative_to(ROOT)}")

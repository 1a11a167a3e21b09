"""The accessibility of a page, checked with axe-core."""

from functools import cache
from pathlib import Path

import pytest

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN = """
async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.map(({ id, impact, help, nodes }) =>
    ({ id, impact, help, targets: nodes.map(({ target }) => target.join(" ")) }));
}
"""


@cache
def program():
    """Returns the program of axe-core; without it the test is skipped."""
    if not AXE.is_file():
        pytest.skip("axe-core is missing: make browser, or npm ci")
    return AXE.read_text(encoding="utf-8")


def violations(page):
    """Returns the violations of a page, as it is now.

    Args:
        page: a page; its content security policy does not matter.

    Returns:
        A line for each violation: its rule, its impact, and the selectors of its elements.
    """
    # A script element would need the permission of the page's content security policy.
    page.evaluate(program())
    return [
        f"{found['id']} ({found['impact']}): {found['help']}: {', '.join(found['targets'])}"
        for found in page.evaluate(RUN)
    ]

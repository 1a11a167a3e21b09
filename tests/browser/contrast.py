"""The contrast of the texts of a diagram, which axe-core leaves out."""

FAINT = """
(selector) => {
  const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((each) => {
      const part = each / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const svg = document.querySelector(selector);
  const painted = [];
  const faint = [];
  for (const part of svg.querySelectorAll("path, polygon, rect, ellipse, text")) {
    const box = part.getBBox();
    const { fill } = getComputedStyle(part);
    if (part.tagName !== "text") {
      if (fill !== "none") painted.push({ box, fill });
      continue;
    }
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const under = painted.findLast(({ box: b }) =>
      x >= b.x && x <= b.x + b.width && y >= b.y && y <= b.y + b.height);
    const found = ratio(fill, under.fill);
    if (found >= 4.5) continue;
    faint.push(`${part.textContent}: ${fill} on ${under.fill}, ${found.toFixed(2)}`);
  }
  return faint;
}
"""


def faint_texts(page, selector):
    """Returns the texts of a diagram whose contrast is below 4.5, with their colours.

    Args:
        page: the page.
        selector: the selector of the diagram.
    """
    return page.evaluate(FAINT, selector)

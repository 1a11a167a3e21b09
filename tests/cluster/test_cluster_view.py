import io
import time

from rich.console import Console

from tests.examples import example

cluster_view = example("cluster.cluster_view")
Figures = example("cluster.meeting_load").Figures
ROWS = [
    cluster_view.Row("node-1", 11, "running", "green", "leads 4 partitions", 200 * 2**20, "http:"),
    cluster_view.Row("node-2", 12, "ended, starts again in 3 s", "red", "", 0, "http:"),
]


def shown(figures, width=120):
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(cluster_view.render(75, figures, ROWS, ["12:00:00 node-2, pid 12, has ended"]))
    return console.export_text()


def test_the_view_has_each_process_with_its_pid_and_its_state():
    text = shown(Figures())
    assert "1:15" in text
    for part in ("node-1", "11", "leads 4 partitions", "200 MiB", "12", "starts again in 3 s"):
        assert part in text
    assert "node-2, pid 12, has ended" in text


def test_the_figures_are_those_of_the_last_seconds():
    figures = Figures()
    now = time.monotonic()
    figures.add("http:", now - 100, now - 99)
    for number in range(10):
        figures.add("http:", now - 0.010 * (number + 1), now)
    line = cluster_view.figures_line(figures)
    assert "1 events/s · half of the answers within 60 ms, 99 % within 100 ms · 11 events" in line


def test_a_line_of_bars_shows_the_highest_value_as_a_full_bar_and_every_value_above_zero():
    assert cluster_view.sparkline([0, 1, 50, 100]) == " ▁▄█"
    assert cluster_view.sparkline([]) == ""
    assert cluster_view.sparkline([0, 0]) == "  "

"""The time from a click on the page of the simulator until the new state is lit.

    python benchmarks/simulator.py [--clicks 100] [--steps 500]

Needs Chromium (`make browser`). A host pauses and resumes in turns, on a page without steps and on
one with many. The engine's own share is the handling of the same event; the service's is the
request as the page sends it.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from fsm.recording import Account, Choice, Event, Join, Meeting, MeetingSettings, Pause, Resume

ROOT = Path(__file__).resolve().parents[1]
JOIN = {"join": {"id": "alice", "role": "host", "platform": "windows"}}
HEAD = {
    "account": {"edition": "pro"},
    "user": {"auto_record": True, "kind": "cloud", "started_by": "host"},
}
CLICK = """
async ([name, state]) => {
    const button = [...document.querySelectorAll("button")].find(
        (each) => each.getAttribute("aria-label") === name || each.textContent === name,
    );
    const lit = () => document.querySelector(`#diagram #state-${state}.current`);
    const began = performance.now();
    button.click();
    while (!lit()) await new Promise((done) => new MutationObserver((_, observer) => {
        observer.disconnect();
        done();
    }).observe(document.querySelector("#diagram"), {attributes: true, subtree: true}));
    const taken = performance.now() - began;
    // The browser paints, and rests as it does between the clicks of a person.
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const painted = performance.now() - began;
    await new Promise((done) => setTimeout(done, 50));
    return [taken, painted];
}
"""


def free_port() -> int:
    """Returns a port of the loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def wait_until_ready(url: str) -> None:
    """Waits until the service answers."""
    while True:
        try:
            httpx.get(f"{url}/health", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return


def document(steps: int) -> dict[str, Any]:
    """Returns a scenario that ends in the state recording."""
    pairs = [{"pause": {"by": "alice"}}, {"resume": {"by": "alice"}}] * ((steps - 1) // 2)
    return {**HEAD, "title": "A long day", "events": [JOIN, *pairs]}


def open_file(page: Page, url: str, steps: int) -> None:
    """Opens the page, and a scenario file of some steps in it."""
    text = httpx.post(f"{url}/v1/simulation/scenario", json=document(steps), trust_env=False)
    page.goto(url)
    page.locator("#diagram svg").wait_for()
    page.locator("input[type=file]").set_input_files(
        {"name": "long.yaml", "mimeType": "application/yaml",
         "buffer": text.json()["text"].encode()}
    )  # fmt: skip
    page.locator("#diagram #state-recording.current").wait_for()


def milliseconds_of_clicks(page: Page, clicks: int) -> tuple[list[float], list[float]]:
    """Returns the times of clicks on pause and resume until the state is lit, and painted."""
    names = [("pause: alice", "paused"), ("resume: alice", "recording")]
    times = [page.evaluate(CLICK, list(names[number % 2])) for number in range(clicks)]
    return [lit for lit, _ in times], [painted for _, painted in times]


def milliseconds_of_requests(url: str, steps: int, clicks: int) -> list[float]:
    """Returns the time of each request as the page sends it."""
    body = {**document(steps), "after": steps - 1}
    taken = []
    with httpx.Client(trust_env=False) as client:
        for _ in range(clicks):
            began = time.perf_counter()
            client.post(f"{url}/v1/simulation", json=body).raise_for_status()
            taken.append((time.perf_counter() - began) * 1000)
    return taken


def milliseconds_of_engine(steps: int) -> float:
    """Returns the time in which the machine handles all steps."""
    settings = MeetingSettings(Account("pro"), Choice(True, "cloud", "host"))
    meeting = Meeting(settings.resolve().plan)
    events: list[Event] = [Join("alice", "host", "windows")]
    events += [Pause("alice"), Resume("alice")] * ((steps - 1) // 2)
    began = time.perf_counter()
    for event in events:
        meeting.handle(event)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clicks", type=int, default=100)
    parser.add_argument("--steps", type=int, default=500)
    args = parser.parse_args()
    program = shutil.which("chromium")
    if program is None:
        sys.exit("Chromium is missing: make browser")
    url = f"http://127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        command = [sys.executable, "-m", "fsm", "serve", "--db", f"{folder}/meetings.db",
                   "--port", url.rpartition(":")[2]]  # fmt: skip
        service = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            wait_until_ready(url)
            browser = playwright.chromium.launch(
                executable_path=program, args=["--disable-gpu", "--disable-background-networking"]
            )
            for steps in (1, args.steps | 1):
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                open_file(page, url, steps)
                milliseconds_of_clicks(page, 4)
                lit, painted = milliseconds_of_clicks(page, args.clicks)
                requests = milliseconds_of_requests(url, steps, args.clicks)
                print(
                    f"{steps} steps: click to lit state {statistics.median(lit):.1f} ms, "
                    f"99 of 100 within {statistics.quantiles(lit, n=100)[98]:.1f} ms "
                    f"(wanted 50); painted {statistics.median(painted):.1f} ms; "
                    f"request {statistics.median(requests):.1f} ms; "
                    f"engine {milliseconds_of_engine(steps):.2f} ms"
                )
                page.close()
            browser.close()
        finally:
            service.terminate()
            service.wait()


if __name__ == "__main__":
    main()

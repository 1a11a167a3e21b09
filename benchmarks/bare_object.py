"""A Restate object with the steps that any meeting needs and no rules, for comparison.

    python benchmarks/bare_object.py PORT RECORDER

For each event it reads its state and writes it back. An event for which a meeting sends a command
or sets a timer makes it send one message, which is posted to the recorder.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import httpx
import restate
import uvicorn
from restate.serde import BytesSerde

STATE = b"x" * 600
"""About as much as a meeting writes for an event."""
_BYTES = BytesSerde()

bare = restate.VirtualObject("Bare")
delivery = restate.VirtualObject("BareDelivery")
http = httpx.AsyncClient(timeout=30)


@bare.handler("step", input_serde=_BYTES, output_serde=_BYTES)
async def step(context: restate.ObjectContext, body: bytes) -> bytes:
    """Reads and writes the state, and sends the message of the event if there is one."""
    await context.get("state", serde=_BYTES)
    context.set("state", STATE, serde=_BYTES)
    if command := json.loads(body)["send"]:
        message = json.dumps({"meeting": context.key(), "command": command}).encode()
        context.generic_send("BareDelivery", "deliver", message, context.key())
    return b'{"state": "recording"}'


@delivery.handler("deliver", input_serde=_BYTES, output_serde=_BYTES)
async def deliver(context: restate.ObjectContext, body: bytes) -> bytes:
    """Posts a message to the recorder."""

    async def post() -> Any:
        response = await http.post(f"{sys.argv[2]}/commands", content=body)
        return response.json()

    await context.run_typed("post", post)
    return b"{}"


if __name__ == "__main__":
    uvicorn.run(
        restate.app([bare, delivery], protocol="request_response"),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
    )

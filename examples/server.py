"""A small meeting server that embeds the hub: a line of JSON in, a line of JSON out.

    python examples/server.py meetings.db [--port 9000]

Try it with `nc localhost 9000`:

    {"open": "m-1", "edition": "pro", "user": {"auto_record": true}}
    {"meeting": "m-1", "event": {"join": {"id": "alice", "role": "host", "platform": "ios"}}}
    {"meeting": "m-1"}

End it in any way, start it again, and the meeting is where it was.
"""

import argparse
import asyncio
import json
import sys
from functools import partial
from typing import Any

import attrs

from fsm.recording import Account, Choice
from fsm.runtime import Hub, HubError
from fsm.runtime.codec import event_from, outcome_data


async def answer(hub: Hub, asked: Any) -> dict[str, Any]:
    """Do what one line asks for."""
    if not isinstance(asked, dict) or not {"open", "meeting"} & asked.keys():
        raise ValueError('a line is an object with "open" or "meeting"')
    if "open" in asked:
        user = Choice(**asked["user"]) if "user" in asked else None
        opened = await hub.open(asked["open"], Account(asked["edition"]), user)
        return {"opened": opened.id, "plan": attrs.asdict(opened.plan)}
    if "event" in asked:
        # Whoever sends the same id again, after a lost connection say, gets the same answer.
        entry = await hub.dispatch(asked["meeting"], event_from(asked["event"]), asked.get("id"))
        return outcome_data(entry.outcome)
    meeting = await hub.read(asked["meeting"])
    return {"state": meeting.state, "present": list(meeting.present)}


async def talk(hub: Hub, lines: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
    """Answer one client, line by line."""
    try:
        while line := await lines.readline():
            try:
                said = await answer(hub, json.loads(line))
            except KeyError as error:
                said = {"error": f"{error} is missing"}
            except (HubError, ValueError, TypeError, RecursionError) as error:
                said = {"error": f"{type(error).__name__}: {error}"}
            out.write(json.dumps(said).encode() + b"\n")
            await out.drain()
    except ValueError:
        # Where it ends nobody knows, so nothing after it can be answered.
        out.write(b'{"error": "a line has at most 64 KiB"}\n')
    except (ConnectionError, asyncio.CancelledError):
        # The client is gone, or the server ends.
        pass
    finally:
        out.close()


async def main(file: str, port: int) -> None:
    """Serve until interrupted."""
    async with Hub(file) as hub:
        server = await asyncio.start_server(partial(talk, hub), "127.0.0.1", port)
        where = server.sockets[0].getsockname()[1]
        print(f"listening at port {where}, meetings back: {hub.health.meetings}", flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", help="the journal; it is made where there is none")
    parser.add_argument("--port", type=int, default=9000)
    given = parser.parse_args()
    try:
        asyncio.run(main(given.file, given.port))
    except KeyboardInterrupt:
        print("ended")
    except (OSError, HubError) as error:
        sys.exit(f"server.py: {error}")

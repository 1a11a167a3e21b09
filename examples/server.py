"""A small meeting server that embeds the hub, with a line of JSON for each request and answer.

    python examples/server.py meetings.db [--port 9100]

Try it with `nc localhost 9100`:

    {"open": "m-1", "edition": "pro", "user": {"auto_record": true}, "grace": 10}
    {"meeting": "m-1", "event": {"join": {"id": "alice", "role": "host", "platform": "ios"}}}
    {"meeting": "m-1"}

Kill it and start it again: the meeting is as it was. The hub keeps the timers of its meetings.
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


async def handle_request(hub: Hub, request: Any) -> dict[str, Any]:
    """Returns the answer to a request."""
    if not isinstance(request, dict) or not {"open", "meeting"} & request.keys():
        raise ValueError('a line is an object with "open" or "meeting"')
    if "open" in request:
        user = Choice(**request["user"]) if "user" in request else None
        account, grace = Account(request["edition"]), request.get("grace")
        opened = await hub.open(request["open"], account, user, grace=grace)
        return {"opened": opened.id, "plan": attrs.asdict(opened.plan)}
    meeting = request["meeting"]
    if "event" in request:
        # A client that lost its connection can repeat the event with the same id. The event is
        # then not handled again, and the answer is the same.
        entry = await hub.dispatch(meeting, event_from(request["event"]), request.get("id"))
        return outcome_data(entry.outcome)
    snapshot = await hub.read(meeting)
    return {"state": snapshot.state, "present": list(snapshot.present)}


async def serve_client(
    hub: Hub, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answers the lines of one client, until it disconnects."""
    try:
        while line := await reader.readline():
            try:
                answer = await handle_request(hub, json.loads(line))
            except json.JSONDecodeError as error:
                answer = {"error": f"a line must be one object in JSON: {error}"}
            except KeyError as error:
                answer = {"error": f"{error} is missing"}
            except (HubError, ValueError, TypeError, RecursionError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
    except ValueError:
        # The end of the line was not found, so the next request cannot be found either.
        writer.write(b'{"error": "a line has at most 64 KiB"}\n')
    except (ConnectionError, asyncio.CancelledError):
        # The client has disconnected, or the server ends.
        pass
    finally:
        writer.close()


async def main(file: str, port: int) -> None:
    """Serves clients until the process is interrupted."""
    async with Hub(file) as hub:
        server = await asyncio.start_server(partial(serve_client, hub), "127.0.0.1", port)
        port = server.sockets[0].getsockname()[1]
        print(f"listening at port {port}, meetings loaded: {hub.health.meetings}", flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", help="the journal; it is created if it does not exist")
    parser.add_argument("--port", type=int, default=9100)
    args = parser.parse_args()
    try:
        asyncio.run(main(args.file, args.port))
    except KeyboardInterrupt:
        print("ended")
    except (OSError, HubError) as error:
        sys.exit(f"server.py: {error}")

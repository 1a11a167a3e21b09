"""A Janus of one's own on the loopback: its configuration, and its process.

For tests, benchmarks and trying out. It writes its configuration into a folder, listens on the
loopback alone, and loads the modules that the adapter needs: the VideoRoom, HTTP and WebSockets,
and the event handler ``sampleevh``. Sound and pictures use another address of the machine, because
Janus leaves out loopback interfaces.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs

from fsm.integrations.janus.errors import JanusError

INSTALL: Final = "apt-get install janus janus-tools"
_LIBRARIES: Final = Path("/usr/lib")
_LONGEST_START: Final = 20.0


@attrs.frozen
class JanusSettings:
    """The settings of a Janus on the loopback.

    Args:
        folder: the folder of its configuration and its log.
        backend: the URL that it posts events to.
        backend_user: the user of the posts.
        backend_password: the password of the posts.
        admin_secret: the secret of the Admin API.
        admin_key: the key that creating a room needs.
        port: the port of the Janus API over HTTP.
        websocket_port: the port of the Janus API over WebSockets.
        admin_port: the port of the Admin API.
        session_timeout: the seconds after which a session without requests ends.
        retransmissions: how often a post of events is repeated that had no answer.
    """

    folder: Path
    backend: str
    backend_user: str
    backend_password: str
    admin_secret: str
    admin_key: str
    port: int
    websocket_port: int
    admin_port: int
    session_timeout: int = 60
    retransmissions: int = 5

    @property
    def url(self) -> str:
        """The URL of the Janus API over HTTP."""
        return f"http://127.0.0.1:{self.port}/janus"

    @property
    def websocket_url(self) -> str:
        """The URL of the Janus API over WebSockets."""
        return f"ws://127.0.0.1:{self.websocket_port}"

    @property
    def admin_url(self) -> str:
        """The URL of the Admin API."""
        return f"http://127.0.0.1:{self.admin_port}/admin"

    @property
    def log(self) -> Path:
        """The file that Janus logs to."""
        return self.folder / "janus.log"

    def write(self) -> None:
        """Writes the configuration files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in self._files().items():
            path = self.folder / name
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")

    def _files(self) -> dict[str, str]:
        modules = next((each.parent for each in _LIBRARIES.glob("*/janus/plugins")), _LIBRARIES)

        # Janus loads every module of its folders that the configuration does not disable.
        def others(kind: str, *wanted: str) -> str:
            names = sorted({each.name for each in (modules / kind).glob("libjanus_*.so")})
            return ",".join(
                each for each in names if each[len("libjanus_") : -len(".so")] not in wanted
            )

        return {
            "janus.jcfg": f"""
general: {{
  configs_folder = "{self.folder}"
  plugins_folder = "{modules}/plugins"
  transports_folder = "{modules}/transports"
  events_folder = "{modules}/events"
  loggers_folder = "{modules}/loggers"
  admin_secret = "{self.admin_secret}"
  session_timeout = {self.session_timeout}
  debug_colors = false
  debug_timestamps = true
}}
media: {{ ipv6 = false }}
plugins: {{ disable = "{others("plugins", "videoroom")}" }}
transports: {{ disable = "{others("transports", "http", "websockets")}" }}
loggers: {{ disable = "{others("loggers")}" }}
events: {{ broadcast = true, disable = "{others("events", "sampleevh")}", stats_period = 0 }}
""",
            "janus.transport.http.jcfg": f"""
general: {{
  json = "compact", events = false
  http = true, port = {self.port}, ip = "127.0.0.1", https = false
}}
admin: {{ admin_http = true, admin_port = {self.admin_port}, admin_ip = "127.0.0.1" }}
""",
            "janus.transport.websockets.jcfg": f"""
general: {{
  json = "compact", events = false
  ws = true, ws_port = {self.websocket_port}, ws_interface = "lo", wss = false
}}
""",
            "janus.plugin.videoroom.jcfg": f"""
general: {{ admin_key = "{self.admin_key}" }}
""",
            "janus.eventhandler.sampleevh.jcfg": f"""
general: {{
  enabled = true, grouping = true, json = "compact"
  events = "sessions,handles,plugins,core"
  backend = "{self.backend}"
  backend_user = "{self.backend_user}", backend_pwd = "{self.backend_password}"
  max_retransmissions = {self.retransmissions}, retransmissions_backoff = 100
}}
""",
        }


def missing_program() -> str | None:
    """Returns the sentence that a program of Janus is missing; ``None`` if all are there."""
    missing = [each for each in ("janus", "janus-pp-rec") if shutil.which(each) is None]
    return f"{' and '.join(missing)} missing: {INSTALL}" if missing else None


def free_ports(number: int) -> list[int]:
    """Returns ports of the loopback that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class JanusProcess:
    """A Janus that can be killed, and started again.

    Args:
        settings: its settings, which are written to its folder.
    """

    def __init__(self, settings: JanusSettings) -> None:
        self.settings = settings
        settings.write()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the process, and waits until Janus listens.

        Raises:
            JanusError: Janus is not installed, or does not start.
        """
        program = shutil.which("janus")
        if program is None:
            raise JanusError(f"janus is missing: {INSTALL}")
        with self.settings.log.open("ab") as log:
            self._process = subprocess.Popen(
                [program, "--configs-folder", str(self.settings.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        latest = time.monotonic() + _LONGEST_START
        settings = self.settings
        while not all(map(_listens, (settings.port, settings.websocket_port, settings.admin_port))):
            if self._process.poll() is not None or time.monotonic() > latest:
                self.kill()
                raise JanusError(f"Janus did not start; its log is {self.settings.log}")
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends the process at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def pid(self) -> int | None:
        """The id of the process; ``None`` if it does not run."""
        return self._process.pid if self._process is not None else None


def _listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(0.5)
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running_janus(settings: JanusSettings) -> Iterator[JanusProcess]:
    """Runs a Janus for the length of a block.

    Raises:
        JanusError: Janus is not installed, or does not start.
    """
    process = JanusProcess(settings)
    process.start()
    try:
        yield process
    finally:
        process.kill()

"""``fsm serve``: runs the meeting service."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Literal, cast

import click

from fsm.cli.usage import WholeNumber
from fsm.recording.plan import MAX_END_WHEN_EMPTY, MAX_GRACE

_option = partial(click.option, show_envvar=True)


# fmt: off
@click.command("serve", context_settings={"auto_envvar_prefix": "FSM", "show_default": False})
@_option("--host", default="127.0.0.1", metavar="HOST",
         help="The address to listen on (127.0.0.1). Any but the loopback needs --tokens.")
@_option("--port", type=WholeNumber("a port", 0, 65535), default=8080, metavar="PORT",
         help="The port (8080); 0 takes a free one.")
@_option("--db", type=click.Path(path_type=Path), default=Path("meetings.db"), metavar="FILE",
         help="The journal (meetings.db); it is created if missing.")
@_option("--cluster", "cluster_url", metavar="URL",
         help="The ingress of a Restate cluster that keeps the meetings in place of a journal.")
@_option("--cluster-admin", metavar="URL",
         help="The administration of the cluster (port 9070 at the host of its ingress).")
@_option("--endpoint-host", default="127.0.0.1", metavar="HOST",
         help="The address at which the nodes of the cluster call this process (127.0.0.1). It "
         "needs no token: let nobody else reach it.")
@_option("--endpoint-port", type=WholeNumber("a port", 1, 65535), default=9080, metavar="PORT",
         help="The port of these calls (9080).")
@_option("--endpoint-url", metavar="URL",
         help="The URL of these calls as the nodes see it, such as that of a balancer. Keep it: a "
         "call that has begun is continued at the URL where it began.")
@_option("--tokens", type=click.Path(path_type=Path), metavar="FILE",
         help="The access tokens; see fsm token. Without it clients on this machine may do all "
         "but post webhooks, and others nothing.")
@_option("--recorder", "recorder_url", metavar="URL", envvar="FSM_RECORDER",
         help="The URL that receives recorder commands. Without it nothing is recorded.")
@_option("--recorder-secret", metavar="SECRET",
         help="The secret that signs recorder commands. Prefer the environment variable.")
@_option("--replaces-recorder", is_flag=True,
         help="The recorder takes over the recordings of the one that was used before. Stop those "
         "that the other one still makes.")
@_option("--recorder-attempts", metavar="COUNT",
         type=WholeNumber("a number of attempts", 1, 1000),
         help="How often delivery of a recorder command is tried, with growing intervals, before "
         "the recorder counts as failed (9, about 33 seconds).")
@_option("--reconcile-every", type=WholeNumber("a number of seconds", 0, 86_400),
         metavar="SECONDS", default=60,
         help="The time in which every recorder is asked for its status once (60); 0 asks only at "
         "the start.")
@_option("--grace", type=WholeNumber("a whole number of seconds", 0, MAX_GRACE),
         metavar="SECONDS", default=0,
         help="The seconds for which a cloud recording goes on after a leave that would stop it "
         "(0), in meetings that are opened without their own.")
@_option("--end-when-empty", type=WholeNumber("a whole number of seconds", 0, MAX_END_WHEN_EMPTY),
         metavar="SECONDS", default=43_200,
         help="The seconds after which an empty meeting ends (43200, 12 hours), in "
         "meetings that are opened without their own; 0 for never.")
@_option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]),
         default="info", help="The lowest level that is logged (info).")
def serve_command(
    host: str, port: int, db: Path, cluster_url: str | None, cluster_admin: str | None,
    endpoint_host: str, endpoint_port: int, endpoint_url: str | None,
    tokens: Path | None, recorder_url: str | None,
    recorder_secret: str | None, replaces_recorder: bool, recorder_attempts: int | None,
    reconcile_every: int,
    grace: int, end_when_empty: int, log_level: str,
) -> None:
    # fmt: on
    """Run the meeting service: events in over HTTP, commands out to a recorder.

    SIGTERM and SIGINT end it cleanly. If it is killed, no answered event is lost.

    Each option can be set as an environment variable too: FSM_PORT for --port.
    """
    from fsm.runtime import RetryPolicy, TimerDefaults
    from fsm.web.serve import serve
    from fsm.web.service import ClusterSettings, Settings

    retry = RetryPolicy()
    if recorder_attempts is not None:
        retry = RetryPolicy(max_attempts=recorder_attempts)
    cluster = None
    if cluster_url is not None:
        cluster = ClusterSettings(
            cluster_url, cluster_admin, endpoint_host, endpoint_port, endpoint_url
        )
    settings = Settings(
        db=db, cluster=cluster, host=host, port=port, tokens=tokens, recorder_url=recorder_url,
        recorder_secret=recorder_secret, replaces_recorder=replaces_recorder, retry=retry,
        defaults=TimerDefaults(grace, end_when_empty or None),
        reconcile_every=reconcile_every or None,
        log_level=cast(Literal["debug", "info", "warning", "error"], log_level),
    )  # fmt: skip
    sys.exit(serve(settings))

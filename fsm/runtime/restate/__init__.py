"""Meetings in a Restate cluster: one virtual object for each, on as many machines as needed.

:class:`RestateRuntime` has the interface of :class:`fsm.runtime.Hub`. Its meetings are answered by
an :class:`Endpoint`, which runs the same operations as a hub on the state of the objects.
"""

from fsm.runtime.errors import ClusterError
from fsm.runtime.restate.cluster import Cluster
from fsm.runtime.restate.endpoint import Endpoint, endpoint_app
from fsm.runtime.restate.runtime import RestateRuntime
from fsm.runtime.restate.settings import EndpointSettings

__all__ = [
    "Cluster",
    "ClusterError",
    "Endpoint",
    "EndpointSettings",
    "RestateRuntime",
    "endpoint_app",
]

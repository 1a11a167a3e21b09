import asyncio

import pytest

from tests.kills.cluster import kill_cluster

pytestmark = [pytest.mark.durable, pytest.mark.usefixtures("restate_server")]
ROUNDS = 3


def test_a_cluster_loses_and_doubles_nothing_when_its_nodes_and_services_are_killed(tmp_path):
    answers, recorder = asyncio.run(kill_cluster(tmp_path, 1, lambda done, _: done < ROUNDS - 1))
    print(answers.counts, len(answers.received), recorder.counts)
    assert answers.counts["kills of serve"] == 2
    assert answers.counts["kills of node"] == 2
    assert answers.counts["attempts without an answer"] > 0
    assert answers.counts["retries"] > 0
    assert answers.counts["empty fired"] > 0
    assert answers.counts["grace fired"] > 0
    assert recorder.counts["recordings started"] > 0

"""Live meetings in a page, as a person looks at them."""

from typing import Any
from urllib.parse import quote

import attrs
import httpx

PRO = {"account": {"edition": "pro"}, "user": {"auto_record": True}}
GRACE = PRO | {"grace": 600}


def join(name, role="host", platform="windows"):
    return {"join": {"id": name, "role": role, "platform": platform}}


@attrs.frozen
class Sender:
    """The meeting server: it opens meetings and sends their events.

    Args:
        url: the URL of the service.
        token: its token, if the service asks for one.
    """

    url: str
    token: str = ""

    def _call(self, method, path, body):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = httpx.request(method, self.url + path, json=body, headers=headers, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def open(self, meeting="m-1", body=PRO):
        return self._call("PUT", f"/v1/meetings/{quote(meeting, safe='')}", body)

    def send(self, event, meeting="m-1"):
        return self._call("POST", f"/v1/meetings/{quote(meeting, safe='')}/events", event)


@attrs.frozen
class LivePage:
    """The live view in a page of a browser."""

    page: Any
    url: str

    def open(self, meeting="m-1"):
        self.page.goto(f"{self.url}/#live/{quote(meeting, safe='')}")
        self.page.locator("#live-diagram svg").wait_for()
        return self

    def wait_for_entry(self, number):
        self.page.locator(f"#live-diagram[data-step='{number}']").wait_for()

    def wait_for_state(self, state):
        self.page.locator(f"#live-now .state-{state}").wait_for()
        self.page.locator(f"#live-diagram #state-{state}.current").wait_for()

    def words(self):
        return self.page.locator("#live-timeline .event").all_text_contents()

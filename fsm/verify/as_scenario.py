"""A broken promise as a scenario file, which `fsm play` replays and draws."""

from __future__ import annotations

from typing import Any

import attrs
import yaml

from fsm.recording.account import Account
from fsm.recording.plan import Choice
from fsm.verify.broken import Broken


def scenario(broken: Broken) -> str | None:
    """Return the scenario that shows what is broken; ``None`` where no meeting shows it.

    Args:
        broken: the promise that does not hold.
    """
    opening = broken.opening
    if opening is None:
        return None
    document: dict[str, Any] = {
        "title": f"Broken: {broken.name}",
        "account": _account(opening.account),
    }
    if opening.user is not None:
        document["user"] = _choice(opening.user)
    if opening.booking is not None:
        document["booking"] = _choice(opening.booking)
    if opening.type != "scheduled":
        document["meeting"] = {"type": opening.type}
    document["events"] = [{event.trigger: _given(event)} for event in broken.events]
    rules = ", ".join(broken.rules) or "none of its own"
    what = " ".join(broken.what.split())  # a comment has one line
    return f"# rules: {rules}\n# what is wrong: {what}\n" + yaml.safe_dump(
        document, sort_keys=False, allow_unicode=True
    )


def _account(account: Account) -> dict[str, Any]:
    if not account.has_console:
        return {"edition": account.edition}
    settings = attrs.asdict(account)
    if account.auto_record.kind == "local":  # which has no sub-options (R7)
        del settings["auto_record"]["start_on_any_join"]
        del settings["auto_record"]["host_may_pause"]
    return settings


def _choice(choice: Choice) -> dict[str, Any]:
    return _given(choice)


def _given(of: Any) -> dict[str, Any]:
    return attrs.asdict(of, filter=lambda _, value: value is not None)

"""The scope of a review: settings and events in the words that both versions know.

Situations that differ only in the names of participants count as one. Every platform joins an empty
meeting. Where somebody is present, one platform stands for all that both versions treat alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import product
from typing import Any

import attrs

from fsm.recording.events import EVENTS
from fsm.recording.vocabulary import FIRST_VERSION
from fsm.review.versions import Data
from fsm.verify.meeting_space import MORE_VERSIONS, NAMES
from fsm.verify.policy_space import ACTORS

_ACTORS = [[actor.role, actor.account_settings] for actor in ACTORS]
_CLASSES_OF_KEYS = {
    "account": "account", "auto_record": "auto record", "user": "choice", "booking": "choice",
}  # fmt: skip
_NAMES_OF_KEYS = {
    "edition": "edition", "kind": "kind", "started_by": "starter", "type": "meeting type",
}  # fmt: skip

RUNNING_SETTING, STALE_SETTING = 1, 2
"""The numbers of the settings whose firings are tried: of a timer that runs, which is set for the
first time in every situation, and of a setting that there is not."""


@attrs.frozen(slots=False)
class ReviewScope:
    """The settings and events that two versions are asked about.

    Args:
        old: the greeting of the old version: its vocabulary, constants and tables.
        new: the greeting of the new version.
    """

    old: Data
    new: Data

    @cached_property
    def _common(self) -> dict[str, list[str]]:
        old = self.old["vocabulary"]
        return {
            vocabulary: [name for name in names if name in old.get(vocabulary, ())]
            for vocabulary, names in self.new["vocabulary"].items()
        }

    def names(self, vocabulary: str) -> list[str]:
        """Returns the names of a vocabulary that both versions know."""
        return self._common.get(vocabulary, [])

    def only_in(self, one: str) -> list[tuple[str, str]]:
        """Returns the names that only one version knows, each with its vocabulary.

        Args:
            one: ``old`` or ``new``.
        """
        first, other = (self.new, self.old) if one == "new" else (self.old, self.new)
        return [
            (vocabulary, name)
            for vocabulary, names in first["vocabulary"].items()
            for name in names
            if name not in other["vocabulary"].get(vocabulary, ())
        ]

    @cached_property
    def moved_names(self) -> dict[str, frozenset[str]]:
        """The names that a set of names, such as ``DESKTOPS``, holds in one version only."""
        moved: dict[str, frozenset[str]] = {}
        for constant in {**self.old["constants"], **self.new["constants"]}:
            one, other = (set(each["constants"].get(constant, ())) for each in (self.old, self.new))
            names = frozenset(name for name in one ^ other if isinstance(name, str))
            if names:
                moved[constant] = names
        return moved

    def moved_constants(self, values: frozenset[str]) -> frozenset[str]:
        """Returns the sets of names that hold any of these values in one version only."""
        return frozenset(constant for constant, names in self.moved_names.items() if names & values)

    # -- settings -------------------------------------------------------------------------

    def known_settings(self, texts: Iterable[str]) -> list[str]:
        """Returns settings without the keys that only one version knows, as JSON.

        Settings with a name that only one version knows are left out.

        Args:
            texts: the settings of both versions, as JSON.
        """
        texts = dict.fromkeys(texts)
        if self.only_in("old") or self.only_in("new"):
            known = (self._known(json.loads(text), "meeting settings") for text in texts)
            texts = dict.fromkeys(json.dumps(data) for data in known if data is not None)
        return list(texts)

    def _known(self, data: Data, cls: str) -> Data | None:
        """Returns data of a class without unknown keys; ``None`` if a name in it is unknown."""
        keys = self.names(f"key of {cls}")
        known: Data = {}
        for key, value in data.items():
            if key not in keys:
                continue
            if isinstance(value, dict):
                value = self._known(value, _CLASSES_OF_KEYS[key])
                if value is None:
                    return None
            elif key in _NAMES_OF_KEYS and value not in (None, *self.names(_NAMES_OF_KEYS[key])):
                return None
            known[key] = value
        return known

    # -- changes of the console --------------------------------------------------------------

    @cached_property
    def changes(self) -> list[Data]:
        """Every change of the console, by every actor."""
        values: dict[str, list[Any]] = {
            "by": _ACTORS,
            "kind": self.names("kind"),
            "start_on_any_join": [False, True],
            "host_may_pause": [True, False],
        }
        return [
            {trigger: fields}
            for trigger in self.names("console trigger")
            for fields in self._products(f"key of change {trigger}", values)
        ]

    def _products(self, keys: str, values: dict[str, list[Any]]) -> Iterator[Data]:
        """Yields every combination of values of the keys that both versions know."""
        known = [key for key in self.names(keys) if key in values]
        for combination in product(*(values[key] for key in known)):
            yield {key: value for key, value in zip(known, combination, strict=True)
                   if value is not None}  # fmt: skip

    def replayed(self, account: Data) -> list[Data]:
        """Returns the changes that lead from a new console to the settings of an account."""
        by = _ACTORS[0]
        auto = account["auto_record"]
        changes: list[Data] = [{"choose_kind": {"by": by, "kind": auto["kind"]}}]
        if auto["kind"] == "cloud":
            options = {key: auto[key] for key in ("start_on_any_join", "host_may_pause")}
            changes.append({"set_options": {"by": by, **options}})
        for kind in self.names("kind"):
            if not account.get(f"{kind}_recording", True):
                changes.append({"switch_off": {"by": by, "kind": kind}})
        for trigger, key in (("enable", "enabled"), ("lock", "locked")):
            if auto[key]:
                changes.append({trigger: {"by": by}})
        return changes

    # -- events of a meeting -------------------------------------------------------------------

    @cached_property
    def platforms(self) -> list[str]:
        """One platform of each class: those that are in the same sets of both versions."""
        first: dict[tuple[bool, ...], str] = {}
        for platform in self.names("platform"):
            sets = [*self.old["constants"].values(), *self.new["constants"].values()]
            first.setdefault(tuple(platform in each for each in sets), platform)
        return list(first.values())

    @cached_property
    def versions(self) -> list[str | None]:
        """Versions of clients: none, and those next to the first one that records (R3)."""
        firsts = [
            each["constants"].get("FIRST_VERSION", FIRST_VERSION) for each in (self.old, self.new)
        ]
        around = [".".join(map(str, [*first[:-1], first[-1] - 1])) for first in firsts]
        if firsts[0] != firsts[1]:
            around += [".".join(map(str, first)) for first in firsts]
        return [None, *dict.fromkeys(around)]

    def events(self, present: tuple[str, ...], participants: int) -> list[Data]:
        """Returns every event to try, including those that should be refused.

        Args:
            present: the names of the participants.
            participants: the maximum number of participants.
        """
        absent = next(name for name in NAMES if name not in present)
        names = [*present, absent]
        kinds, roles = self.names("kind"), self.names("role")
        events: list[Data] = []
        for event in EVENTS:
            trigger = event.trigger
            if trigger not in self.names("trigger"):
                continue
            if trigger == "join":
                if len(present) < participants:
                    events += self._joins(absent, alone=not present)
                if present:  # one join of a participant who is present
                    events += list(self._joins(present[0], alone=False))[:1]
                continue
            if trigger == "time_up":
                events += self._firings()
                continue
            optional = {field.name: [None] for field in attrs.fields(event)
                        if field.default is not attrs.NOTHING}  # fmt: skip
            values: dict[str, list[Any]] = {
                "id": names, "by": names, "kind": kinds, "role": roles,
            }  # fmt: skip
            for key in optional:
                values[key] = [None, *values.get(key, ())]
            events += [{trigger: fields} for fields in self._products(f"key of {trigger}", values)]
        return events

    def _joins(self, name: str, *, alone: bool) -> Iterator[Data]:
        keys = self.names("key of join")
        versions: list[str | None] = self.versions if "version" in keys else [None]
        joins = list(product(self.names("role"), self.platforms, versions))
        if alone:
            others = [each for each in self.names("platform") if each not in self.platforms]
            joins += product(self.names("role"), others, versions)
        for role, platform, version in joins:
            join = {"id": name, "role": role, "platform": platform}
            yield {"join": join | ({"version": version} if version else {})}
        if alone and "version" in keys:
            more = [each for each in MORE_VERSIONS if each is not None]
            for role, version in product(self.names("role"), more):
                join = {"id": name, "role": role, "platform": self.platforms[0]}
                yield {"join": join | {"version": version}}

    def _firings(self) -> list[Data]:
        """Returns two firings of each timer: of the setting that runs, and a stale one."""
        return [
            {"time_up": {"timer": timer, "set": number}}
            for timer, number in product(self.names("timer"), (RUNNING_SETTING, STALE_SETTING))
        ]


def subject_of(event: Data) -> str | None:
    """Returns the name of the participant whom an event is about, if there is one."""
    [fields] = event.values()
    name = fields.get("id", fields.get("by"))
    return name if isinstance(name, str) else None

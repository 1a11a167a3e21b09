"""Aliases of the vocabulary, and the hint for an unknown name: the name that was probably meant.

A misspelt name may be nearest to the name of something else: ``iphone`` is nearer to ``phone``, the
telephone, than to ``ios``. So the words that people use are listed, and beyond them only a slight
misspelling leads to a name.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from fsm.recording.vocabulary import OTHER

_ALIASES: Final[dict[str, str]] = {
    # Platforms.
    "windows": "pc win win32 win64 windowsnt windowspc windowsdesktop windowsapp",
    "macos": "mac macosx osx darwin macintosh macbook imac macapp macdesktop",
    "ios": "iphone iphoneos iphoneapp ipad ipados ipadapp ipod iosapp iospad",
    "android": "androidos androidapp androidphone androidpad androidtablet",
    "linux": "ubuntu debian fedora deepin kylin uos",
    "web": "browser chrome chromium firefox safari edge webapp webclient website h5 html5 wap",
    "phone": "telephone tel pstn dialin callin landline",
    "room": "meetingroom conferenceroom zoomroom zoomrooms roomsystem sip h323",
    OTHER: "unknown unspecified otheros harmony harmonyos harmonyosnext openharmony hongmeng ohos "
    "miniprogram wechat wechatminiprogram tv smarttv androidtv appletv firetv tvos watch "
    "applewatch watchos wearos car carplay androidauto vr visionos windowsphone chromeos "
    "chromiumos chromebook webos kaios tizen freebsd bot sdk api",
    # Roles, and the starters of a recording.
    "host": "moderator owner presenter organizer organiser chair chairperson teacher",
    "cohost": "jointhost alternativehost comoderator coorganizer coorganiser",
    "member": "attendee guest participant viewer panelist audience listener student nonhost user",
    "anyone": "everyone everybody anybody any all attendee guest member participant",
    # Accounts, meetings and kinds.
    "free": "basic",
    "pro": "professional",
    "business": "commercial biz",
    "education": "edu school university",
    "education_plus": "eduplus",
    "scheduled": "booked planned",
    "recurring": "recurrent reoccurring repeating repeated periodic weekly daily monthly",
    "quick": "instant adhoc immediate unscheduled",
    "personal": "pmi personalroom personalmeeting",
    "webinar": "broadcast livestream",
    "cloud": "server online",
    "local": "disk computer desktop client offline",
    # Events, recorder commands, and the states they lead to.
    "join": "joined enter entered connect connected participantjoined",
    "leave": "left exit quit disconnect disconnected participantleft",
    "role": "changerole rolechange rolechanged setrole promote makehost",
    "end": "ended finish close closed terminate endmeeting meetingended",
    "recorder_failed": "recordererror recorderfail recorderfailure recordingfailed",
    "start": "begin record startrecording started",
    "pause": "suspend hold pauserecording",
    "resume": "unpause continue resumerecording",
    "stop": "halt stoprecording",
    "time_up": "timerup timeup timesup timerfired timerdue timerexpired",
    "wait": "sleep delay elapse timepasses",
    "idle": "notrecording notstarted unstarted waiting inactive",
    "recording": "started resumed unpaused running active inprogress",
    "paused": "suspended onhold",
    "stopped": "stop ended finished done completed",
    # Reasons.
    "host_stopped": "stopped stop stoppedbyhost",
    "everyone_left": "allleft everybodyleft",
    "hosts_left": "allhostsleft everyhostleft nohost nohosts",
    "recording_client_left": "clientleft",
    "meeting_ended": "ended end hostended endedbyhost",
    "already_present": "present alreadyjoined",
    "not_present": "absent notjoined",
    "timer_not_set": "stale staletimer notset timernotrunning",
    "wrong_state": "invalidstate notrecording alreadyrecording notpaused",
    "kind_unavailable": "unavailable",
    # Changes of the console, and their actors.
    "lock": "locked",
    "unlock": "unlocked",
    "choose_kind": "setkind changekind selectkind",
    "super_admin": "owner root superadministrator",
    "admin": "administrator",
    "user": "member employee staff nonadmin",
    # Keys.
    "id": "uid userid clientid participant participantid user by",
    "by": "id user participant actor requester host",
    "platform": "os operatingsystem device devicetype",
    "version": "clientversion appversion",
    "kind": "type mode recordingtype autorecordtype",
    "type": "kind meetingtype",
    "started_by": "startby starter",
    "enabled": "on",
    "locked": "lock",
    "start_on_any_join": "startonjoin anyonemaystart participantjoinautorecord",
    "host_may_pause": "hostcanpause enablehostpauseautorecord",
    "auto_record": "autorecording record",
    "state": "status",
    "refused": "reason refusal rejected",
    "recorder": "command commands",
    "title": "name",
    "timers": "timer",
    "grace": "graceperiod gracetime graceseconds",
    "end_when_empty": "endifempty endempty emptytimeout endafterempty",
}
ALIASES: Final = {name: tuple(words.split()) for name, words in _ALIASES.items()}
"""Other words for a name, in small letters and digits alone. A word may stand for names of several
vocabularies, but for one name of each; in a vocabulary that has it as a name, it is that name."""

_MAX_LENGTH = 40
_LONGEST_SHORT = 4
"""The greatest length of a short word, which one wrong letter mostly makes another word."""
_DIGITS = "0123456789"


def name_hint(name: str, known: Collection[str]) -> str:
    """Returns the hint for an unknown name: the name that was probably meant, else all names.

    Args:
        name: the unknown name.
        known: the names of the vocabulary.

    >>> name_hint("iphone", ("ios", "phone"))
    "did you mean 'ios'?"
    """
    meant = meant_name(name, known)
    report = f"report it as '{OTHER}'"
    if meant is not None:
        return report if meant == OTHER else f"did you mean '{meant}'?"
    names = f"one of: {', '.join(known) or 'none'}"
    return f"{names}; if it is none of these, {report}" if OTHER in known else names


def meant_name(name: str, known: Collection[str]) -> str | None:
    """Returns the known name that was probably meant; ``None`` if that is not clear.

    Capitals, punctuation and a version at the end do not count. A misspelling is recognised if one
    letter is missing, added, wrong, or swapped with the next one, and only one name is so near.

    Args:
        name: the unknown name.
        known: the names of the vocabulary.
    """
    word = _plain(name) if len(name) <= _MAX_LENGTH else ""
    if not word:
        return None
    meanings = {alias: each for each in known for alias in ALIASES.get(each, ())}
    misspelt = [alias for alias in meanings if len(alias) > _LONGEST_SHORT]
    names = {_plain(each): each for each in known}
    meanings |= names
    for exact in (word, word.rstrip(_DIGITS)):
        if exact in meanings:
            return meanings[exact]
    near = {meanings[each] for each in (*misspelt, *names) if _is_misspelling(word, each)}
    return near.pop() if len(near) == 1 else None


def _plain(name: str) -> str:
    # A plus is part of a name: education+.
    return "".join(filter(str.isalnum, name.replace("+", "plus").casefold()))


def _is_misspelling(word: str, name: str) -> bool:
    # Another first letter often makes the opposite (unlocked), and another digit another name.
    if word[0] != name[0] or _digits(word) != _digits(name):
        return False
    # Another letter in a word of four mostly makes another word: root for room.
    if len(word) == len(name) <= _LONGEST_SHORT and sorted(word) != sorted(name):
        return False
    while word[:1] == name[:1] and word:
        word, name = word[1:], name[1:]
    while word[-1:] == name[-1:] and word:
        word, name = word[:-1], name[:-1]
    return max(len(word), len(name)) <= 1 or (len(word) == 2 and word == name[::-1])


def _digits(word: str) -> str:
    return "".join(filter(str.isdigit, word))

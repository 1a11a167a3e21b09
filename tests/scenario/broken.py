"""Broken scenario files, each with the line and the words of its message."""

HEAD = "account: {edition: enterprise}\n"
FREE = "account: {edition: free}\n"

BROKEN: dict[str, tuple[str | bytes, int, str]] = {
    "empty": ("", 1, "there is no scenario"),
    "only a comment": ("# nothing\n", 1, "there is no scenario"),
    "only empty documents": ("---\n---\n", 1, "there is no scenario"),
    "a lone word": ("hello", 1, "must be a mapping, not text"),
    "a list": ("- account: {edition: free}\n", 1, "must be a mapping, not a list"),
    "null": ("null", 1, "must be a mapping, not null"),
    "unclosed bracket": ("account: {edition: free\n", 1, "not YAML"),
    "tab for indentation": ("account:\n\tedition: free\n", 2, "not YAML"),
    "undefined alias": ("account: *nobody\n", 1, "not YAML"),
    "binary": (b"account: \xff\xfe\x00", 1, "byte 0xff is not UTF-8"),
    "binary further down": (b"account: {edition: free}\ntitle: \xe9", 2, "byte 0xe9"),
    "control character": (b"account: {edition: free}\ntitle: a\x00b", 2, "U+0000"),
    "lone surrogate": ('account: {edition: free}\ntitle: "\\ud83d"\n', 2, "not YAML"),
    "unknown directive": ("%YAML 9.9\n---\n" + FREE, 1, "not YAML"),
    "python tag": ("!!python/object:os.system {}\n", 1, "means nothing here"),
    "unknown tag": ("account: {edition: !odd free}\n", 1, "cannot be read"),
    "impossible date": (FREE + "title: 2024-13-45\n", 2, "cannot be read"),
    "number of a thousand digits": (FREE + f"title: {'9' * 5000}\n", 2, "cannot be read"),
    "nested too deeply": ("a: " + "[" * 100_000, 1, "nested too deeply"),
    "nested in braces": ("{a: " * 3_000, 1, "nested too deeply"),
    "alias of itself": ("account: &a [*a]\n", 1, "contains itself"),
    "aliases that multiply": (
        FREE
        + "x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 12)),
        7,
        "stand for too much",
    ),
    "ten megabytes": (b"a" * 10_000_000, 1, "more than 8 MiB"),
    "merge key": (FREE + "<<: {title: x}\n", 2, "merged"),
    "key given twice": (FREE + "title: a\ntitle: b\n", 3, "'title' is given twice"),
    "key given twice in an event": (
        FREE + "events:\n  - join: {id: a, id: b}\n", 3, "'id' is given twice",
    ),
    "number as a key": (FREE + "1: 2\n", 2, "read as int"),
    "list as a key": (FREE + "? [a]\n: b\n", 2, "is no key"),
    "no account": ("title: x\n", 1, "has no 'account'"),
    "account misspelt": ("acount: {edition: free}\n", 1, "did you mean 'account'?"),
    "account of nothing": ("account:\n", 1, "'account' must be a mapping, not null"),
    "account as text": ("account: free\n", 1, "'account' must be a mapping, not text"),
    "no edition": ("account: {}\n", 1, "'account' has no 'edition'"),
    "unknown edition": ("account: {edition: entreprise}\n", 1, "did you mean 'enterprise'?"),
    "edition as a number": ("account: {edition: 1}\n", 1, "must be a name, not a number"),
    "edition as a list": ("account: {edition: [free]}\n", 1, "must be a name, not a list"),
    "unknown key": (FREE + "tite: x\n", 2, "did you mean 'title'?"),
    "unknown key without a near one": (FREE + "zzz: x\n", 2, "one of: account, title"),
    "title as a number": (FREE + "title: 7\n", 2, "'title' must be text"),
    "title as a date": (FREE + "title: 2024-01-01\n", 2, "not a date"),
    "switch as text": (
        "account:\n  edition: pro\n  cloud_recording: 'yes'\n", 3, "no console to set",
    ),
    "switch as a word": (
        "account:\n  edition: business\n  cloud_recording: maybe\n", 3, "must be true or false",
    ),
    "switch as a number": (
        "account:\n  edition: business\n  local_recording: 1\n", 3, "must be true or false",
    ),
    "console of a free account": (
        "account:\n  edition: free\n  auto_record: {enabled: true}\n", 3, "(R4)",
    ),
    "empty console of a pro account": ("account: {edition: pro, auto_record: {}}\n", 1, "(R4)"),
    "switch of a pro account": ("account: {edition: pro, local_recording: true}\n", 1, "(R4)"),
    "unknown console setting": (
        "account:\n  edition: business\n  auto_record: {enable: true}\n", 3,
        "did you mean 'enabled'?",
    ),
    "console as a flag": (
        "account: {edition: business, auto_record: true}\n", 1, "must be a mapping",
    ),
    "sub-option of a local recording": (
        "account:\n  edition: business\n  auto_record: {kind: local,\n  host_may_pause: true}\n",
        4, "(R7)",
    ),
    "other sub-option of a local recording": (
        "account: {edition: business, auto_record: {kind: local, start_on_any_join: false}}\n",
        1, "(R7)",
    ),
    "unknown kind": (
        "account: {edition: business, auto_record: {kind: clud}}\n", 1, "did you mean 'cloud'?",
    ),
    "choice without auto_record": (HEAD + "user: {kind: cloud}\n", 2, "has no 'auto_record'"),
    "empty choice": (HEAD + "booking: {}\n", 2, "has no 'auto_record'"),
    "choice as a flag": (HEAD + "user: true\n", 2, "'user' must be a mapping"),
    "unknown starter": (
        HEAD + "user: {auto_record: true, started_by: king}\n", 2, "one of: host, anyone",
    ),
    "unknown key of a choice": (
        HEAD + "user: {auto_record: true, start_by: host}\n", 2, "did you mean 'started_by'?",
    ),
    "unknown meeting type": (HEAD + "meeting: {type: weekly}\n", 2, "'type' cannot be 'weekly'"),
    "meeting id as a number": (HEAD + "meeting: {id: 5}\n", 2, 'quote it: "5"'),
    "booking of a quick meeting": (
        HEAD + "meeting: {type: quick}\nbooking: {auto_record: true}\n", 3, "(D13)",
    ),
    "booking of a personal meeting": (
        HEAD + "booking: {auto_record: false}\nmeeting: {type: personal}\n", 2, "(D13)",
    ),
    "events as a mapping": (HEAD + "events: {}\n", 2, "'events' must be a list"),
    "events as text": (HEAD + "events: none\n", 2, "'events' must be a list"),
    "event as a number": (HEAD + "events: [1]\n", 2, "must be a mapping, not a number"),
    "event as a word": (HEAD + "events:\n  - end\n", 3, "must be a mapping, not text"),
    "event of nothing": (HEAD + "events:\n  -\n", 3, "must be a mapping, not null"),
    "empty event": (HEAD + "events: [{}]\n", 2, "here it has none"),
    "expectation without an event": (
        HEAD + "events:\n  - expect: {state: idle}\n", 3, "here it has none",
    ),
    "two events in one step": (
        HEAD + "events:\n  - {end: {}, recorder_failed: {}}\n", 3, "'end' and 'recorder_failed'",
    ),
    "unknown event": (HEAD + "events:\n  - jion: {id: a}\n", 3, "did you mean 'join'?"),
    "unknown event without a near one": (HEAD + "events:\n  - zap: {}\n", 3, "one of: join"),
    "event as a list": (HEAD + "events:\n  - join: [a]\n", 3, "'join' must be a mapping"),
    "join of nothing": (HEAD + "events:\n  - join:\n", 3, "'join' has no 'id'"),
    "join without a platform": (
        HEAD + "events:\n  - join: {id: a, role: host}\n", 3, "has no 'platform'",
    ),
    "unknown role": (
        HEAD + "events:\n  - join:\n      id: a\n      role: hosst\n      platform: ios\n",
        5, "did you mean 'host'?",
    ),
    "unknown platform": (
        HEAD + "events:\n  - join: {id: a, role: host, platform: window}\n", 3,
        "did you mean 'windows'?",
    ),
    **{
        f"platform {platform}": (
            HEAD + f"events:\n  - join: {{id: a, role: host, platform: {platform}}}\n", 3, hint,
        )
        for platform, hint in {
            "iphone": "'platform' cannot be 'iphone' (did you mean 'ios'?)",
            "iPadOS": "did you mean 'ios'?",
            "harmonyos": "'platform' cannot be 'harmonyos' (report it as 'other')",
            "toaster": "phone, room, other; if it is none of these, report it as 'other')",
        }.items()
    },
    "role of another product": (
        HEAD + "events:\n  - role: {id: a, role: attendee}\n", 3, "did you mean 'member'?",
    ),
    "edition with a plus": ("account: {edition: education+}\n", 1, "mean 'education_plus'?"),
    "opposite of a setting": (
        "account:\n  edition: business\n  auto_record: {unlocked: true}\n", 3,
        "one of: enabled, locked",
    ),
    "opposite of a state": (
        HEAD + "events:\n  - end: {}\n    expect: {state: started}\n", 4,
        "did you mean 'recording'?",
    ),
    "id as a number": (
        HEAD + "events:\n  - join: {id: 1, role: host, platform: ios}\n", 3, "must be text",
    ),
    "id as a truth": (HEAD + "events:\n  - leave: {id: yes}\n", 3, "not true or false"),
    "id of nothing": (HEAD + "events:\n  - leave: {id: }\n", 3, "must be text, not null"),
    "version as a number": (
        HEAD + "events:\n  - join: {id: a, role: host, platform: ios, version: 3.17}\n", 3,
        'quote it: "3.17"',
    ),
    "unknown key of an event": (
        HEAD + "events:\n  - pause: {id: a}\n", 3, "'pause' has no key 'id'",
    ),
    "start without a kind": (HEAD + "events:\n  - start: {by: a}\n", 3, "has no 'kind'"),
    "detail as a number": (HEAD + "events:\n  - recorder_failed: {detail: 5}\n", 3, "text"),
    "expectation as text": (
        HEAD + "events:\n  - end: {}\n    expect: stopped\n", 4, "'expect' must be a mapping",
    ),
    "unknown expectation": (
        HEAD + "events:\n  - end: {}\n    expect: {stat: idle}\n", 4, "did you mean 'state'?",
    ),
    "unknown expected state": (
        HEAD + "events:\n  - end: {}\n    expect: {state: stoped}\n", 4, "did you mean 'stopped'?",
    ),
    "unknown expected reason": (
        HEAD + "events:\n  - end: {}\n    expect: {refused: not_a_host}\n", 4, "'not_host'?",
    ),
    "unknown expected rule": (
        HEAD + "events:\n  - end: {}\n    expect: {rule: R99}\n", 4, "'rule' cannot be 'R99'",
    ),
    "expected commands as a mapping": (
        HEAD + "events:\n  - end: {}\n    expect: {recorder: {command: stop}}\n", 4,
        "'recorder' must be a list",
    ),
    "unknown expected command": (
        HEAD + "events:\n  - end: {}\n    expect:\n      recorder:\n        - {command: halt}\n",
        6, "'command' cannot be 'halt'",
    ),
    "misspelt key of a command": (
        HEAD + "events:\n  - end: {}\n    expect: {recorder: [{comand: stop}]}\n", 4,
        "did you mean 'command'?",
    ),
    "wrong second document": (FREE + "---\naccount: {edition: gratis}\n", 3, "cannot be 'gratis'"),
    "first of two mistakes": (HEAD + "tite: x\nmeeting: {type: weekly}\n", 2, "'title'?"),
    "fault in an event above another one": (
        HEAD + "events:\n  - start: {by: a}\nmeeting: {type: weekly}\n", 3, "has no 'kind'",
    ),
    "broken JSON": ('{"account": {"edition": "free"', 1, "not YAML"),
    "JSON with an unknown key": ('{\n\t"account": {"edition": "free"},\n\t"x": 1\n}', 3, "'x'"),
    "required key misspelt in a block": (
        "account:\n  editon: free\n", 2, "did you mean 'edition'?",
    ),
    "account misspelt further down": ("title: x\nacount: {edition: free}\n", 2, "'account'?"),
    "one mistake above another kind": (
        "titel: x\naccount: {edition: free, auto_record: {}}\n", 1, "did you mean 'title'?",
    ),
    "several unknown keys": (FREE + "bb: 1\naa: 2\n", 2, "'bb'"),
    "version that loses a digit": (
        HEAD + "events:\n  - join: {id: a, role: host, platform: ios, version: 3.20}\n", 3,
        'quote it: "3.20"',
    ),
    "id with leading zeros": (HEAD + "events:\n  - leave: {id: 007}\n", 3, 'quote it: "007"'),
    "id that YAML reads as false": (HEAD + "events:\n  - leave: {id: no}\n", 3, 'it: "no"'),
    "version in scientific notation": (
        HEAD + "events:\n  - join: {id: a, role: host, platform: ios, version: 1e1}\n", 3,
        'quote it: "1e1"',
    ),
    "key that YAML reads as true": (HEAD + "booking: {on: true}\n", 2, "'on' is read as true"),
    "expected state of nothing": (
        HEAD + "events:\n  - end: {}\n    expect: {state: null}\n", 4, "cannot be null",
    ),
    "expected kind of nothing": (
        HEAD + "events:\n  - end: {}\n    expect: {recorder: [{command: start, kind: null}]}\n",
        4, "cannot be null",
    ),
    "key of a hundred thousand letters": (FREE + "a" * 1000 + ": 1\n", 2, "aaa..."),
    "quotes that never close": ("{" + '\\"' * 16_000, 1, "not YAML"),
    "wait of nothing": (HEAD + "events:\n  - wait:\n", 3, "'wait' must be a number, not null"),
    "wait of null": (HEAD + "events: [{wait: null}]\n", 2, "not null (such as: 30)"),
    "wait as text": (HEAD + "events:\n  - wait: '30'\n", 3, "must be a number, not text"),
    "wait with a unit": (HEAD + "events:\n  - wait: 30s\n", 3, "must be a number, not text"),
    "wait as a truth": (HEAD + "events:\n  - wait: true\n", 3, "not true or false"),
    "wait as a list": (HEAD + "events:\n  - wait: [30]\n", 3, "not a list"),
    "wait as a mapping": (HEAD + "events:\n  - wait: {seconds: 30}\n", 3, "not a mapping"),
    "wait for a date": (HEAD + "events:\n  - wait: 2024-01-01\n", 3, "not a date"),
    **{
        f"wait of {seconds}": (
            HEAD + f"events:\n  - wait: {seconds}\n", 3,
            f"seconds with at most three decimals, not {shown} (such as: 30)",
        )
        for seconds, shown in {
            "-1": "-1", "-0.001": "-0.001", "0.0001": "0.0001", "1.2345": "1.2345",
            "1e-4": "0.0001", "31536000.001": "31536000.001", "31536001": "31536001",
            ".inf": "inf", "-.inf": "-inf", ".nan": "nan", "1e400": "inf",
        }.items()
    },
    "wait and an event in one step": (
        HEAD + "events:\n  - {wait: 1, end: {}}\n", 3, "here it has 'wait' and 'end'",
    ),
    "wait misspelt": (HEAD + "events:\n  - wiat: 3\n", 3, "did you mean 'wait'?"),
    "wait under another name": (HEAD + "events:\n  - sleep: 3\n", 3, "did you mean 'wait'?"),
    "grace that is too long": (
        HEAD + "meeting: {grace: 601}\n", 2,
        "grace must be a whole number from 0 to 600, not 601",
    ),
    "grace below zero": (HEAD + "meeting: {grace: -1}\n", 2, "from 0 to 600, not -1"),
    "grace with decimals": (
        HEAD + "meeting: {grace: 1.5}\n", 2,
        "'grace' must be a whole number, not a decimal number (such as: 10)",
    ),
    "grace of nothing": (HEAD + "meeting: {grace: }\n", 2, "a whole number, not null"),
    "grace as text": (HEAD + "meeting: {grace: '10'}\n", 2, "a whole number, not text"),
    "grace under another name": (
        HEAD + "meeting: {grace_period: 10}\n", 2, "did you mean 'grace'?",
    ),
    "end of an empty meeting at once": (
        HEAD + "meeting: {end_when_empty: 0}\n", 2,
        "end_when_empty must be a whole number from 1 to 604800, not 0",
    ),
    "end of an empty meeting after more than a week": (
        HEAD + "meeting: {end_when_empty: 604801}\n", 2, "from 1 to 604800, not 604801",
    ),
    "end of an empty meeting as a word": (
        HEAD + "meeting: {end_when_empty: never}\n", 2, "a whole number, not text",
    ),
    "firing without its setting": (
        HEAD + "events:\n  - time_up: {timer: grace}\n", 3, "'time_up' has no 'set'",
    ),
    "firing of an unknown timer": (
        HEAD + "events:\n  - time_up: {timer: grase, set: 1}\n", 3, "did you mean 'grace'?",
    ),
    "firing of setting zero": (
        HEAD + "events:\n  - time_up: {timer: grace, set: 0}\n", 3, "set must be a whole number",
    ),
    "firing of a setting with decimals": (
        HEAD + "events:\n  - time_up: {timer: grace, set: 1.5}\n", 3, "not a decimal number",
    ),
    "expected timers as a mapping": (
        HEAD + "events:\n  - end: {}\n    expect: {timers: {set: grace}}\n", 4,
        "'timers' must be a list, not a mapping (such as [{set: grace}])",
    ),
    "expected timer as a word": (
        HEAD + "events:\n  - end: {}\n    expect: {timers: [grace]}\n", 4,
        "must be a mapping, not text (such as {set: grace})",
    ),
    "unknown expected timer": (
        HEAD + "events:\n  - end: {}\n    expect: {timers: [{set: grase}]}\n", 4,
        "did you mean 'grace'?",
    ),
    "unknown key of an expected timer": (
        HEAD + "events:\n  - end: {}\n    expect: {timers: [{seet: grace}]}\n", 4,
        "did you mean 'set'?",
    ),
    "expected timers of nothing": (
        HEAD + "events:\n  - end: {}\n    expect: {timers: null}\n", 4, "cannot be null",
    ),
    "expected time of a timer with decimals": (
        HEAD + "events:\n  - end: {}\n    expect: {timers: [{after: 1.5}]}\n", 4,
        "'after' must be a whole number, not a decimal number",
    ),
    "binary value": (FREE + "title: !!binary aGFsbG8=\n", 2, "not bytes"),
}  # fmt: skip

"""Step through a meeting and ask the machine why, and what may be done now.

python examples/step_through.py
"""

from fsm.recording import Join, Leave, Meeting, Pause, Plan, Resume, Start, Stop

meeting = Meeting(Plan(kind="local"))

for event in (
    Join("alice", "host", "ios", "3.20"),  # a host, but not at a desktop
    Join("alice-laptop", "host", "macos", "3.20"),
    Join("bob", "cohost", "windows", "3.20"),
    Pause("bob"),  # a host, but not the client that records
    Pause("alice-laptop"),
    Resume("alice-laptop"),
    Leave("alice-laptop"),
    Start("bob", "cloud"),
    Stop("alice"),
):
    why = meeting.why(event)
    outcome = meeting.handle(event)
    print(f"{event}\n    {why}")
    for command in outcome.recorder:
        print(f"    recorder: {command}")

print("\nwhat bob may do now:")
for button, permission in meeting.allowed("bob").items():
    print(f"    {button:12} {'yes' if permission.allowed else permission.refused}")

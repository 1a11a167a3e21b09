"""A meeting step by step, with the explanation of each decision and the permissions at the end.

python examples/step_through.py
"""

from fsm.recording import Join, Leave, Meeting, Pause, Plan, Resume, Start, Stop

meeting = Meeting(Plan(kind="local"))

for event in (
    Join("alice", "host", "ios", "3.20"),  # a host, but not on a desktop
    Join("alice-laptop", "host", "macos", "3.20"),
    Join("bob", "cohost", "windows", "3.20"),
    Pause("bob"),  # a host, but not the client that records
    Pause("alice-laptop"),
    Resume("alice-laptop"),
    Leave("alice-laptop"),
    Start("bob", "cloud"),
    Stop("alice"),
):
    explanation = meeting.why(event)
    outcome = meeting.handle(event)
    print(f"{event}\n    {explanation}")
    for command in outcome.recorder:
        print(f"    recorder: {command}")

print("\nthe permissions of bob:")
for button, permission in meeting.allowed("bob").items():
    print(f"    {button:12} {'yes' if permission.allowed else permission.refused}")

"""The Chinese titles of the example scenarios, by their English ones.

A scenario file has one title, in English. The page, the book, the diagrams and ``fsm play`` show
the Chinese one to a reader of Chinese.
"""

from typing import Final

EXAMPLE_TITLES: Final[dict[str, str]] = {
    # Of several rules.
    "The Monday planning meeting, from the first to arrive to the last to leave": (
        "周一计划会：从第一人入会到最后一人离会"
    ),
    "Each command at the wrong time": "在不允许的状态下发出各个操作",
    "Of two reasons the first of the table is given": "两条拒绝理由都成立时，给出表中靠前的一条",
    # R1 to R5: who may use it.
    "A free account auto-records to the cloud": "免费版可自动云录制",
    "A pro account does not auto-record locally": "专业版不会自动本地录制",
    "A business account auto-records locally": "商业版可自动本地录制",
    "An education account auto-records locally": "教育版可自动本地录制",
    "A cloud recording is started from a phone app, not from a browser, a telephone or a room": (
        "手机客户端入会可开始云录制，网页、电话和会议室不能"
    ),
    "A local recording is started from a desktop, not from a phone app": (
        "电脑端入会可开始本地录制，手机客户端不能"
    ),
    "An old client does not start the recording, version 3.17 does": (
        "旧版客户端入会不开始录制，3.17 版才开始"
    ),
    "A later major version is new enough": "主版本号更高的客户端满足版本要求",
    "In a free account the user's choice decides": "免费版由用户自己选择",
    "In a pro account nothing is recorded unless the user chose it": (
        "专业版在用户没有选择时不自动录制"
    ),
    "In an account with a console the admin may decide for everyone": (
        "有管理后台时，管理员可为所有人统一设置"
    ),
    "A scheduled meeting": "常规会议",
    "A webinar meeting": "特邀会议",
    "A recurring meeting": "周期性会议",
    "A quick meeting": "快速会议",
    "A personal meeting": "个人会议",
    # R6 to R10: the console, and the form.
    "Off - disabled and locked, so the user's wish does not count": (
        "关闭：未启用且已锁定，用户的选择不生效"
    ),
    "Free - disabled but not locked, so the user may tick it": (
        "可自由选择：未启用也未锁定，用户可以勾选"
    ),
    "Default on - enabled but not locked, so the user may untick it": (
        "默认开启：已启用但未锁定，用户可以取消勾选"
    ),
    "Locked on - enabled and locked, so the user's wish does not count": (
        "开启并锁定：已启用且已锁定，用户的选择不生效"
    ),
    "Off - with neither master switch on, whatever else is set": (
        "关闭：两个总开关都已关闭，其他设置不生效"
    ),
    "A local recording is always started by a host and may always be paused": (
        "本地录制总是由主持人入会开启，并且总是可以暂停"
    ),
    "A member who is early starts the recording": "成员提前入会，录制随即开始",
    "The pause permission is off": "不允许主持人暂停和结束",
    "The pause permission is on": "允许主持人暂停和结束",
    'A pro user picks "started by anyone\'s join"': "专业版用户选择“任意成员入会后开启”",
    "With a console, \"started by anyone's join\" is not the user's to pick": (
        "有管理后台时，用户不能选择“任意成员入会后开启”"
    ),
    "Local was picked for the booking, and waits for a desktop": (
        "预定时选择了本地录制，等到主持人从电脑端入会才开始"
    ),
    # R11 and R12: from settings to a plan.
    "The locked console wins over booking and user": "管理后台已锁定，优先于预定和用户设置",
    "The booking wins over the user's setting": "预定时的选择优先于用户设置",
    "A booking without recording wins over a user's setting with it": (
        "预定时选择不录制，优先于用户设置的自动录制"
    ),
    "The user's setting wins over the console's default": "用户设置优先于管理后台的默认值",
    "The console's default counts where nobody chose": "无人选择时，以管理后台的默认值为准",
    "Nothing is recorded where nobody chose and the console has no default": (
        "无人选择且管理后台没有默认值时，不自动录制"
    ),
    "They reach a booking that keeps the console's cloud recording": (
        "预定时沿用管理后台的云录制，子选项生效"
    ),
    "They do not reach a booking that picked local instead": "预定时改选本地录制，子选项不生效",
    "They do not reach a user's own choice where the console is not enabled": (
        "管理后台未启用、由用户自己选择时，子选项不生效"
    ),
    # R13 to R15: starting.
    "The first host to join starts the cloud recording": "第一位主持人入会，云录制开始",
    "The first host on a desktop records on that desktop": (
        "第一位从电脑端入会的主持人，在该电脑上开始本地录制"
    ),
    "The host stopped it, and a later host does not start it again": (
        "主持人结束录制后，其他主持人入会不再自动开始"
    ),
    "Everyone left, and coming back does not start it again": "所有人离会后再入会，不再自动开始",
    "The recording client left, and coming back does not start it again": (
        "录制的客户端离会后再入会，不再自动开始"
    ),
    # R16: the causes of a stop.
    "Paused, and every host leaves": "暂停中，所有主持人离会",
    "Paused, and everyone leaves": "暂停中，所有人离会",
    "Paused, and the meeting ends": "暂停中，会议结束",
    "Paused, and a host stops it": "暂停中，主持人结束录制",
    "It stops when everyone has left, not when the last host has": (
        "最后一位主持人离会不停止，所有人离会才停止"
    ),
    "It stops when a host ends the meeting": "主持人结束会议，录制停止",
    "It does not stop when a host asks for it": "主持人要求结束录制，录制不停止",
    "It stops when a host stops the recording": "主持人结束录制，录制停止",
    "It stops when every host has left": "所有主持人离会，录制停止",
    "It stops when everyone has left, and that is then named as the reason": (
        "所有人离会，录制停止，原因是“所有人离会”"
    ),
    # R17: the stop of a local recording.
    "A host who does not record ends the meeting": "未在录制的主持人结束会议",
    "The server ends the meeting while the recording is paused": "录制暂停中，服务器结束会议",
    "The client that records leaves, another host remains": "录制的客户端离会，仍有其他主持人在会",
    "The client that records was the last one, and is still the one that is named": (
        "录制的客户端最后离会，停止原因仍是“录制端离会”"
    ),
    "Every other host leaves, and the client that records goes on": (
        "其他主持人全部离会，录制的客户端继续录制"
    ),
    "The client that records leaves while it is paused": "暂停中，录制的客户端离会",
    # D1 to D3: hosts, and starting by hand.
    "A co-host starts, pauses, resumes and, as the last of the hosts, stops the recording": (
        "联席主持人开启、暂停、继续录制，作为最后一位主持人离会时录制停止"
    ),
    "A host starts a recording by hand where nothing auto-records": (
        "没有自动录制时，主持人手动开始录制"
    ),
    "A host starts again by hand what was stopped": "录制停止后，主持人手动重新开始",
    "Starting by hand uses up the automatic start": "手动开始会用掉自动开始的机会",
    "A kind whose master switch is off cannot be started": "总开关关闭的录制方式不能手动开始",
    "A local recording cannot be started from a phone": "手机上不能开始本地录制",
    "A pro account cannot auto-record locally, but its host may record locally by hand": (
        "专业版不会自动本地录制，但主持人可以手动开始本地录制"
    ),
    "The pause permission holds for a cloud recording started by hand too": (
        "手动开始的云录制，同样受“主持人可以暂停和结束”的限制"
    ),
    "Another host's client cannot pause, resume or stop a local recording": (
        "其他主持人的客户端不能暂停、继续或结束本地录制"
    ),
    "Without the pause permission a local recording may still be paused": (
        "不允许暂停云录制时，本地录制仍可暂停"
    ),
    # D4 and D5: roles, and joins that do not qualify.
    "The host steps down first and names the next one afterwards": (
        "主持人先卸任，再指定下一位主持人"
    ),
    "Nobody is host any more, and only the last one to leave stops it": (
        "会中已没有主持人，最后一人离会录制才停止"
    ),
    "Being made host inside the meeting starts nothing": "在会中成为主持人，不会开始录制",
    "A browser, an old client and a member come first, then a host on a phone": (
        "网页、旧版客户端和成员先入会，随后主持人从手机入会"
    ),
    "A co-host on a television starts nothing, and keeps the recording going": (
        "联席主持人从电视入会：不会开始录制，但能使录制继续"
    ),
    "Old versions in several spellings come first, then a beta of 3.17": (
        "多种写法的旧版本先入会，随后是 3.17 测试版"
    ),
    "The version is not known": "客户端版本未知",
    "The version does not begin with a number": "客户端版本不以数字开头",
    # D6 to D8: kinds that are not on offer, and the plan.
    "The console is locked to a kind that is switched off, so nothing auto-records": (
        "管理后台锁定的录制方式已关闭，不自动录制"
    ),
    "The console's default is switched off, so nothing auto-records unless the user chose it": (
        "管理后台默认的录制方式已关闭，用户没有选择时不自动录制"
    ),
    "The console's default is switched off, and the user picks the kind that remains": (
        "管理后台默认的录制方式已关闭，用户选择另一种"
    ),
    "The other kind is switched off, which does not touch the console's own": (
        "另一种录制方式已关闭，不影响管理后台所选的方式"
    ),
    "The booking wants local, which is switched off, so the user's setting counts": (
        "预定时选择的本地录制已关闭，以用户设置为准"
    ),
    "The user wants local, which is switched off, so the console's default counts": (
        "用户设置的本地录制已关闭，以管理后台的默认值为准"
    ),
    "The account is no longer business but pro, and local is passed over": (
        "账户由商业版变为专业版，本地录制的选择被跳过"
    ),
    "Opened while the console said locked on, this meeting is recorded to its end": (
        "会议开启时管理后台为开启并锁定，会议录制到结束"
    ),
    "Opened after the admin turned it off, this one is not recorded": (
        "会议在管理员关闭自动录制后开启，不录制"
    ),
    # D9 to D13: participants, the end, the recorder, and meetings that are not booked.
    "Somebody on two devices is two participants": "同一人用两台设备入会，是两个参会者",
    "A host is back before the server notices that the old connection is gone": (
        "主持人重新入会时，服务器还未发现旧连接已断开"
    ),
    "A second join and the leave of a stranger change nothing": (
        "重复入会和不在会的 ID 离会，什么也不改变"
    ),
    "A host ends the meeting, and nothing is taken any more": "主持人结束会议后，不再接受任何事件",
    "The server ends a meeting in which nothing was recorded": "服务器结束一场没有录制的会议",
    "The recorder fails, and a host starts again by hand": "录制服务故障后，主持人手动重新开始",
    "Started by hand, it stops when every host has left": "手动开始的录制，在所有主持人离会时停止",
    "Started by hand, it stops when a host ends the meeting": (
        "手动开始的录制，在主持人结束会议时停止"
    ),
    "Started by hand, it may be paused, and a host may stop it": (
        "手动开始的录制，主持人可以暂停和结束"
    ),
    "The user did not want it, so the console's sub-options do not reach what is started by hand": (
        "用户选择不自动录制，手动开始的录制不受管理后台子选项影响"
    ),
    "A quick meeting follows the user's setting": "快速会议按用户设置录制",
    "A personal meeting follows the console where the user chose nothing": (
        "用户没有选择时，个人会议按管理后台的设置录制"
    ),
    "A personal meeting whose user wants no recording has none": (
        "用户选择不自动录制时，个人会议不录制"
    ),
    # D14: the grace.
    "The only host's connection breaks for three seconds": "唯一的主持人断线三秒后回到会中",
    "Nobody comes back": "宽限期间无人回来",
    "The reason is the one that holds when the timer is up": "停止原因以宽限到点时的情况为准",
    "A member who comes back alone saves nothing where hosts are needed": (
        "需要主持人在会时，仅有成员回来不能使录制继续"
    ),
    "Anyone keeps a recording going that anyone's join starts": (
        "由任意成员入会开启的录制，任何人回来都能使它继续"
    ),
    "A member who is made host cancels the timer": "成员成为主持人，宽限取消",
    "A timer that is set is not set anew": "宽限进行中，不重新计时",
    "A paused recording has a grace as well, and is still paused afterwards": (
        "暂停中的录制也有宽限，之后仍为暂停"
    ),
    "Whatever else stops the recording cancels the timer": "录制因其他原因停止，宽限取消",
    "A firing of a timer that was cancelled is stale": "已取消的计时再到点，属于过期",
    "A local recording has no grace": "本地录制没有宽限",
    # D15: empty meetings.
    "The empty meeting ends as if the server ended it": "无人的会议自行结束，如同服务器结束会议",
    "The grace is up first, then the meeting ends": "宽限先到点，会议随后结束",
    "A grace that is longer than the time of an empty meeting is cancelled by its end": (
        "宽限长于无人后结束的时间，会议结束时取消"
    ),
    "Of two timers that are due at one moment the grace is first": "两个计时同时到点，宽限在先",
    "A member who comes back keeps the meeting, but not the recording": (
        "成员回来能使会议继续，但不能使录制继续"
    ),
    "The end of the meeting cancels every timer": "会议结束，取消所有计时",
    "Without the setting a meeting stays open": "没有设置无人后结束时，会议一直开启",
}

"""What is known and dropped on purpose, each with its reason."""

CHAT = "it names nobody whose meeting it was; the chat is a file of the recording"
_LIVE = "a moment of a meeting that goes on, not what becomes of it"
_ROOM = "who waits or moves within a meeting; who came and left is told"
_CALL = "a call to a telephone or a room that is set up"
_SIGN_UP = "who registers is not who comes"
_ADMIN = "administration of the account, not its content"
_WEBINAR = "of webinars only the recordings are told"

_PARTICIPANT = "meeting.participant_"
_WAITING = ("joined_waiting_room", "left_waiting_room", "put_in_waiting_room", "admitted")
_JBH = ("jbh_joined", "jbh_waiting", "jbh_waiting_left")
_BREAKOUT = ("joined_breakout_room", "left_breakout_room", "bind", "role_changed", "feedback")
_ENDS = ("accepted", "missed", "rejected", "ringing", "failed")

IGNORED = {
    "meeting.chat_message_file_sent": CHAT,
    "meeting.chat_message_sent": CHAT,
    **{
        f"meeting.{it}": _LIVE
        for it in (
            "alert",
            "breakout_room_sharing_ended",
            "breakout_room_sharing_started",
            "device_tested",
            "live_streaming_started",
            "live_streaming_stopped",
            "sharing_ended",
            "sharing_started",
        )
    },
    "meeting.risk_alert": _ADMIN,
    **{_PARTICIPANT + it: _ROOM for it in (*_WAITING, *_JBH, *_BREAKOUT)},
    **{f"{_PARTICIPANT}phone_callout_{it}": _CALL for it in _ENDS},
    **{f"{_PARTICIPANT}room_system_callout_{it}": _CALL for it in _ENDS},
    **{
        f"{what}.registration_{it}": _SIGN_UP
        for what in ("meeting", "recording", "webinar")
        for it in ("approved", "cancelled", "created", "denied")
    },
    **{f"recording.{it}": _LIVE for it in ("paused", "resumed", "started", "stopped")},
    "recording.archive_files_completed": _ADMIN,
    "recording.cloud_storage_usage_updated": _ADMIN,
    **{
        f"webinar.{it}": _WEBINAR
        for it in (
            "alert",
            "chat_message_file_sent",
            "chat_message_sent",
            "created",
            "deleted",
            "ended",
            "participant_bind",
            "participant_feedback",
            "participant_joined",
            "participant_left",
            "participant_role_changed",
            "permanently_deleted",
            "recovered",
            "sharing_ended",
            "sharing_started",
            "started",
            "updated",
        )
    },
}

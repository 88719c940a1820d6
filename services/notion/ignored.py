"""What is known and dropped on purpose, each with its reason."""

_VIEW = "how a table is shown, not what is in it"
_FILE = "the block or the property that holds the file tells it"

IGNORED = {
    **{f"view.{it}": _VIEW for it in ("created", "updated", "deleted")},
    **{f"file_upload.{it}": _FILE for it in ("created", "completed", "expired", "upload_failed")},
}

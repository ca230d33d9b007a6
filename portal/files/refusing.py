"""Why a file is not taken, in the words of the person who chose it."""

from typing import Any

from portal.errors import Conflict, Invalid
from portal.words import N_

CHOOSE: str = N_("Choose a file first.")
EMPTY: str = N_("This file is empty. Choose another one.")
TOO_LARGE: str = N_("The file is larger than %(megabytes)d MB. Save it smaller and choose it again.")
UNKNOWN: str = N_("This kind of file is not taken. Save it as PDF, picture, Word, Excel, PowerPoint or text.")
DAMAGED: str = N_("The file is damaged or incomplete. Save it again and choose it again.")
HEIC: str = N_("Photos in HEIC or AVIF are not taken. Send it as JPEG: iPhones do so when “Most compatible” is chosen.")
TOO_WIDE: str = N_("The picture has too many pixels. Save it smaller and choose it again.")
MOVING: str = N_("This is a moving picture. Save one picture of it and choose it again.")
PACKED: str = N_("This is a packed folder. Add the files in it one by one.")
SUSPICIOUS: str = N_("The file would unpack to far more than it may. Save it again as PDF and choose it again.")
MACROS: str = N_("The file holds macros. Save it without them, for example as DOCX, XLSX or PDF.")
SECRET: str = N_("The file is protected by a password. Save it without one and choose it again.")
FULL: str = N_("Your organisation's room for files is used up. Remove files that nobody needs any more.")
MANY: str = N_("There are %(most)d files here already. Remove one first.")
NO_ROOM: str = N_("The server's disk is full, so the file was not kept. Tell the administrator.")


class Refused(Invalid):
    """A file that is not taken."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message, field="file", **params)


class TooMuch(Refused):
    """A file, or all files together, are larger than there is room for."""


class NoRoom(Conflict):
    """The disk of the server is full."""

    def __init__(self) -> None:
        super().__init__(NO_ROOM)

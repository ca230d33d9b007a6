"""Which file a link among Markdown files means. Pure."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

INDEX: Final = ("index", "readme")
ENDING: Final = re.compile(r"\.mdx?\Z", re.IGNORECASE)
OWN_NAME: Final = re.compile(r"^(id|slug):[ \t]*[\"']?([^\"'\n]+?)[\"']?[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Routes:
    """Files by every way in which a link may call them: their path, and the ends of it from any folder on."""

    by_path: Mapping[str, str]
    by_end: Mapping[str, str]  # where several end so, the one that lies highest

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> "Routes":
        """Return the routes of files, by their path; `id` and `slug` of the front matter rename the last part."""
        by_path: dict[str, str] = {}
        by_end: dict[str, str] = {}
        height: dict[str, int] = {}
        for name, text in texts.items():
            for path in _called(name, text):
                by_path.setdefault(path, name)
                parts = path.split("/")
                for start in range(len(parts)):
                    end = "/".join(parts[start:])
                    if start < height.get(end, len(parts) + start + 1):
                        by_end[end], height[end] = name, start
        return cls(by_path, by_end)

    def find(self, name: str, target: str) -> str | None:
        """Return the file that `target` means in the file `name`."""
        bare = ENDING.sub("", target.split("?", maxsplit=1)[0].rstrip("/"))
        if target.startswith("/"):
            return self.by_end.get(bare.strip("/"))
        near = posixpath.normpath(posixpath.join(posixpath.dirname(name), bare))
        own = posixpath.normpath(posixpath.join(ENDING.sub("", name), bare))  # as a page, one folder deeper
        return self.by_path.get(near) or self.by_path.get(own) or self.by_end.get(bare.replace("../", "").lstrip("./"))


def _called(name: str, text: str) -> list[str]:
    """Return the paths by which a file is known, without their ending."""
    path = ENDING.sub("", name)
    folder, last = posixpath.split(path)
    found = [path]
    if last.lower() in INDEX:
        found.append(folder)
    head = text[:2000].partition("\n---")[0] if text.startswith("---") else ""
    for _key, own in OWN_NAME.findall(head):
        found.append(posixpath.normpath(posixpath.join(folder, own.strip().lstrip("/"))))
    return [each for each in dict.fromkeys(found) if each and each != "."]

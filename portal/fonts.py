"""What the making of PDF pages needs of the system, and whether it is there. Standard library only: the setup asks too.

A page without a fitting font is drawn with boxes and nobody is told; so it is asked here, before.
"""

import ctypes
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

COMMON: Final = "报价单数量金额税率合计"
RARE: Final = "㛃䶮𬭎"  # characters of personal and company names outside the first 20,000
PANGO: Final = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libfontconfig.so.1")
SUBSET: Final = ("libharfbuzz-subset.so.0",)
_FC: Final = "libfontconfig.so.1"


class Lack(NamedTuple):
    """Something of the system that is absent: what it is, the Debian packages that bring it, and what is lost."""

    name: str
    packages: tuple[str, ...]
    loss: str


_PANGO = Lack("pango", ("libpango-1.0-0", "libpangoft2-1.0-0"), "no quote can be made as PDF")
_SUBSET = Lack("harfbuzz-subset", ("libharfbuzz-subset0",), "no quote can be made as PDF")
_FONT = Lack("Chinese font", ("fonts-noto-cjk",), "no quote can be made as PDF: Chinese characters would be boxes")
_GLYPHS = Lack(
    "Chinese font with rare characters",
    ("fonts-noto-cjk",),
    f"rare characters of names ({', '.join(RARE)}) are boxes in a PDF; every other character is right",
)


def loads(library: str) -> bool:
    """Tell whether the system finds this shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


class _Set(ctypes.Structure):
    """The beginning of fontconfig's FcFontSet: how many fonts it holds."""

    _fields_ = (("nfont", ctypes.c_int), ("sfont", ctypes.c_int))


def has_glyphs(text: str) -> bool:
    """Tell whether each character is in some font that fontconfig knows."""
    try:
        fc = ctypes.CDLL(_FC)
    except OSError:
        return False
    return all(_fonts_with(fc, character) for character in text)


def _fonts_with(fc: ctypes.CDLL, character: str) -> int:
    """Return how many fonts have the character."""
    pointer = ctypes.c_void_p
    fc.FcNameParse.restype, fc.FcNameParse.argtypes = pointer, [ctypes.c_char_p]
    fc.FcObjectSetCreate.restype = pointer
    fc.FcFontList.restype, fc.FcFontList.argtypes = ctypes.POINTER(_Set), [pointer, pointer, pointer]
    fc.FcFontSetDestroy.argtypes = [ctypes.POINTER(_Set)]
    fc.FcPatternDestroy.argtypes = fc.FcObjectSetDestroy.argtypes = [pointer]
    pattern, wanted = fc.FcNameParse(f":charset={ord(character):x}".encode()), fc.FcObjectSetCreate()
    found = fc.FcFontList(None, pattern, wanted)
    fc.FcPatternDestroy(pattern)
    fc.FcObjectSetDestroy(wanted)
    if not found:
        return 0
    number = int(found.contents.nfont)
    fc.FcFontSetDestroy(found)
    return number


def missing(library: Callable[[str], bool] = loads, glyphs: Callable[[str], bool] = has_glyphs) -> list[Lack]:
    """Return what is absent; empty when every page can be drawn as it should be."""
    lacks = [lack for lack, needs in ((_PANGO, PANGO), (_SUBSET, SUBSET)) if not all(map(library, needs))]
    if not glyphs(COMMON):
        return [*lacks, _FONT]
    return lacks if glyphs(RARE) else [*lacks, _GLYPHS]


def blocking(lacks: Sequence[Lack]) -> list[Lack]:
    """Return those without which no document may be made."""
    return [lack for lack in lacks if lack != _GLYPHS]


def sentence(lacks: Sequence[Lack]) -> str:
    """Say what is missing, what does not work without it and what to install."""
    if not lacks:
        return "Everything that PDF pages need is here."
    what = "; ".join(f"{lack.name} is missing: {lack.loss}" for lack in lacks)
    packages = dict.fromkeys(package for lack in lacks for package in lack.packages)
    return f"{what}. To install: apt-get install {' '.join(packages)}"

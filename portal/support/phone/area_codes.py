"""Where a Chinese fixed line stands, by its area code, and which part of the world a country code is. Pure.

Source: the public numbering plan (area codes by province) and the country codes of ITU-T E.164.
"""

from collections.abc import Mapping
from typing import Final

_AREAS: Final[Mapping[str, str]] = {
    "CN-BJ": "10",
    "CN-SH": "21",
    "CN-TJ": "22",
    "CN-CQ": "23",
    "CN-LN": "24 41 42",
    "CN-JS": "25 51 52",
    "CN-HB": "27 71 72",
    "CN-SC": "28 81 82 83",
    "CN-SN": "29 91",
    "CN-HE": "31 32 33",
    "CN-SX": "34 35",
    "CN-HA": "37 39",
    "CN-JL": "43 44",
    "CN-HL": "45 46",
    "CN-NM": "47 48",
    "CN-SD": "53 54 63",
    "CN-AH": "55 56",
    "CN-ZJ": "57 58",
    "CN-FJ": "59",
    "CN-GD": "20 66 75 76",
    "CN-YN": "69 87 88",
    "CN-JX": "70 79",
    "CN-HN": "73 74",
    "CN-GX": "77",
    "CN-GZ": "85",
    "CN-XZ": "89",
    "CN-XJ": "90 99",
    "CN-GS": "93 94",
    "CN-NX": "95",
    "CN-QH": "97",
}
_BY_PREFIX: Final = {prefix: region for region, prefixes in _AREAS.items() for prefix in prefixes.split()}
_BY_PREFIX["898"] = "CN-HI"  # the one province inside another's range
_COUNTRIES: Final[Mapping[str, str]] = {"852": "CN-HK", "853": "CN-MO", "886": "CN-TW"}
_CONTINENTS: Final[Mapping[str, str]] = {
    "1": "america",
    "2": "africa",
    "3": "europe",
    "4": "europe",
    "5": "america",
    "6": "asia",
    "7": "europe",
    "8": "asia",
    "9": "asia",
}
_OCEANIA: Final = ("61", "64", "67", "68", "69")
MOBILE: Final = ("13", "14", "15", "16", "17", "18", "19")


def region_of(number: str) -> str:
    """Return the region code of a number in its one form (digits with the country code); "" where none can be told.

    Mobile numbers move with their owners and say nothing.
    """
    if not number:
        return ""
    if number.startswith("86"):
        return _province(number[2:])
    if number[:3] in _COUNTRIES:
        return _COUNTRIES[number[:3]]
    return "oceania" if number.startswith(_OCEANIA) else _CONTINENTS.get(number[0], "")


def _province(local: str) -> str:
    if (len(local) == 11 and local.startswith(MOBILE)) or local.startswith(("400", "800")):
        return ""
    return _BY_PREFIX.get(local[:3]) or _BY_PREFIX.get(local[:2], "")

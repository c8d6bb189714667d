"""Checks of written forms: colours, emoji, airport codes, CSV, Big-O, dates."""

from __future__ import annotations

import colorsys
import csv
import functools
import io
import re
from collections.abc import Sequence
from datetime import date

import airportsdata

from faceplate.adapters.checks.css_colours import COLOUR_NAMES
from faceplate.adapters.checks.subject import Subject, code_of, folded, shown

_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_NUMBER = r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:%|deg|turn|rad)?\s*"
_FUNCTION = re.compile(rf"(?:rgb|hsl)a?\({_NUMBER}(?:[,\s/]{_NUMBER}){{2,3}}\)", re.IGNORECASE)
_EMOJI = (
    r"[\U0001F000-\U0001FAFF\u2600-\u27BF\u2300-\u23FF\u2B00-\u2BFF\u2190-\u21FF\u25A0-\u25FF"
    r"\u2934\u2935\u3030\u303D\u3297\u3299\u203C\u2049\u2122\u2139\u00A9\u00AE\u24C2]"
)
_CLUSTER = re.compile(
    rf"[\U0001F1E6-\U0001F1FF]{{2}}|[0-9#*]\uFE0F?\u20E3"
    rf"|{_EMOJI}[\uFE0E\uFE0F\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F]*"
    rf"(?:\u200D{_EMOJI}[\uFE0E\uFE0F\U0001F3FB-\U0001F3FF]*)*"
)
_BIG_O = re.compile(r"O\((.+)\)")
_BIG_O_BODY = re.compile(r"[A-Za-z0-9_+\-*/^!|√\u00b2\u00b3\u207f\u00b7\u00d7\s.,()]+")
_HEX_IN_TEXT = re.compile(r"#([0-9a-fA-F]{6})\b")
# Ranges of the hue circle in degrees, overlapping where people disagree.
_HUES: dict[str, tuple[tuple[int, int], ...]] = {
    "red": ((0, 18), (345, 360)),
    "orange": ((10, 45),),
    "yellow": ((40, 70),),
    "green": ((65, 170),),
    "cyan": ((160, 200),),
    "blue": ((190, 260),),
    "purple": ((245, 300),),
    "pink": ((290, 350),),
}
_CODE = re.compile(r"[A-Z0-9]{3,4}")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def colour(subject: Subject, *, form: str = "any") -> str | None:
    """Fail when a value is no CSS colour; ``form`` may ask for hex, rgb or hsl."""
    if not subject.texts:
        return "there is no colour"
    for text in subject.texts:
        value = text.strip().rstrip(";")
        value = value.split(":", 1)[1].strip() if ":" in value else value
        fits = bool(_HEX.fullmatch(value) or _FUNCTION.fullmatch(value))
        if not fits and value.lower() not in COLOUR_NAMES:
            return f"{shown(text)} is no CSS colour"
        if form != "any" and not value.lower().startswith("#" if form == "hex" else form):
            return f"{shown(text)} is not in the form {form}"
    return None


def hue(subject: Subject, *, names: Sequence[str]) -> str | None:
    """Fail when the first colour written as #RRGGBB in a text has none of the named hues.

    The names are ``red``, ``orange``, ``yellow``, ``green``, ``cyan``, ``blue``, ``purple``,
    ``pink`` and ``grey`` (saturation under 12 %).
    """
    unknown = set(names) - {*_HUES, "grey"}
    if unknown:
        raise ValueError(f"no such hue: {unknown}")
    for text in subject.texts:
        found = _HEX_IN_TEXT.search(text)
        if found is None:
            return f"{shown(text)} has no colour as #RRGGBB"
        red, green, blue = (int(found[1][place : place + 2], 16) / 255 for place in (0, 2, 4))
        turn, _, saturation = colorsys.rgb_to_hls(red, green, blue)
        fits = saturation < 0.12 and "grey" in names
        for name in names:
            if name in _HUES and saturation >= 0.12:
                fits = fits or any(low <= turn * 360 <= high for low, high in _HUES[name])
        if not fits:
            return f"{found[0]} is not {' or '.join(names)}"
    return None


def emoji(subject: Subject, *, at_least: int = 1, at_most: int | None = None) -> str | None:
    """Fail when a text is anything but emoji and spaces, or has too few or too many."""
    for text in subject.texts:
        rest = _CLUSTER.sub("", text)
        if rest.strip():
            return f"{shown(rest.strip())} is no emoji"
        found = len(_CLUSTER.findall(text))
        if found < at_least or (at_most is not None and found > at_most):
            return f"{found} emoji"
    return None


def airport_code(subject: Subject, *, system: str = "iata") -> str | None:
    """Fail when a code belongs to no airport; IATA's codes for whole cities count."""
    for text in subject.texts:
        if not _CODE.fullmatch(text) or text not in airport_codes(system):
            return f"{shown(text)} is no {system.upper()} code"
    return None


def airport_city(subject: Subject, *, codes: str, system: str = "iata") -> str | None:
    """Fail when a code, at another path and in the same order, is not of the city named here."""
    known = airport_codes(system)
    for city, code in zip(subject.values, subject.at(codes), strict=False):
        names = known.get(str(code), "")
        if folded(str(city)).split(",")[0] not in names:
            return f"{shown(code)} is not in {shown(city)}"
    return None


def csv_rectangular(
    subject: Subject, *, delimiter: str = ",", rows: int | None = None
) -> str | None:
    """Fail when a text is no CSV with a header, rows, and as many cells in each of them."""
    for text in subject.texts:
        try:
            table = list(csv.reader(io.StringIO(code_of(text)), delimiter=delimiter))
        except csv.Error:
            return "not readable as CSV"
        table = [row for row in table if row]
        if len(table) < 2 or len(table[0]) < 2:
            return "a header of two columns and a row are the least"
        for place, row in enumerate(table, 1):
            if len(row) != len(table[0]):
                return f"row {place} has {len(row)} cells for {len(table[0])} columns"
        if rows is not None and len(table) - 1 != rows:
            return f"{len(table) - 1} rows, not {rows}"
    return None


def big_o(subject: Subject, *, same_as: str = "") -> str | None:
    """Fail when a text is not of the form O(…), or not the same as another, spaces and * aside."""
    if not subject.texts:
        return "nothing is there"
    for text in subject.texts:
        found = _BIG_O.fullmatch(text.strip())
        if not found or not _BIG_O_BODY.fullmatch(found[1]) or not _paired(found[1]):
            return f"{shown(text)} is not of the form O(…)"
        if same_as and _big_o_form(text) != _big_o_form(same_as):
            return f"{shown(text)}, not {shown(same_as)}"
    return None


def iso_date(subject: Subject) -> str | None:
    """Fail when a value is no day of the calendar in the form 2024-01-31; null passes."""
    for text in subject.texts:
        found = _DAY.fullmatch(text)
        if found is None:
            return f"{shown(text)} is not of the form YYYY-MM-DD"
        try:
            date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return f"{shown(text)} is no day of the calendar"
    return None


@functools.lru_cache(maxsize=2)
def airport_codes(system: str) -> dict[str, str]:
    """Return every code of a system, iata or icao, with the names of its place, case-folded."""
    key = "ICAO" if system == "icao" else "IATA"
    codes = {
        code: folded(f"{one['city']} {one['name']} {one['subd']}")
        for code, one in airportsdata.load(key).items()  # type: ignore[arg-type]
    }
    if key == "IATA":
        for code, place in airportsdata.load_iata_macs().items():
            codes[code] = folded(place["name"]) + " " + codes.get(code, "")
    return codes


def _big_o_form(text: str) -> str:
    plain = re.sub(r"[\s\u00b7\u00d7*()]", "", text).lower()
    plain = plain.replace("²", "^2").replace("³", "^3").replace("log2", "log")
    return "".join(sorted(plain)) if "+" not in plain and "^" not in plain else plain


def _paired(text: str) -> bool:
    depth = 0
    for one in text:
        depth += {"(": 1, ")": -1}.get(one, 0)
        if depth < 0:
            return False
    return depth == 0

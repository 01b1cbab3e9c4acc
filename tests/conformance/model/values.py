"""Values of events: texts for keys and counting, exact numbers, places."""
import itertools
import json
import math
import re
from fractions import Fraction

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
MOST = 64  # groups, or tuples, of one event
EARTH_KM = 6371.0088


def text_of(value):
    """Of one scalar or object; None for what counts as missing."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"))
    return str(value)


def number_of(value):
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or not NUMBER.fullmatch(str(value)):
        return None
    return Fraction(str(value))


def tuples(parts):
    return list(itertools.islice(itertools.product(*parts), MOST))


def place_of(value):
    """(latitude, longitude), or None."""
    if isinstance(value, str):
        value = dict(zip(("lat", "lon"), value.split(","))) if value.count(",") == 1 else None
    if not isinstance(value, dict):
        return None
    latitude = number_of(value.get("lat", value.get("latitude")))
    longitude = number_of(value.get("lon", value.get("longitude")))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return float(latitude), float(longitude)


def kilometres(one, other):
    (lat1, lon1), (lat2, lon2) = [map(math.radians, place) for place in (one, other)]
    chord = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))

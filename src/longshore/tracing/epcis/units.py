"""Units of measure by their UN/ECE Recommendation 20 codes: what they measure, and how they become the base unit.

Only units of one dimension compare. A unit that is not in the table compares with itself alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi


@dataclass(frozen=True, slots=True)
class Unit:
    """base value = value × factor + offset."""

    dimension: str
    factor: float
    offset: float = 0.0


MINUTE, HOUR, DAY, YEAR = 60.0, 3600.0, 86400.0, 31_556_925.9747
FOOT, INCH, YARD, MILE = 0.3048, 0.0254, 0.9144, 1609.344
POUND, OUNCE = 0.45359237, 0.028349523125
GALLON_US, GALLON_UK = 0.003785411784, 0.00454609
ATMOSPHERE, PSI, CALORIE, BTU = 101_325.0, 6894.757293168, 4.1868, 1055.05585262

# dimension → {code: factor to the base unit}
FACTORS: dict[str, dict[str, float]] = {
    "temperature": {"KEL": 1.0, "A48": 5 / 9},
    "length": {
        "MTR": 1.0,
        "KMT": 1e3,
        "CMT": 1e-2,
        "MMT": 1e-3,
        "4H": 1e-6,
        "C45": 1e-9,
        "DMT": 0.1,
        "HMT": 100.0,
        "FOT": FOOT,
        "INH": INCH,
        "YRD": YARD,
        "SMI": MILE,
        "NMI": 1852.0,
        "A11": 1e-10,
        "C52": 1e-12,
    },
    "area": {
        "MTK": 1.0,
        "CMK": 1e-4,
        "MMK": 1e-6,
        "KMK": 1e6,
        "HAR": 1e4,
        "DMK": 1e-2,
        "ACR": 4046.872609874,
        "FTK": FOOT**2,
        "INK": INCH**2,
        "YDK": YARD**2,
        "ARE": 100.0,
    },
    "volume": {
        "MTQ": 1.0,
        "LTR": 1e-3,
        "MLT": 1e-6,
        "CMQ": 1e-6,
        "DMQ": 1e-3,
        "CLT": 1e-5,
        "DLT": 1e-4,
        "HLT": 0.1,
        "MMQ": 1e-9,
        "FTQ": FOOT**3,
        "INQ": INCH**3,
        "YDQ": YARD**3,
        "GLL": GALLON_US,
        "GLI": GALLON_UK,
        "OZA": GALLON_US / 128,
        "OZI": GALLON_UK / 160,
        "PTI": GALLON_UK / 8,
        "QT": GALLON_US / 4,
        "4G": 1e-9,
        "BLL": 42 * GALLON_US,
    },
    "mass": {
        "KGM": 1.0,
        "GRM": 1e-3,
        "MGM": 1e-6,
        "MC": 1e-9,
        "TNE": 1e3,
        "DTN": 100.0,
        "HGM": 0.1,
        "CGM": 1e-5,
        "LBR": POUND,
        "ONZ": OUNCE,
        "STI": 14 * POUND,
        "LTN": 2240 * POUND,
        "STN": 2000 * POUND,
        "GRN": 64.79891e-6,
    },
    "time": {
        "SEC": 1.0,
        "MIN": MINUTE,
        "HUR": HOUR,
        "DAY": DAY,
        "WEE": 7 * DAY,
        "C26": 1e-3,
        "B98": 1e-6,
        "C47": 1e-9,
        "ANN": YEAR,
        "MON": YEAR / 12,
    },
    "speed": {
        "MTS": 1.0,
        "KMH": 1e3 / HOUR,
        "HM": MILE / HOUR,
        "KNT": 1852.0 / HOUR,
        "FS": FOOT,
        "M62": 1e3,
        "2M": 1e-2,
        "C16": 1e-3,
        "2X": 1 / MINUTE,
        "FR": FOOT / MINUTE,
        "IU": INCH,
    },
    "acceleration": {"MSK": 1.0, "K40": 9.80665, "A76": 1e-2, "A73": FOOT, "M38": 1e3, "M39": 1e-2, "M41": 1e-3},
    "pressure": {
        "PAL": 1.0,
        "KPA": 1e3,
        "MPA": 1e6,
        "A97": 100.0,
        "BAR": 1e5,
        "MBR": 100.0,
        "B96": 1e-6,
        "74": 1e-3,
        "PS": PSI,
        "ATM": ATMOSPHERE,
        "HN": 133.322387415,
        "UA": 133.322368421,
        "F79": 3386.389,
        "A89": 1e9,
        "ATT": 98_066.5,
        "HP": 9.80665,
        "C55": 1.0,
    },
    "force": {"NEW": 1.0, "B47": 1e3, "B51": 1e6, "C20": 1e-3, "DU": 1e-5, "C78": 4.4482216152605, "B37": 9.80665},
    "torque": {"NU": 1.0, "B48": 1e3, "B75": 1e6, "D83": 1e-3, "M92": 1.3558179483314, "F21": 0.1129848290276},
    "energy": {
        "JOU": 1.0,
        "KJO": 1e3,
        "3B": 1e6,
        "GV": 1e9,
        "C15": 1e-3,
        "WHR": HOUR,
        "KWH": 3.6e6,
        "MWH": 3.6e9,
        "GWH": 3.6e12,
        "D70": CALORIE,
        "E14": 1e3 * CALORIE,
        "BTU": BTU,
        "A53": 1.602176634e-19,
    },
    "power": {"WTT": 1.0, "KWT": 1e3, "MAW": 1e6, "C31": 1e-3, "A90": 1e9, "BHP": 745.69987158, "D80": 1e-6},
    "frequency": {"HTZ": 1.0, "KHZ": 1e3, "MHZ": 1e6, "A86": 1e9, "C97": 1.0, "C94": 1 / MINUTE, "RPM": 1 / MINUTE},
    "angle": {
        "C81": 1.0,
        "DD": pi / 180,
        "D61": pi / 10_800,
        "D62": pi / 648_000,
        "A91": pi / 200,
        "C25": 1e-3,
        "M43": 2 * pi / 6400,
        "M44": 2 * pi,
        "B97": 1e-6,
    },
    "angular velocity": {"2A": 1.0, "E96": pi / 180},
    "angular acceleration": {"2B": 1.0, "M45": pi / 180},
    "solid angle": {"D27": 1.0},
    "current": {"AMP": 1.0, "4K": 1e-3, "B84": 1e-6, "B22": 1e3, "C39": 1e-9, "C70": 1e-12},
    "voltage": {"VLT": 1.0, "2Z": 1e-3, "KVT": 1e3, "D82": 1e-6, "B78": 1e6},
    "resistance": {"OHM": 1.0, "B49": 1e3, "E45": 1e-3, "A87": 1e9, "B94": 1e-6},
    "conductance": {"SIE": 1.0, "B53": 1e3, "C27": 1e-3, "B99": 1e-6, "NQ": 1.0},
    "capacitance": {"FAR": 1.0, "C10": 1e-3, "4O": 1e-6, "C41": 1e-9, "4T": 1e-12, "N90": 1e3},
    "charge": {"COU": 1.0, "AMH": HOUR, "B26": 1e3, "D86": 1e-3, "B86": 1e-6, "E09": 3.6, "TAH": 3.6e6},
    "inductance": {"81": 1.0, "C14": 1e-3, "B90": 1e-6, "C43": 1e-9, "C73": 1e-12},
    "magnetic flux": {"WEB": 1.0, "C33": 1e-3},
    "magnetic flux density": {"D33": 1.0, "C29": 1e-3, "D81": 1e-6, "C48": 1e-9},
    "electric field": {"D50": 1.0, "C30": 1e-3, "B55": 1e3, "B79": 1e6},
    "luminous intensity": {"CDL": 1.0, "P33": 1e3, "P34": 1e-3},
    "luminance": {"A24": 1.0},
    "luminous flux": {"LUM": 1.0},
    "illuminance": {"LUX": 1.0, "KLX": 1e3, "P25": 10.763910417},
    "irradiance": {"D54": 1.0, "C32": 1e-3, "N48": 1e4},
    "amount of substance": {"C34": 1.0, "B45": 1e3, "C18": 1e-3, "FH": 1e-6, "Z9": 1e-9},
    "amount concentration": {"C36": 1.0, "C35": 1e3, "C38": 1e3, "M33": 1.0, "B46": 1e3},
    "molality": {"C19": 1.0},
    "density": {
        "KMQ": 1.0,
        "GL": 1.0,
        "23": 1e3,
        "A93": 1e-3,
        "GP": 1e-6,
        "M1": 1e-3,
        "GQ": 1e-9,
        "B35": 1e3,
        "B34": 1e3,
        "H29": 1e-6,
        "F23": 1.0,
        "87": POUND / FOOT**3,
        "D41": 1e3,
    },
    "specific volume": {"A39": 1.0, "H83": 1e-3, "KX": 1e-6},
    "mass flow": {"KGS": 1.0, "F31": 1 / MINUTE, "E93": 1 / HOUR, "4M": 1e-6 / HOUR, "E78": 1e3 / HOUR},
    "volume flow": {
        "MQS": 1.0,
        "MQH": 1 / HOUR,
        "G51": 1e-3,
        "L2": 1e-3 / MINUTE,
        "E32": 1e-3 / HOUR,
        "40": 1e-6,
        "41": 1e-6 / MINUTE,
        "2K": FOOT**3 / HOUR,
        "2L": FOOT**3 / MINUTE,
        "G50": GALLON_US / HOUR,
    },
    "surface density": {"28": 1.0, "GM": 1e-3, "GO": 1e-6, "25": 10.0, "D5": 1e4},
    "surface tension": {"4P": 1.0, "C22": 1e-3},
    "dynamic viscosity": {"C65": 1.0, "C24": 1e-3, "89": 0.1, "C7": 1e-3, "N37": 1.0},
    "kinematic viscosity": {"S4": 1.0, "C17": 1e-6, "91": 1e-4, "4C": 1e-6},
    "absorbed dose": {"A95": 1.0, "C13": 1e-3, "C80": 1e-2},
    "absorbed dose rate": {"A96": 1.0, "P54": 1e-3, "P61": 1 / HOUR},
    "dose equivalent": {"D13": 1.0, "C28": 1e-3},
    "dose equivalent rate": {
        "P65": 1.0,
        "P66": 1e-3,
        "P67": 1e-6,
        "P70": 1 / HOUR,
        "P71": 1e-3 / HOUR,
        "P72": 1e-6 / HOUR,
    },
    "radioactivity": {"BQL": 1.0, "2Q": 1e3, "4N": 1e6, "GBQ": 1e9, "CUR": 3.7e10, "MCU": 3.7e7, "M5": 3.7e4},
    "memory": {
        "AD": 8.0,
        "A99": 1.0,
        "2P": 8e3,
        "4L": 8e6,
        "E34": 8e9,
        "E35": 8e12,
        "C37": 1e3,
        "D36": 1e6,
        "B68": 1e9,
    },
    "ratio": {"C62": 1.0, "P1": 1e-2, "59": 1e-6, "NX": 1e-3, "61": 1e-9, "EA": 1.0, "H87": 1.0},
    "wavenumber": {"C92": 1.0, "E90": 100.0},
    "radiant intensity": {"D57": 1.0},
    "molar mass": {"D74": 1.0, "A94": 1e-3},
    "molar volume": {"A40": 1.0, "A36": 1e-6, "A37": 1e-3},
    "molar energy": {"B15": 1.0, "B44": 1e3},
}
UNITS: dict[str, Unit] = {
    code: Unit(dimension, factor) for dimension, codes in FACTORS.items() for code, factor in codes.items()
} | {
    "CEL": Unit("temperature", 1.0, 273.15),
    "FAH": Unit("temperature", 5 / 9, 459.67 * 5 / 9),
}


def dimension_of(code: str) -> str:
    """What the unit measures; "" for a unit we do not know."""
    unit = UNITS.get(code)
    return unit.dimension if unit is not None else ""


def to_base(value: float, code: str) -> float | None:
    """In the base unit of its dimension; None for an unknown unit."""
    unit = UNITS.get(code)
    return None if unit is None else value * unit.factor + unit.offset


def spread_to_base(value: float, code: str) -> float | None:
    """A difference, such as a standard deviation: no offset."""
    unit = UNITS.get(code)
    return None if unit is None else value * unit.factor

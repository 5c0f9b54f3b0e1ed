"""What single LaTeX commands in text stand for: signs, accented letters, and those that show nothing."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["ACCENTS", "ALONE", "DROPPED", "accented"]

ALONE: Final = {
    **{sign: sign for sign in "%$&#_{}"},
    " ": " ",
    "\n": " ",
    ",": "\u2009",
    ";": " ",
    ":": " ",
    "!": "",
    "-": "",
    "/": "",
    "@": "",
    **dict.fromkeys(("ldots", "dots", "textellipsis"), "…"),
    "textbackslash": "\\",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textunderscore": "_",
    "textdollar": "$",
    "textquotedbl": '"',
    "textquotesingle": "'",
    "textquoteleft": "‘",
    "textquoteright": "’",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "guillemotleft": "«",
    "guillemotright": "»",
    "textendash": "–",
    "textemdash": "—",
    "textdegree": "°",
    "textbullet": "•",
    "copyright": "©",
    "pounds": "£",
    "euro": "€",
    "texteuro": "€",
    "dag": "†",
    "S": "§",
    "P": "¶",
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "ss": "ß",
    "o": "ø",
    "O": "Ø",
    "aa": "å",
    "AA": "Å",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "i": "ı",
    "j": "ȷ",
    "l": "ł",
    "L": "Ł",
    "quad": "\u2003",
    "qquad": "\u2003\u2003",
    "space": " ",
}

ACCENTS: Final = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "H": "\u030b", "u": "\u0306", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331",
}  # fmt: skip
"""By command, the combining character."""

DROPPED: Final = {
    **dict.fromkeys(("noindent", "indent", "centering", "raggedright", "raggedleft", "normalsize", "normalfont"), 0),
    **dict.fromkeys(("smallskip", "medskip", "bigskip", "newpage", "clearpage", "pagebreak", "hfill", "vfill"), 0),
    **dict.fromkeys(("hline", "toprule", "midrule", "bottomrule", "maketitle", "protect", "relax", "sloppy"), 0),
    **dict.fromkeys(("vspace", "hspace", "label", "ref", "cline", "phantom", "vskip", "thispagestyle"), 1),
    **dict.fromkeys(("usepackage", "lstset", "pagestyle", "graphicspath"), 1),
    **dict.fromkeys(("setlength", "addtolength", "setcounter", "newcommand", "renewcommand", "definecolor"), 2),
}
"""Commands that show nothing, and how many arguments go with them."""


def accented(accent: str, letter: str) -> str:
    """The letter with an accent of ACCENTS; more than a letter stays as it is. Pure."""
    bare = {"\\i": "i", "\\j": "j"}.get(letter.strip(), letter.strip())
    if len(bare) != 1:
        return bare
    return unicodedata.normalize("NFC", bare + ACCENTS[accent])

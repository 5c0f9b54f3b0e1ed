"""What the commands of TeX's mathematics stand for that are one sign, one name or one way to write a letter."""

from __future__ import annotations

from typing import Final

__all__ = ["ACCENTS", "BLACKBOARD", "DELIMITERS", "DROPPED", "FENCES", "NAMES", "PASSED", "SIGNS", "UPRIGHT"]

SIGNS: Final = {
    "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥", "geq": "≥", "geqslant": "≥", "ne": "≠", "neq": "≠", "lt": "<",
    "gt": ">", "ll": "≪", "gg": "≫", "sim": "∼", "simeq": "≃", "cong": "≅", "approx": "≈", "equiv": "≡", "propto": "∝",
    "prec": "≺", "preceq": "⪯", "succ": "≻", "succeq": "⪰", "asymp": "≍", "doteq": "≐", "nless": "≮", "ngtr": "≯",
    "times": "×", "cdot": "·", "cdotp": "·", "div": "÷", "pm": "±", "mp": "∓", "ast": "∗", "star": "⋆", "circ": "∘",
    "bullet": "•", "oplus": "⊕", "ominus": "⊖", "otimes": "⊗", "oslash": "⊘", "odot": "⊙", "wedge": "∧", "vee": "∨",
    "land": "∧", "lor": "∨", "lnot": "¬", "neg": "¬", "cap": "∩", "cup": "∪", "setminus": "∖", "smallsetminus": "∖",
    "bigcap": "⋂", "bigcup": "⋃", "bigwedge": "⋀", "bigvee": "⋁", "bigoplus": "⨁", "bigotimes": "⨂", "uplus": "⊎",
    "sqcap": "⊓", "sqcup": "⊔", "dagger": "†", "ddagger": "‡", "amalg": "⨿",
    "ldots": "…", "dots": "…", "dotsc": "…", "dotsb": "⋯", "cdots": "⋯", "vdots": "⋮", "ddots": "⋱",
    "infty": "∞", "in": "∈", "notin": "∉", "ni": "∋", "subset": "⊂", "subseteq": "⊆", "subsetneq": "⊊", "supset": "⊃",
    "supseteq": "⊇", "nsubseteq": "⊈", "emptyset": "∅", "varnothing": "∅", "forall": "∀", "exists": "∃", "nexists": "∄",
    "to": "→", "rightarrow": "→", "leftarrow": "←", "gets": "←", "Rightarrow": "⇒", "Leftarrow": "⇐", "implies": "⟹",
    "iff": "⟺", "leftrightarrow": "↔", "Leftrightarrow": "⇔", "longrightarrow": "⟶", "longleftarrow": "⟵",
    "mapsto": "↦", "uparrow": "↑", "downarrow": "↓", "updownarrow": "↕", "nearrow": "↗", "searrow": "↘", "swarrow": "↙",
    "nwarrow": "↖", "hookrightarrow": "↪", "rightharpoonup": "⇀", "rightleftharpoons": "⇌",
    "sum": "∑", "prod": "∏", "coprod": "∐", "int": "∫", "iint": "∬", "oint": "∮", "partial": "∂", "nabla": "∇",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "langle": "⟨", "rangle": "⟩", "mid": "∣", "nmid": "∤",
    "vert": "|", "lvert": "|", "rvert": "|", "Vert": "‖", "lVert": "‖", "rVert": "‖", "|": "‖", "lbrace": "{",
    "rbrace": "}", "lbrack": "[", "rbrack": "]", "backslash": "\\", "prime": "′", "parallel": "∥", "perp": "⊥",
    "angle": "∠", "triangle": "△", "square": "□", "Box": "□", "diamond": "⋄", "degree": "°", "top": "⊤", "bot": "⊥",
    "vdash": "⊢", "models": "⊨", "therefore": "∴", "because": "∵", "ell": "ℓ", "hbar": "ℏ", "Re": "ℜ", "Im": "ℑ",
    "aleph": "ℵ", "wp": "℘", "checkmark": "✓", "heartsuit": "♡", "spadesuit": "♠", "clubsuit": "♣", "diamondsuit": "♢",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "omicron": "ο", "pi": "π", "varpi": "ϖ", "rho": "ρ", "varrho": "ϱ", "sigma": "σ", "varsigma": "ς", "tau": "τ",
    "upsilon": "υ", "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω", "imath": "ı", "jmath": "ȷ",
    "quad": "\u2003", "qquad": "\u2003\u2003", ",": "\u2009", ":": " ", ">": " ", ";": " ", " ": " ", "!": "",
    "{": "{", "}": "}", "%": "%", "$": "$", "_": "_", "&": "&", "#": "#", "\\": " ", "colon": ":",
}  # fmt: skip

NAMES: Final = frozenset(
    {"log", "ln", "lg", "min", "max", "gcd", "lcm", "mod", "bmod", "sin", "cos", "tan", "cot", "sec", "csc", "arcsin"}
    | {"arccos", "arctan", "sinh", "cosh", "tanh", "exp", "lim", "liminf", "limsup", "sup", "inf", "arg", "argmin"}
    | {"argmax", "deg", "det", "dim", "hom", "ker", "Pr"}
)
"""Functions, written upright."""

UPRIGHT: Final = frozenset(
    {"text", "mathrm", "texttt", "mathtt", "operatorname", "textbf", "mathbf", "textit", "mathit", "mbox", "textrm"}
    | {"mathsf", "textsf", "bm", "boldsymbol", "hbox", "textsc", "emph"}
)
"""Commands whose argument is shown as it stands."""

PASSED: Final = frozenset(
    {"mathcal", "mathscr", "mathfrak", "mathop", "mathbin", "mathrel", "mathord", "mathopen", "mathclose", "mathpunct"}
    | {"boxed", "underbrace", "overbrace", "smash", "mathstrut"}
)
"""Commands that say how their argument is set; it is shown without."""

DELIMITERS: Final = frozenset(
    {"left", "right", "middle", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr"}
    | {"Biggl", "Biggr", "bigm", "Bigm"}
)
"""Commands that make the sign after them larger; a point after them stands for none."""

DROPPED: Final = {
    **dict.fromkeys(("displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "nonumber", "notag", "rm"), 0),
    **dict.fromkeys(("bf", "it", "tt", "cal", "relax", "strut", "hfill", "hline"), 0),
    **dict.fromkeys(("label", "color", "hspace", "vspace", "phantom", "hphantom", "vphantom", "mspace"), 1),
}
"""Commands that show nothing, and how many arguments go with them."""

ACCENTS: Final = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303", "bar": "\u0304", "overline": "\u0305",
    "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "breve": "\u0306", "acute": "\u0301",
    "grave": "\u0300", "underline": "\u0332", "not": "\u0338",
}  # fmt: skip
"""By command, the combining character that each letter of its argument gets."""

BLACKBOARD: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ1", "𝔸𝔹ℂ𝔻𝔼𝔽𝔾ℍ𝕀𝕁𝕂𝕃𝕄ℕ𝕆ℙℚℝ𝕊𝕋𝕌𝕍𝕎𝕏𝕐ℤ𝟙")

FENCES: Final = {
    "cases": ("{", ""), "pmatrix": ("(", ")"), "bmatrix": ("[", "]"), "vmatrix": ("|", "|"), "Vmatrix": ("‖", "‖"),
    "Bmatrix": ("{", "}"), **dict.fromkeys(("matrix", "aligned", "split", "gathered", "array", "align*", "smallmatrix"), ("", "")),
}  # fmt: skip
"""What stands around the lines of an environment within a formula."""

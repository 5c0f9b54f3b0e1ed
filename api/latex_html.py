"""A problem statement in LaTeX as HTML, which is not sanitised yet: the subset of the problem package format.

It makes text, lists, tables, figures and links of what it knows, formulas by `mathtext`, and shows a command that it does
not know as it was written, so that nothing of a statement is lost unseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Final

from api.latex_source import AHEAD, LatexSource
from api.latex_symbols import ACCENTS, ALONE, DROPPED, accented
from api.mathtext import formula_end, math_html

__all__ = ["NEXT_SAMPLE", "REMAINING_SAMPLES", "latex_html", "latex_name"]

NEXT_SAMPLE: Final = "\ue000"
REMAINING_SAMPLES: Final = "\ue001"
"""Where samples go in what is made: characters that no statement has."""

_LONGEST_NAME: Final = 2000
"""Characters of a problem's name: it is a line of a page."""

_DEEPEST: Final = 60
"""Groups and environments in each other: more is shown as it was written."""

_NAME: Final = re.compile(r"^[^%\n]*\\problemname\s*(?=\{)", re.MULTILINE)
_CONSTANT: Final = re.compile(r"\\constant\{([^{}]*)\}")
_SIZES: Final = ("tiny", "scriptsize", "footnotesize", "small", "large", "Large", "LARGE", "huge", "Huge")
_STYLES: Final = {
    **dict.fromkeys(("textbf", "bf", "bfseries"), ("<strong>", "</strong>")),
    **dict.fromkeys(("textit", "it", "itshape", "emph", "em", "textsl", "sl"), ("<em>", "</em>")),
    **dict.fromkeys(("texttt", "t", "tt", "ttfamily"), ("<code>", "</code>")),
    **dict.fromkeys(("textsc", "sc", "scshape"), ('<span class="sc">', "</span>")),
    **dict.fromkeys(("underline", "uline"), ("<u>", "</u>")),
    **dict.fromkeys(("sout", "st"), ("<s>", "</s>")),
    **dict.fromkeys(("textrm", "textnormal", "textup", "textsf", "mbox", "text"), ("", "")),
    **{size: (f'<span class="tex-{size}">', "</span>") for size in _SIZES},
}
_DECLARED: Final = frozenset(
    {"bf", "bfseries", "it", "itshape", "em", "sl", "tt", "ttfamily", "sc", "scshape", *_SIZES}
)
"""Styles that hold up to the end of their group; the others, for their argument."""

_HEADINGS: Final = {"section": "h2", "subsection": "h3", "subsubsection": "h4", "paragraph": "h5"}
_BLOCKS: Final = {
    **dict.fromkeys(("quote", "quotation", "verse"), ("<blockquote>", "</blockquote>")),
    "center": ('<div class="center">', "</div>"),
    **{name: (f"<h2>{name}</h2>", "") for name in ("Input", "Output", "Interaction")},
    **dict.fromkeys(("figure", "figure*", "wrapfigure", "table", "table*"), ("<figure>", "</figure>")),
    **dict.fromkeys(("flushleft", "flushright", "minipage", "abstract"), ("<div>", "</div>")),
}
_LISTS: Final = {"itemize": "ul", "enumerate": "ol", "description": "ul"}
_TABLES: Final = ("tabular", "tabular*", "tabularx", "array", "longtable")
_VERBATIM: Final = ("verbatim", "lstlisting", "Verbatim", "alltt")
_DISPLAY: Final = ("displaymath", "equation", "equation*", "align", "align*", "gather", "gather*", "eqnarray", "math")
_TYPOGRAPHY: Final = {
    "---": "—", "--": "–", "-": "-", "``": "“", "''": "”", "`": "‘", "'": "’", "<<": "«", ">>": "»", "~": "\u00a0",
    '"`': "„", "\"'": "“",
}  # fmt: skip
_WIDTH: Final = re.compile(r"width\s*=\s*(\d{0,4}\.?\d{1,4})?\s*(\\?[A-Za-z]+)")


class _TooDeepError(Exception):
    pass


def latex_html(source: str, constants: Mapping[str, str], images: Callable[[str], str]) -> str:
    r"""The statement's body. Pure.

    Args:
        source: the LaTeX, without a document around it.
        constants: what `\constant{name}` stands for.
        images: the URL of a file that lies beside the statement, which may be named without its extension.

    Raises:
        ValueError: when it is nested deeper than a statement ever is.
    """
    clean = source.replace(NEXT_SAMPLE, "").replace(REMAINING_SAMPLES, "").replace("\r\n", "\n")
    filled = _CONSTANT.sub(lambda match: constants.get(match[1], match[0]), clean)
    try:
        return _Reader(filled, images).flow()
    except _TooDeepError:
        raise ValueError(f"is nested more than {_DEEPEST} deep") from None


def latex_name(source: str, constants: Mapping[str, str]) -> str:
    r"""The problem's name as `\problemname{…}` has it, as HTML that is not sanitised yet; empty without one. Pure."""
    found = _NAME.search(source)
    if found is None:
        return ""
    argument = LatexSource(source[found.end() : found.end() + _LONGEST_NAME]).argument()
    return latex_html(argument, constants, lambda _: "").removeprefix("<p>").removesuffix("</p>")


class _Reader(LatexSource):
    def __init__(self, source: str, images: Callable[[str], str]) -> None:
        super().__init__(source)
        self._images = images
        self._depth = 0
        self._pixels_in_cm = 40.0
        self._at_item = False
        """Whether the flow that was read last ended before the next item of its list."""

    def _shown(self) -> str:
        """An argument as HTML within a line."""
        self._blank()
        if not self._source.startswith("{", self._at):
            return escape(self.argument())
        self._at += 1
        return self._line("}")

    def flow(self, *, until: str = "", items: bool = False) -> str:
        """Paragraphs and blocks up to the end, or that of the environment; *items*: or to the next item of a list."""
        self._enter()
        self._at_item = False
        out: list[str] = []
        line: list[str] = []
        closing: list[str] = []

        def flush() -> None:
            text = "".join([*line, *reversed(closing)]).strip()
            line.clear()
            closing.clear()
            if text:
                out.append(f"<p>{text}</p>")

        while True:
            start = self._at
            match = self._piece()
            if match is None:
                break
            begin, end, command = match[1], match[2], match[3]
            if end is not None:
                if end == until:
                    self._at_item = False
                    break
                continue
            if items and command == "item":
                self._at, self._at_item = start, True
                break
            if match[7] or command == "par":
                flush()
            elif begin is not None or command in _HEADINGS or command in _MARKS or command in _STANDING:
                flush()
                out.append(self._environment(begin) if begin is not None else self._block(command))
            else:
                made, close = self._inline(match)
                line.append(made)
                if close:
                    closing.append(close)
        flush()
        self._depth -= 1
        return "".join(out)

    def _line(self, until: str) -> str:
        """Text within a line, up to a closing brace, or to the end of a cell, which is left."""
        self._enter()
        out: list[str] = []
        closing: list[str] = []
        while True:
            start = self._at
            match = self._piece()
            if match is None or (match[6] == "}" and until == "}"):
                break
            if until == "&" and (match[6] == "&" or match[4] == "\\" or match[2] is not None or match[3] in _LINES):
                self._at = start
                break
            if match[1] is not None:
                out.append(self._environment(match[1]))
            elif match[2] is None:
                made, close = self._inline(match)
                out.append(made)
                if close:
                    closing.append(close)
        self._depth -= 1
        return "".join(out + closing[::-1])

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooDeepError

    def _inline(self, match: re.Match[str]) -> tuple[str, str]:
        """What a piece becomes, and what closes it at the end of its group."""
        command, sign, dollar, brace, marks, text = match[3], match[4], match[5], match[6], match[8], match[9]
        if command is not None:
            return self._command(command, match[0])
        if sign is not None:
            return self._sign(sign), ""
        if dollar is not None:
            return self._math(dollar), ""
        if brace == "{":
            return self._line("}"), ""
        if marks is not None:
            return _TYPOGRAPHY[marks], ""
        if match[7]:
            return " ", ""
        return escape(text) if text is not None else "", ""

    def _sign(self, sign: str) -> str:
        if sign == "(":
            return math_html(self._until(r"\)"))
        if sign == "[":
            return self._display(r"\]")
        if sign == "\\":
            self._option()
            return "<br>"
        if sign in ACCENTS:
            return escape(accented(sign, self.argument()))
        return escape(ALONE.get(sign, sign))

    def _display(self, end: str) -> str:
        r"""A formula that stands alone, up to its end; one below the other where `\\` parts them."""
        lines = self._until(end).split("\\\\")
        made = "<br>".join(math_html(re.sub(r"(?<!\\)&", "", line).strip()) for line in lines)
        return f'<span class="display">{made}</span>'

    def _math(self, mark: str) -> str:
        at = formula_end(self._source, mark, self._at, self._at + AHEAD)
        if at < 0:
            return escape(mark)
        made = math_html(self._source[self._at : at].strip())
        self._at = at + len(mark)
        return f'<span class="display">{made}</span>' if mark == "$$" else made

    def _command(self, name: str, written: str) -> tuple[str, str]:
        if name in _DECLARED:
            return _STYLES[name]
        if name in _STYLES:
            opening, close = _STYLES[name]
            return f"{opening}{self._shown()}{close}", ""
        if name in ALONE:
            return escape(ALONE[name]), ""
        if name in ACCENTS:
            return escape(accented(name, self.argument())), ""
        if name in ("newline", "linebreak"):
            return "<br>", ""
        if name in DROPPED:
            for _ in range(DROPPED[name]):
                self._option()
                self.argument()
            return "", ""
        made = self._known(name)
        return (escape(written) if made is None else made), ""

    def _known(self, name: str) -> str | None:
        """The commands with arguments of their own."""
        if name == "url":
            url = self.argument()
            return f'<a href="{escape(url)}">{escape(url)}</a>'
        if name == "href":
            url = self.argument()
            return f'<a href="{escape(url)}">{self._shown()}</a>'
        if name == "includegraphics":
            return self._image(self._option())
        if name == "footnote":
            return f" <small>({self._shown()})</small>"
        if name in ("caption", "captionof"):
            if name == "captionof":
                self.argument()
            self._option()
            return f"<figcaption>{self._shown()}</figcaption>"
        if name in ("verb", "lstinline") and self._at < len(self._source):
            mark = "}" if self._source[self._at] == "{" else self._source[self._at]
            end = self._source.find(mark, self._at + 1, self._at + AHEAD)
            code = self._source[self._at + 1 : end] if end > 0 else ""
            self._at = end + 1 if end > 0 else self._at + 1
            return f"<code>{escape(code)}</code>"
        if name == "def":
            return self._definition()
        return None

    def _definition(self) -> str:
        r"""`\def \htmlPixelsInCm{45}` scales images; other definitions are nothing that is shown."""
        self._blank()
        match = re.compile(r"\\([A-Za-z]+)[^{]*").match(self._source, self._at)
        if match:
            self._at = match.end()
        value = self.argument()
        if match and match[1] == "htmlPixelsInCm" and re.fullmatch(r"\d{1,4}(\.\d{1,4})?", value.strip()):
            self._pixels_in_cm = float(value)
        return ""

    def _image(self, options: str, width: str = "") -> str:
        name = self.argument().strip()
        url = self._images(name)
        if url.endswith(".pdf"):
            return f'<a href="{escape(url)}">{escape(name)}</a>'
        found = _WIDTH.search(options)
        if found and found[2].startswith("\\"):
            width = f"{min(100, round(100 * float(found[1] or 1)))}%"
        elif found and found[2] == "cm" and found[1]:
            width = str(round(self._pixels_in_cm * float(found[1])))
        size = f' width="{width}"' if width else ""
        return f'<img src="{escape(url)}" alt=""{size}>'

    def _block(self, name: str) -> str:
        if name in _HEADINGS:
            tag = _HEADINGS[name]
            return f"<{tag}>{self._shown()}</{tag}>"
        if name in _MARKS:
            return _MARKS[name]
        if name == "illustration":
            share = self.argument().strip()
            width = f"{min(100, round(100 * float(share)))}%" if re.fullmatch(r"\d*\.?\d+", share) else ""
            image = self._image("", width)
            return f'<figure class="illustration">{image}<figcaption>{self._shown()}</figcaption></figure>'
        if name == "epigraph":
            return f"<blockquote>{self._shown()}<br>— {self._shown()}</blockquote>"
        self._blank()
        if self._source.startswith("{", self._at):
            self.argument()  # \problemname: the page has the name already
        return ""

    def _environment(self, name: str) -> str:
        if name in _VERBATIM:
            self._option()
            end = self._source.find(f"\\end{{{name}}}", self._at)
            code = self._source[self._at : end if end >= 0 else None]
            self._at = end + len(name) + 6 if end >= 0 else len(self._source)
            return f"<pre>{escape(code.removeprefix(chr(10)))}</pre>"
        if name in _DISPLAY:
            return self._display(f"{chr(92)}end{{{name}}}")
        if name in _LISTS:
            return self._list(name)
        if name in _TABLES:
            return self._table(name)
        if name in ("figure", "figure*", "table", "table*", "wrapfigure"):
            self._option()
            for _ in range(2 if name == "wrapfigure" else 0):
                self.argument()
                self._option()
        elif name == "minipage":
            self._option()
            self.argument()
        opening, close = _BLOCKS.get(name, ("<div>", "</div>"))
        return f"{opening}{self.flow(until=name)}{close}"

    def _list(self, name: str) -> str:
        self._option()
        items = []
        self.flow(until=name, items=True)
        while self._at_item:
            self._at += len("\\item")
            label = self._option()
            made = _without_paragraph(self.flow(until=name, items=True))
            items.append(f"<li>{f'<strong>{escape(label)}</strong> ' if label else ''}{made}</li>")
        tag = _LISTS[name]
        return f"<{tag}>{''.join(items)}</{tag}>"

    def _table(self, name: str) -> str:
        if name in ("tabular*", "tabularx"):
            self.argument()
        self._option()
        self.argument()  # how columns are aligned
        rows: list[list[str]] = [[]]
        while self._at < len(self._source):
            self._blank()
            spans = self._spans()
            cell = self._line("&").strip()
            match = self._piece()
            if cell or spans or (match and match[6] == "&") or rows[-1]:
                rows[-1].append(f"<td{spans}>{cell}</td>")
            if match is None or match[2] is not None:
                break
            if match[4] == "\\":
                self._option()
                rows.append([])
            elif match[3] == "cline":
                self.argument()
        return f"<table><tbody>{''.join(f'<tr>{chr(10).join(row)}</tr>' for row in rows if row)}</tbody></table>"

    def _spans(self) -> str:
        r"""Take `\multicolumn{n}{how}` and `\multirow{n}{width}` before the text that they hold."""
        spans = ""
        while match := re.compile(r"\\(multicolumn|multicol|multirow)(?![A-Za-z])\*?").match(self._source, self._at):
            self._at = match.end()
            number = self.argument().strip()
            self._option()
            self.argument()
            self._option()
            if re.fullmatch(r"[1-9]\d?", number):
                spans += f' {"rowspan" if match[1] == "multirow" else "colspan"}="{number}"'
        return spans


_MARKS: Final = {"nextsample": NEXT_SAMPLE, "remainingsamples": REMAINING_SAMPLES}
_STANDING: Final = frozenset({"illustration", "epigraph", "problemname"})
"""Commands that stand for themselves between paragraphs."""

_LINES: Final = frozenset({"hline", "cline", "toprule", "midrule", "bottomrule"})


def _without_paragraph(html: str) -> str:
    """A single paragraph without its marks, as a list's item has it."""
    inner = html.removeprefix("<p>").removesuffix("</p>")
    return inner if len(inner) == len(html) - len("<p></p>") and "<p>" not in inner else html

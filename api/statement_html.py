"""A problem statement as a safe HTML page, whatever it is written in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from api.latex_html import NEXT_SAMPLE, REMAINING_SAMPLES, latex_html, latex_name
from api.mathtext import formula_end, math_html

__all__ = [
    "Link",
    "Sample",
    "html_html",
    "latex_name_html",
    "latex_statement_html",
    "links_html",
    "page",
    "plain_html",
    "statement_html",
]


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as contestants see it: what goes in and what comes out, or what the two sides say in turn.

    `args` are the program's command line, `files` what lies in its working directory, by name.
    """

    input: str = ""
    output: str = ""
    interaction: str = ""
    args: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Something to download."""

    name: str
    url: str


_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "span", "section", "figure", "figcaption"),
    *("ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "code", "kbd", "samp", "var", "details", "summary"),
    *("em", "strong", "i", "b", "u", "s", "sub", "sup", "small", "a", "img"),
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption"),
}
_ATTRIBUTES = {
    "*": {"class"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "th": {"align", "scope", "colspan", "rowspan"},
    "td": {"align", "colspan", "rowspan"},
    "ol": {"start"},
}
_NOT_SHOWN = {"script", "style", "title", "template", "noscript"}
"""Elements that go with what is in them."""

_SAMPLES = {
    "nextsample": NEXT_SAMPLE,
    "remainingsamples": REMAINING_SAMPLES,
}
_SAMPLE = re.compile(r"\{\{\s*(nextsample|remainingsamples)\s*\}\}")
_PLACE = re.compile(f"(?:<p>)?\\s*([{NEXT_SAMPLE}{REMAINING_SAMPLES}])\\s*(?:</p>)?")
_NOTE = re.compile(r"^\[\^([^\]\s]{1,40})\]:[ \t]+(.*(?:\n(?:[ \t]{2,}|\t)\S.*)*)\n?", re.MULTILINE)
_NOTE_MARK = re.compile(r"\[\^([^\]\s]{1,40})\]")


def _math(state: StateInline, silent: bool) -> bool:
    """`$…$` and `$$…$$`, before Markdown makes anything of what is inside."""
    if state.src[state.pos] != "$":
        return False
    mark = "$$" if state.src.startswith("$$", state.pos) else "$"
    end = formula_end(state.src, mark, state.pos + len(mark))
    if end < 0 or end >= state.posMax:
        return False
    if not silent:
        token = state.push("math", "", 0)
        token.content = state.src[state.pos + len(mark) : end]
        token.markup = mark
    state.pos = end + len(mark)
    return True


def _note(state: StateInline, silent: bool) -> bool:
    """`[^name]` of a footnote that there is: its number, in the order in which they are named."""
    match = _NOTE_MARK.match(state.src, state.pos)
    if match is None or match[1] not in state.env.get("notes", {}):
        return False
    if not silent:
        named = state.env.setdefault("named", [])
        if match[1] not in named:
            named.append(match[1])
        state.push("note", "", 0).content = str(named.index(match[1]) + 1)
    state.pos = match.end()
    return True


def _renderer() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    markdown.inline.ruler.before("escape", "math", _math)
    markdown.inline.ruler.before("link", "note", _note)

    def math(_self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
        made = math_html(tokens[index].content)
        return f'<span class="display">{made}</span>' if tokens[index].markup == "$$" else made

    def note(_self: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
        return f"<sup>[{tokens[index].content}]</sup>"

    markdown.add_render_rule("math", math)
    markdown.add_render_rule("note", note)
    return markdown


def _markdown(source: str) -> str:
    """The HTML of a Markdown text, its footnotes at the end."""
    renderer = _renderer()
    notes = {match[1]: " ".join(match[2].split()) for match in _NOTE.finditer(source)}
    env: dict[str, object] = {"notes": notes}
    made = str(renderer.render(_NOTE.sub("", source), env))
    named = env.get("named")
    if not isinstance(named, list):
        return made
    return f"{made}<hr><ol>{''.join(f'<li>{renderer.renderInline(notes[name])}</li>' for name in named)}</ol>"


def statement_html(markdown: str, samples: Sequence[Sample], images: str) -> str:
    """The body of a statement in Markdown, sanitised, with its samples where it asks for them, else at the end. Pure.

    *images* is put before the file names of images.
    """
    bare = markdown.replace(NEXT_SAMPLE, "").replace(REMAINING_SAMPLES, "")
    marked = _SAMPLE.sub(lambda match: _SAMPLES[match[1]], bare)
    return _with_samples(_clean(_markdown(marked), images), samples)


def latex_statement_html(
    latex: str, constants: Mapping[str, str], samples: Sequence[Sample], images: Callable[[str], str]
) -> str:
    """The body of a statement in LaTeX, as `statement_html`; *images* says the URL of a file beside it. Pure."""
    try:
        made = latex_html(latex, constants, images)
    except ValueError:
        return plain_html(latex, samples)
    return _with_samples(_clean(made, None), samples)


def latex_name_html(latex: str, constants: Mapping[str, str]) -> str:
    """The problem's name as a statement in LaTeX has it, sanitised; empty where it leaves it to the package. Pure."""
    try:
        return _clean(latex_name(latex, constants), None)
    except ValueError:
        return ""


def html_html(html: str, samples: Sequence[Sample], images: str) -> str:
    """The body of a statement in HTML, sanitised, and its samples. Pure."""
    return _with_samples(_clean(html, images), samples)


def plain_html(text: str, samples: Sequence[Sample]) -> str:
    """A statement that is text, as it was written, and its samples. Pure."""
    return _with_samples(f'<pre class="source">{escape(text)}</pre>', samples)


def _with_samples(html: str, samples: Sequence[Sample]) -> str:
    left = [_sample(number, sample) for number, sample in enumerate(samples, 1)]

    def place(match: re.Match[str]) -> str:
        count = 1 if match[1] == NEXT_SAMPLE else len(left)
        taken, left[:count] = left[:count], []
        return "".join(taken)

    return _PLACE.sub(place, html) + "".join(left)


def _clean(html: str, images: str | None) -> str:
    """What is allowed of it; *images*, where given, is put before the file name of each image."""

    def beside(tag: str, attribute: str, value: str) -> str | None:
        # a link leads elsewhere, or to a picture that a page cannot show: nothing else here has an address
        if (tag, attribute) == ("a", "href") and not value.startswith(("http://", "https://", "/api/")):
            return None
        # an image is a file beside the statement, wherever it says that it is
        if images is not None and (tag, attribute) == ("img", "src"):
            return images + value.rpartition("/")[2]
        return value

    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_NOT_SHOWN,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https"},
        attribute_filter=beside,
    )


def _sample(number: int, sample: Sample) -> str:
    given = _given(sample)
    if sample.interaction:
        lines = "".join(
            f'<div class="{_SIDES.get(line[:1], "pass")}">{escape(line)}</div>'
            for line in sample.interaction.splitlines()
        )
        return f'<section class="sample"><h3>Sample interaction {number}</h3>{given}<div class="talk">{lines}</div></section>'
    return (
        f'<section class="sample"><h3>Sample {number}</h3>{given}<div class="pair">'
        f'<figure><figcaption>Input</figcaption><pre tabindex="0">{escape(sample.input)}</pre></figure>'
        f'<figure><figcaption>Output</figcaption><pre tabindex="0">{escape(sample.output)}</pre></figure>'
        "</div></section>"
    )


_SIDES = {"<": "theirs", ">": "yours"}


def _given(sample: Sample) -> str:
    """What a program is given beside its standard input."""
    args = " ".join(f"<code>{escape(arg)}</code>" for arg in sample.args)
    files = "".join(
        f'<figure><figcaption>File {escape(name)}</figcaption><pre tabindex="0">{escape(text)}</pre></figure>'
        for name, text in sample.files
    )
    return (f"<p>Arguments: {args}</p>" if args else "") + files


def links_html(title: str, links: Sequence[Link]) -> str:
    """A list of things to download; nothing where there are none. Pure."""
    items = "".join(f'<li><a href="{escape(one.url)}">{escape(one.name)}</a></li>' for one in links)
    return f'<section class="attachments"><h3>{escape(title)}</h3><ul>{items}</ul></section>' if items else ""


def page(title: str, limits: str, body: str, heading: str = "") -> str:
    """A whole page around a statement's body. *heading* is the title as HTML, where it is more than text. Pure."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/static/base.css"><link rel="stylesheet" href="/static/pages.css"></head>'
        f'<body><main class="statement"><h1>{heading or escape(title)}</h1><p class="limits">{escape(limits)}</p>{body}'
        "</main></body></html>"
    )

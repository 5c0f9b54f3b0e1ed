"""A problem statement in Markdown as a safe HTML page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from api.mathtext import math_html

__all__ = ["Sample", "constants_in", "page", "plain_html", "statement_html"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as contestants see it: what goes in and what comes out, or what the two sides say in turn."""

    input: str = ""
    output: str = ""
    interaction: str = ""


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
    "th": {"align", "scope"},
    "td": {"align"},
    "ol": {"start"},
}
_SAMPLES = re.compile(r"\{\{\s*(nextsample|remainingsamples)\s*\}\}")
_CONSTANT = re.compile(r"\{\{([A-Za-z_][\w-]*)(?:\.([A-Za-z_][\w-]*))?\}\}")


def _math(state: StateInline, silent: bool) -> bool:
    """`$…$` and `$$…$$`, before Markdown makes anything of what is inside."""
    if state.src[state.pos] != "$":
        return False
    mark = "$$" if state.src.startswith("$$", state.pos) else "$"
    end = state.src.find(mark, state.pos + len(mark))
    while end > 0 and state.src[end - 1] == "\\":
        end = state.src.find(mark, end + 1)
    if end < 0 or end >= state.posMax:
        return False
    if not silent:
        token = state.push("math", "", 0)
        token.content = state.src[state.pos + len(mark) : end]
        token.markup = mark
    state.pos = end + len(mark)
    return True


def _renderer() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    markdown.inline.ruler.before("escape", "math", _math)

    def math(self, tokens, index, options, env):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
        made = math_html(tokens[index].content)
        return f'<span class="display">{made}</span>' if tokens[index].markup == "$$" else made

    markdown.add_render_rule("math", math)
    return markdown


def constants_in(text: str, constants: Mapping[str, object]) -> str:
    """The text with `{{name}}` and `{{name.variant}}` replaced; unknown names stay. Pure."""

    def value(found: re.Match[str]) -> str:
        constant = constants.get(found[1])
        if isinstance(constant, Mapping):
            constant = constant.get(found[2] or "value")
        elif found[2] not in (None, "value"):
            constant = None
        return found[0] if constant is None else str(constant)

    return _CONSTANT.sub(value, text)


def statement_html(markdown: str, samples: Sequence[Sample], images: str) -> str:
    """The statement's body, sanitised, with its samples where it asks for them, else at the end. Pure.

    *images* is put before the file names of images.
    """
    renderer = _renderer()
    left = [_sample(number, sample) for number, sample in enumerate(samples, 1)]
    out: list[str] = []
    for number, part in enumerate(_SAMPLES.split(markdown)):
        if number % 2 == 0:
            out.append(_clean(renderer.render(part), images))
        elif part == "nextsample":
            out += left[:1]
            del left[:1]
        else:
            out += left
            left.clear()
    return "".join(out + left)


def plain_html(text: str, samples: Sequence[Sample]) -> str:
    """A statement in a language that is not rendered here, as it was written, and its samples. Pure."""
    shown = (_sample(number, sample) for number, sample in enumerate(samples, 1))
    return f'<pre class="source">{escape(text)}</pre>{"".join(shown)}'


def _clean(html: str, images: str) -> str:
    def beside(tag: str, attribute: str, value: str) -> str:
        # an image is a file beside the statement, wherever it says that it is
        return images + value.rpartition("/")[2] if (tag, attribute) == ("img", "src") else value

    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https"}, attribute_filter=beside)


def _sample(number: int, sample: Sample) -> str:
    if sample.interaction:
        lines = "".join(
            f'<div class="{"theirs" if line.startswith("<") else "yours"}">{escape(line)}</div>'
            for line in sample.interaction.splitlines()
        )
        return f'<section class="sample"><h3>Sample interaction {number}</h3><div class="talk">{lines}</div></section>'
    return (
        f'<section class="sample"><h3>Sample {number}</h3><div class="pair">'
        f'<figure><figcaption>Input</figcaption><pre tabindex="0">{escape(sample.input)}</pre></figure>'
        f'<figure><figcaption>Output</figcaption><pre tabindex="0">{escape(sample.output)}</pre></figure>'
        "</div></section>"
    )


def page(title: str, limits: str, body: str) -> str:
    """A whole page around a statement's body. Pure."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/static/base.css"><link rel="stylesheet" href="/static/pages.css"></head>'
        f'<body><main class="statement"><h1>{escape(title)}</h1><p class="limits">{escape(limits)}</p>{body}</main>'
        "</body></html>"
    )

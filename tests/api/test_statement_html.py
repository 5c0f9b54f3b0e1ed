"""Problem statements: what Markdown and TeX become, and what they can never do."""

from html.parser import HTMLParser

import pytest

from api.mathtext import math_html
from api.statement_html import Sample, constants_in, statement_html


class Elements(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self):
        super().__init__()
        self.tags = set()
        self.attributes = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        "[x](javascript:alert(1))",
        '<a href="javascript:alert(1)">x</a>',
        '<iframe src="https://example.com"></iframe>',
        '<svg onload="alert(1)">',
        '<p style="position:fixed">x</p>',
        "$<img src=x onerror=alert(1)>$",
        "$\\text{<script>alert(1)</script>}$",
    ],
)
def test_a_statement_runs_nothing(hostile):
    seen = Elements()
    seen.feed(statement_html(hostile, [Sample("<b>", "</pre><script>")], "/images/"))
    assert not seen.tags & {"script", "iframe", "svg", "style", "object", "form", "b"}
    assert all(name in {"class", "src", "alt", "href", "tabindex", "rel"} for name, _ in seen.attributes)
    assert all(value.startswith(("/images/", "http")) for name, value in seen.attributes if name in ("src", "href"))


def test_a_statement_has_tables_mathematics_images_and_its_samples():
    text = "# Head\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n![pic](figures/pic.png)\n\n$1 \\le n \\le 10^{18}$ and $a_i$\n"
    made = statement_html(text, [Sample("1 2\n", "3\n")], "/s/")
    assert "<table>" in made
    assert 'src="/s/pic.png"' in made
    assert "≤" in made
    assert "10<sup>18</sup>" in made
    assert "<i>a</i><sub><i>i</i></sub>" in made
    assert made.index("Sample 1") > made.index("<table>")


def test_samples_stand_where_the_statement_asks_for_them():
    samples = [Sample("one", "1"), Sample("two", "2"), Sample(interaction="<hello\n>world")]
    made = statement_html("before\n\n{{nextsample}}\n\nmiddle\n\n{{remainingsamples}}\n\nafter", samples, "/s/")
    places = [made.index(word) for word in ("before", "one", "middle", "two", "&lt;hello", "after")]
    assert places == sorted(places)


def test_constants_are_replaced_and_unknown_ones_are_not():
    constants = {"n": 5, "m": {"value": "10^5", "word": "many"}}
    assert constants_in("{{n}} {{m}} {{m.word}} {{x}} {{n.word}}", constants) == "5 10^5 many {{x}} {{n.word}}"


@pytest.mark.parametrize("tex", ["{" * 3000, "^" * 500, "\\frac" * 100, "_" * 2000, "\\", "{", "a^", "\\text{", "$"])
def test_mathematics_that_breaks_off_breaks_nothing(tex):
    assert math_html(tex)

"""Problem statements: what Markdown, LaTeX and HTML become, and what they can never do."""

import re
from html.parser import HTMLParser

import pytest

from api.mathtext import math_html
from api.statement_html import (
    Link,
    Sample,
    html_html,
    latex_name_html,
    latex_statement_html,
    links_html,
    statement_html,
)


class Elements(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self):
        super().__init__()
        self.tags = set()
        self.attributes = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs


def latex(text, samples=(), constants=None):
    """The body of a statement in LaTeX, beside which lies pic.png."""
    return latex_statement_html(text, constants or {}, samples, lambda name: f"/s/{name.removesuffix('.png')}.png")


WAYS = {
    "markdown": lambda text, samples: statement_html(text, samples, "/images/"),
    "latex": lambda text, samples: latex_statement_html(text, {}, samples, lambda name: f"/images/{name}"),
    "html": lambda text, samples: html_html(text, samples, "/images/"),
}


@pytest.mark.parametrize("way", WAYS)
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
        "\\href{javascript:alert(1)}{x} \\url{javascript:alert(1)}",
        '\\href{"><script>alert(1)</script>}{<script>}',
        '\\includegraphics{"onerror=alert(1) x="}',
        "\\begin{verbatim}<script>alert(1)</script>\\end{verbatim} \\unknown<script>",
        "<style>p{position:fixed}</style><title>x</title><form><input></form>",
    ],
)
def test_a_statement_runs_nothing(hostile, way):
    seen = Elements()
    seen.feed(WAYS[way](hostile, [Sample("<b>", "</pre><script>", args=("<script>",), files=(("<b>", "<b>"),))]))
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


def test_what_a_program_is_given_beside_its_input_is_shown():
    made = statement_html("Sum.", [Sample("1\n", "2\n", args=("-v", "a b"), files=(("map.txt", "x&y\n"),))], "/s/")
    assert "<code>-v</code> <code>a b</code>" in made
    assert "File map.txt" in made
    assert "x&amp;y" in made
    made = statement_html("Sum.", [Sample(interaction="<1\n>2\n---\n<3\n")], "/s/")
    assert [made.count(f'class="{side}"') for side in ("theirs", "yours", "pass")] == [2, 1, 1]


def test_footnotes_in_markdown_stand_at_the_end():
    made = statement_html("One[^b] and two[^a], [^no].\n\n[^a]: The *first*\n  note.\n[^b]: The other.\n", [], "/s/")
    assert "One<sup>[1]</sup> and two<sup>[2]</sup>, [^no]." in made
    assert made.endswith("<hr><ol><li>The other.</li><li>The <em>first</em> note.</li></ol>")


LATEX = [
    ("\\problemname{Sum $x$}\nOne \\textbf{two} {\\it three} % no\n four.\n\nNext.", "<p>One <strong>two</strong> <em>three</em> four.</p><p>Next.</p>"),
    ("\\section*{Input}\nText", "<h2>Input</h2><p>Text</p>"),
    ("\\begin{Input}\nA line.\n\\end{Input}", "<h2>Input</h2><p>A line.</p>"),
    ("``Quote'' --- a -- b `c' << d >> 1~000 \\ldots \\% \\& \\$5", "<p>“Quote” — a – b ‘c’ « d » 1&nbsp;000 …% &amp; $5</p>"),
    ("\\begin{itemize}\\item one\\item two \\begin{enumerate}\\item a\\end{enumerate}\\item three\\end{itemize}",
     "<ul><li>one</li><li><p>two</p><ol><li>a</li></ol></li><li>three</li></ul>"),
    ("\\begin{tabular}{|l|r|}\\hline a & b \\\\ \\hline \\multicolumn{2}{c}{wide} \\\\ \\cline{1-2} \\end{tabular}",
     '<table><tbody><tr><td>a</td>\n<td>b</td></tr><tr><td colspan="2">wide</td></tr></tbody></table>'),
    ("\\begin{lstlisting}[language=C]\nint $a = {1};\n\\end{lstlisting}", "<pre>int $a = {1};\n</pre>"),
    ("\\begin{center}\\includegraphics[width=0.5\\textwidth]{img/pic}\\end{center}",
     '<div class="center"><p><img src="/s/img/pic.png" alt="" width="50%"></p></div>'),
    ("\\def \\htmlPixelsInCm{45}\\includegraphics[width=2cm]{pic.png}", '<p><img src="/s/pic.png" alt="" width="90"></p>'),
    ("\\illustration{0.3}{pic.png}{A \\emph{pic}}",
     '<figure class="illustration"><img src="/s/pic.png" alt="" width="30%"><figcaption>A <em>pic</em></figcaption></figure>'),
    ("\\href{https://example.org/}{here} \\url{https://example.org}",
     '<p><a href="https://example.org/" rel="noopener noreferrer">here</a> <a href="https://example.org" rel="noopener noreferrer">https://example.org</a></p>'),
    ("\\'etude na\\\"{\\i}ve \\c{c}a \\ss", "<p>étude naïve ça ß</p>"),
    ("{\\tiny small} \\sout{gone} \\underline{u} \\texttt{a_b}",
     '<p><span class="tex-tiny">small</span> <s>gone</s> <u>u</u> <code>a_b</code></p>'),
    ("\\epigraph{Text}{Who}", "<blockquote>Text<br>— Who</blockquote>"),
    ("\\strange{thing} stays", "<p>\\strangething stays</p>"),
    ("\\verb|a$b| and \\(x^2\\)", '<p><code>a$b</code> and <span class="math"><i>x</i><sup>2</sup></span></p>'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "made"), LATEX, ids=[text[:24] for text, _ in LATEX])
def test_latex(text, made):
    assert latex(text) == made


def test_latex_has_formulas_constants_and_its_samples_where_it_asks_for_them():
    samples = [Sample("one", "1"), Sample("two", "2"), Sample("three", "3")]
    text = "Up to $n \\le \\constant{n.tex}$, \\constant{n}.\n\\nextsample\nmiddle\n\n\\remainingsamples\n\nafter \\constant{x}"
    made = latex(text, samples, {"n": "5000", "n.tex": "5{,}000"})
    assert "5000." in made
    assert "\\constantx" in made
    places = [made.index(word) for word in ("Up to", "≤", "one", "middle", "two", "three", "after")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "text",
    ["{" * 5000, "\\begin{itemize}" * 300, "\\", "\\begin{tabular}{", "\\item", "\\end{x}", "$", "\\verb|", "\\textbf", "}" * 50,
     "\\begin{verbatim}", "\\begin{tabular}{l} a &", "\\[ x", "\\'", "%", "\\includegraphics[", "\\multirow{2}{*}{x}", "&" * 90],
)  # fmt: skip
def test_latex_that_breaks_off_breaks_nothing(text):
    assert isinstance(latex(f"{text} end", [Sample("one", "1")]), str)


@pytest.mark.parametrize("piece", ["\\[", "\\\\[", "$ \\$", "\\verb|", "{", "a & ", "\\item "])
def test_latex_takes_a_time_that_grows_with_its_length_alone(piece):
    assert len(latex(piece * 20_000)) > 0


def test_html_keeps_what_is_text_and_drops_its_head():
    made = html_html(
        "<html><head><title>T</title><style>p {}</style></head><body><h1>Sum</h1><p>Add <img src='a/pic.png'></p></body></html>",
        [Sample("1", "2")],
        "/s/",
    )
    assert made.startswith('<h1>Sum</h1><p>Add <img src="/s/pic.png"></p>')
    assert "Sample 1" in made


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (r"\problemname{Sum $x^2$}", 'Sum <span class="math"><i>x</i><sup>2</sup></span>'),
        (r"\problemname{A {\bf B} \constant{n}} more", "A <strong>B</strong> 5"),
        (r"\problemname{}", ""),
        (r"\problemname{<script>}", "&lt;script&gt;"),
        ("% \\problemname{No}\nText", ""),
    ],
)
def test_the_name_that_a_statement_in_latex_gives_its_problem(text, name):
    assert latex_name_html(text, {"n": "5"}) == name


def test_links():
    assert links_html("Files", [Link("a&b", "/x")]).endswith('<ul><li><a href="/x">a&amp;b</a></li></ul></section>')
    assert links_html("Files", []) == ""


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"\sqrt{ab} + \sqrt[3]{x}", "√(ab) + <sup>3</sup>√x"),
        (r"\left. \frac{a}{b} \right|", "(a)/(b)|"),
        (r"\bar{x} \in \mathbb{R}", "x\u0304 ∈ ℝ"),
        (r"\binom{n}{k} \bmod p", "(n\u2009¦\u2009k) mod p"),
        (r"a \equiv b \pmod{10}", "a ≡ b\u2003(mod 10)"),
        (r"\begin{cases} 1 & x \\ 0 & y \end{cases}", "{1\u2003x<br>0\u2003y"),
        (r"\operatorname*{max}_i", "max<sub>i</sub>"),
        (r"\underset{i}{\max}", "max\u2009<sub>i</sub>"),
        (r"\unknown x", r"\unknownx"),
    ],
)
def test_mathematics(tex, shown):
    made = math_html(tex).removeprefix('<span class="math">').removesuffix("</span>")
    assert re.sub(r"</?i>", "", made).strip() == shown


@pytest.mark.parametrize("tex", ["{" * 3000, "^" * 500, "\\frac" * 100, "_" * 2000, "\\", "{", "a^", "\\text{", "$"])
def test_mathematics_that_breaks_off_breaks_nothing(tex):
    assert math_html(tex)

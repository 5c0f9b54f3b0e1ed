"""What the pages are made of: no markup from data, and nothing in them that the content policy would have to let through."""

import re
from pathlib import Path

WEB = Path(__file__).parents[2] / "api" / "web"
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|setHTML|srcdoc|DOMParser"
    r"|\beval\(|new Function|setTimeout\(\s*[\"'`]|javascript:"
)


def test_no_page_makes_markup_of_what_it_is_given():
    files = sorted(WEB.glob("*.js"))
    assert len(files) > 10
    found = {(file.name, word) for file in files for word in MARKUP.findall(file.read_text())}
    assert found == {("problems.js", "DOMParser")}, "a statement is HTML, and safe (api/test_statement_html.py)"


def test_no_page_has_a_script_a_style_or_a_listener_within():
    for file in sorted(WEB.glob("*.html")):
        text = file.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)|<style|\sstyle=|\son\w+=|https?://", text), file.name

"""A small problem package in memory, to be damaged in one way or another."""

from pathlib import Path

STATEMENT = "Print the sum.\n"
VALIDATOR = "import sys\nsys.exit(42)\n"

PACKAGE = {
    "problem.yaml": (
        "problem_format_version: 2025-09\nname: Sum\nuuid: 1b4e28ba-2fa1-11d2-883f-0016d3cca427\n"
        "limits:\n  time_limit: 2\n"
    ),
    "statement/problem.en.md": STATEMENT,
    "data/sample/1.in": "1 2\n",
    "data/sample/1.ans": "3\n",
    "data/secret/01.in": "2 3\n",
    "data/secret/01.ans": "5\n",
    "data/secret/02.in": "4 5\n",
    "data/secret/02.ans": "9\n",
    "input_validators/validate.py": VALIDATOR,
    "submissions/accepted/sum.py": "print(sum(map(int, input().split())))\n",
}

LEGACY = {
    "problem.yaml": "name: Sum\nlimits:\n  memory: 64\n",
    ".timelimit": "3\n",
    "problem_statement/problem.tex": "\\problemname{Sum}\nPrint the sum.\n",
    **{name: text for name, text in PACKAGE.items() if name.startswith(("data/", "input", "submissions/"))},
}


def write(root: Path, files: dict[str, str | bytes | None]) -> Path:
    """The files in a folder; None leaves one out."""
    for name, content in files.items():
        if content is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def with_yaml(*lines: str, **limits: object) -> str:
    """The problem.yaml of PACKAGE with more lines, and these limits instead of its own."""
    head = PACKAGE["problem.yaml"].partition("limits:")[0]
    said = "".join(f"  {key}: {value}\n" for key, value in ({"time_limit": 2} | limits).items() if value is not None)
    return head + "".join(f"{line}\n" for line in lines) + "limits:\n" + (said or "  {}\n")

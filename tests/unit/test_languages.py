"""Languages as data: commands, and where a program begins."""

import pytest

from judge.languages import LANGUAGES, language_of
from schemas.definition import FileData


def java(name, text):
    return FileData(name, text.encode())


def test_the_languages_have_their_clics_ids():
    assert list(LANGUAGES) == ["c", "cpp", "java", "python3"]
    assert LANGUAGES["python3"].entry_point_name == "Main file"
    assert LANGUAGES["java"].entry_point_name == "Main class"
    assert LANGUAGES["c"].entry_point_name is None


def test_commands_are_lists_of_words():
    (command,) = LANGUAGES["cpp"].compile_commands(["/w/src/a b.cpp", "/w/src/c.cc"], "/w/box/program")
    assert command[0] == "/usr/bin/g++"
    assert command[-4:] == ["-o", "/w/box/program", "/w/src/a b.cpp", "/w/src/c.cc"]
    assert LANGUAGES["java"].run_command("/w/program/program.jar", "Main", 512)[-3:] == [
        "-cp",
        "/w/program/program.jar",
        "Main",
    ]
    assert "-Xmx512m" in LANGUAGES["java"].run_command("p", "Main", 512)
    assert all(
        isinstance(word, str) for language in LANGUAGES.values() for command in language.compile for word in command
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.cpp", "a.h"], "cpp"),
        (["a.cc"], "cpp"),
        (["a.C"], "cpp"),
        (["a.c"], "c"),
        (["Main.java", "Other.java"], "java"),
        (["a.py"], "python3"),
        (["a.c", "b.py"], None),
        (["a.txt"], None),
        ([], None),
    ],
)
def test_the_language_of_files(names, expected):
    found = language_of(names)
    assert (found.id if found else None) == expected


MAIN = "public static void main(String[] args) {}"


@pytest.mark.parametrize(
    ("files", "named", "expected"),
    [
        ([java("Sum.java", f"public class Sum {{ {MAIN} }}")], None, "Sum"),
        ([java("Sum.java", f"public class Sum {{ {MAIN} }}")], "Other", "Other"),
        ([java("a.java", "class Odd { static final public void main(String... args) {} }")], None, "Odd"),
        ([java("a.java", f"class Helper {{ }} class Real {{ {MAIN} }}")], None, "Real"),
        ([java("Sum.java", f"public class Sum {{ static class Node {{ }} {MAIN} }}")], None, "Sum"),
        ([java("Util.java", "public class Util {}"), java("Go.java", f"public class Go {{ {MAIN} }}")], None, "Go"),
        ([java("Go.java", f"package contest.a; public class Go {{ {MAIN} }}")], None, "contest.a.Go"),
        ([java("Go.java", f"/* class Old {{ {MAIN} }} */ class Go {{ // class X\n {MAIN} }}")], None, "Go"),
        ([java("Go.java", "what is this")], None, "Main"),
        ([java("Go.java", "\xff\xfe")], None, "Main"),
    ],
)
def test_where_a_java_program_begins(files, named, expected):
    assert LANGUAGES["java"].entry_point(files, named) == expected


@pytest.mark.parametrize(
    ("names", "named", "expected"),
    [(["a.py"], None, "a.py"), (["a.py", "main.py"], None, "main.py"), (["a.py", "b.py"], "b.py", "b.py"), (["b.py", "data.txt"], None, "b.py")],
)  # fmt: skip
def test_where_a_python_program_begins(names, named, expected):
    assert LANGUAGES["python3"].entry_point([FileData(name, b"") for name in names], named) == expected


def test_a_binary_begins_where_it_begins():
    assert LANGUAGES["cpp"].entry_point([FileData("a.cpp", b"")], "ignored") == ""

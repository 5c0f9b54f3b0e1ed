"""Languages as data: their files, their commands, and where a program begins."""

import re
from pathlib import Path

import pytest

from judge.image import needed
from judge.image.build import image_name, images_of
from judge.languages import LANGUAGES, language_of, languages_in, own_build
from packages.read import read_package
from podium.stack import docker
from schemas.definition import FileData
from schemas.errors import ConfigError
from schemas.languages import LANGUAGE_FILES, LanguageFile, inferred, read_languages
from schemas.settings import Settings
from tests.unit.packaging import PACKAGE, write

PAGE = (Path(__file__).parents[2] / "docs" / "languages.md").read_text()

TINY = "name: Tiny\nextensions: [t]\nversion: [/bin/t]\ncompile: []\nrun: [/bin/t]\nprocesses: 1\n"


def text(name, content):
    return FileData(name, content.encode())


def test_the_languages_have_their_clics_ids():
    assert {"c", "cpp", "java", "python3", "javascript", "haskell", "ruby", "pascal", "csharp"} <= set(LANGUAGES)
    assert LANGUAGES["python3"].entry_point_name == "Main file"
    assert LANGUAGES["java"].entry_point_name == "Main class"
    assert LANGUAGES["c"].entry_point_name is None


def test_the_languages_of_most_contests_are_in_the_image_that_is_always_there():
    always = {one.id for one in LANGUAGES.values() if one.image == "default"}
    c_and_cpp, python = {"c", "cpp", "cpp17", "cpp23"}, {"python3", "pypy3"}
    assert always == c_and_cpp | python | {"java", "kotlin", "rust", "go", "javascript"}


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


def test_a_compiler_with_a_heap_has_half_of_what_it_may_use():
    javac, _ = LANGUAGES["java"].compile_commands(["/w/src/A.java"], "/w/box/program.jar", memory_mib=2048)
    assert [word for word in javac if "-Xmx" in word][-1] == "-J-Xmx1024m"
    (kotlinc,) = LANGUAGES["kotlin"].compile_commands(["/w/src/a.kt"], "/w/box/program.jar", memory_mib=512)
    assert [word for word in kotlinc if "-Xmx" in word] == ["-Xmx256m"]


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_no_command_has_a_word_that_stands_for_nothing(language):
    compiling = language.compile_commands(["/w/src/a.x"], "/w/box/out", "/w/src/a.x")
    running = language.run_command("/w/program/a.x", "A", 256)
    for word in [word for command in (*compiling, running, language.version_command()) for word in command]:
        assert not re.search(r"\{(flags|sources|main|output|program|entry|memory|heap|id|tool)\}", word)
    name, program = language.example
    assert language.takes(name)
    assert program


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
        (["a.pl"], None),  # the format's Prolog
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
        ([text("Sum.java", f"public class Sum {{ {MAIN} }}")], None, "Sum"),
        ([text("Sum.java", f"public class Sum {{ {MAIN} }}")], "Other", "Other"),
        ([text("a.java", "class Odd { static final public void main(String... args) {} }")], None, "Odd"),
        ([text("a.java", f"class Helper {{ }} class Real {{ {MAIN} }}")], None, "Real"),
        ([text("Sum.java", f"public class Sum {{ static class Node {{ }} {MAIN} }}")], None, "Sum"),
        ([text("Util.java", "public class Util {}"), text("Go.java", f"public class Go {{ {MAIN} }}")], None, "Go"),
        ([text("contest/a/Go.java", f"package contest.a; public class Go {{ {MAIN} }}")], None, "contest.a.Go"),
        ([text("Go.java", f"/* class Old {{ {MAIN} }} */ class Go {{ // class X\n {MAIN} }}")], None, "Go"),
        ([text("Go.java", "what is this")], None, "Main"),
        ([text("Go.java", "\xff\xfe")], None, "Main"),
    ],
)
def test_where_a_java_program_begins(files, named, expected):
    assert LANGUAGES["java"].entry_point(files, named) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([text("sum.kt", "fun main() {}")], "SumKt"),
        ([text("a-b.kt", "fun main(args: Array<String>) {}")], "A_bKt"),
        ([text("util.kt", "fun help() {}"), text("x/Go.kt", "package x\n\nsuspend fun main() {}")], "x.GoKt"),
        ([text("a.kt", '@file:JvmName("Start")\npackage x.y\nfun main() {}')], "x.y.Start"),
        ([text("a.kt", "object Start { @JvmStatic fun main(args: Array<String>) {} }")], "Start"),
        ([text("a.kt", "// fun main() {}\nclass Nothing")], "MainKt"),
    ],
)
def test_where_a_kotlin_program_begins(files, expected):
    assert LANGUAGES["kotlin"].entry_point(files, None) == expected
    assert LANGUAGES["kotlin"].entry_point(files, "Named") == "Named"


@pytest.mark.parametrize(
    ("names", "named", "expected"),
    [
        (["a.py"], None, "a.py"),
        (["a.py", "main.py"], None, "main.py"),
        (["a.py", "b.py"], "b.py", "b.py"),
        (["b.py", "data.txt"], None, "b.py"),
        (["main.py", "__init__.py", "__main__.py"], None, "__main__.py"),
        (["main.py", "__init__.py", "__main__.py"], "main.py", "main.py"),
        (["util/main.py", "b.py"], "b.py", "b.py"),
    ],
)
def test_where_a_python_program_begins(names, named, expected):
    assert LANGUAGES["python3"].entry_point([FileData(name, b"") for name in names], named) == expected


def test_a_folder_with_init_and_main_is_run_as_a_module():
    python = LANGUAGES["python3"]
    files = [FileData(name, b"") for name in ("__init__.py", "__main__.py", "util.py")]
    assert "-c" in python.of(files, None).run_command("/w/program/__main__.py", "__main__.py", 256)
    assert python.of(files, "util.py") is python
    assert python.of(files[1:], None) is python


def test_a_binary_begins_where_it_begins():
    assert LANGUAGES["cpp"].entry_point([FileData("a.cpp", b"")], "ignored") == ""
    assert LANGUAGES["cpp"].main_file([FileData("a.h", b""), FileData("b.cpp", b"")], None) == "b.cpp"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (TINY + "colour: red\n", "a.yaml: colour: there is no such key"),
        (TINY.replace("name: Tiny\n", ""), "a.yaml: name is missing"),
        (TINY.replace("[t]", "t"), "a.yaml: extensions: expected a list of words"),
        (TINY.replace("[/bin/t]\ncompile: []", "[/bin/t]\ncompile: [x]"), "a.yaml: compile: expected a list of words"),
        (TINY.replace("processes: 1", "processes: many"), "a.yaml: processes: expected a whole number"),
        (TINY + "image: big\n", "a.yaml: image: expected default or extra"),
        (TINY + "like: b\n", "a.yaml: like: there is no language 'b'"),
        ("- a\n", "a.yaml: expected keys and values"),
        ("a: [", "a.yaml: "),
    ],
)
def test_what_is_wrong_with_a_file_is_named_with_file_and_key(tmp_path, content, says):
    (tmp_path / "a.yaml").write_text(content)
    with pytest.raises(ConfigError) as raised:
        read_languages(tmp_path)
    assert str(raised.value).startswith(says)


def test_a_language_takes_what_it_does_not_say_from_the_one_that_it_is_like(tmp_path):
    (tmp_path / "tiny.yaml").write_text(TINY + "tool: /bin/t\n")
    (tmp_path / "other.yaml").write_text("like: tiny\nname: Other\ninferred: []\nrun: ['{tool}', '{id}']\n")
    found = languages_in(tmp_path)
    assert list(found) == ["other", "tiny"]
    assert (found["other"].name, found["other"].extensions) == ("Other", ("t",))
    assert found["other"].run_command("p", "", 1) == ["/bin/t", "other"]
    assert inferred(["a.t"], found) == "tiny"


def test_the_extra_image_is_named_after_the_default_one_and_only_needed_for_its_languages():
    for name, extra in (
        ("podium-judge:latest", "podium-judge-extra:latest"),
        ("podium-judge", "podium-judge-extra"),
        ("host:5000/podium-judge", "host:5000/podium-judge-extra"),
        ("host:5000/podium-judge:v1", "host:5000/podium-judge-extra:v1"),
    ):
        settings = Settings(judge_image=name)
        assert image_name(settings, "default") == name
        assert image_name(settings, "extra") == extra
    assert images_of(["c", "python2", ""]) == ("default",)
    assert images_of(["c", "ruby"]) == ("default", "extra")


def test_a_contest_asks_for_the_extra_image_and_goes_on_where_it_cannot_be_had(monkeypatch):
    asked, said = [], []

    def build(_settings, _say, image):
        asked.append(image)
        raise ConfigError("debootstrap needs root")

    monkeypatch.setattr(docker, "ensure_image", build)
    monkeypatch.setattr(docker, "answers", lambda: True)
    docker.ask_for_languages(Settings(), ["c", "kotlin"], said.append)
    assert not asked
    docker.ask_for_languages(Settings(), ["c", "ruby"], said.append)
    assert asked == ["extra"]
    monkeypatch.setattr(docker, "answers", lambda: False)
    docker.ask_for_languages(Settings(), ["ruby"], said.append)
    assert [line.split("\n")[0] for line in said] == ["debootstrap needs root", said[1]]
    assert said[1].startswith("no Docker engine answers here")
    assert asked == ["extra"]


def test_a_package_needs_the_languages_of_what_is_run(tmp_path):
    files = {"output_validator/check.rb": "exit 42\n", "submissions/accepted/sum.lua": "print(3)\n"}
    package = read_package(write(tmp_path / "sum", PACKAGE | files))
    assert needed.of_jury(package) == {"ruby"}
    assert needed.of_programs(package) | needed.of_submissions(package) == {"ruby", "lua", "python3"}
    scripts = {"output_validator/c/run": "#!/bin/sh\n. ./lib.sh\nexec ./c\n", "output_validator/c/lib.sh": "\n"}
    for more, languages, image in (
        ({}, set(), "default"),
        ({"c.hs": "main\n", "d.cpp": "\n"}, {"haskell", "cpp"}, "extra"),
    ):
        files = scripts | {f"output_validator/c/{name}": text for name, text in more.items()}
        package = read_package(write(tmp_path / image, PACKAGE | files))
        assert needed.of_jury(package) == languages
        assert own_build(name for name, _ in package.validators[0].files).image == image


def test_the_page_adds_a_language_that_can_be_read(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "tcl.yaml").write_text(example)
    tcl = languages_in(tmp_path)["tcl"]
    assert tcl.run_command("/w/program/sum.tcl", "sum.tcl", 256) == ["/usr/bin/tclsh", "/w/program/sum.tcl"]
    assert tcl.entry_point([text(*tcl.example)], None) == "sum.tcl"


def test_the_page_names_every_language_and_every_key():
    for one in LANGUAGE_FILES.values():
        assert f"`{one.id}`" in PAGE
    keys = {
        key
        for row in re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", PAGE, re.MULTILINE)
        for key in re.findall(r"`([a-z_]+)`", row)
    }
    assert keys == {*LanguageFile.__dataclass_fields__, "like"} - {"id"}

"""Every language in the real sandbox, one that is added, and the jury's programs that build themselves."""

import os
from dataclasses import replace

import docker
import pytest

from judge.compile import build_program, compile_program, version
from judge.execute import execute
from judge.image.build import image_name
from judge.languages import LANGUAGES, languages_in
from judge.pipeline import Judge
from judge.pool import Pool
from judge.sandbox import Limits
from packages.read import read_package
from schemas.errors import ConfigError, DependencyError
from tests.judge.programs import INPUT, SUM, source, still_right
from tests.unit.packaging import PACKAGE, write

ROOMY = Limits(cpu_ms=5000, wall_ms=20000, memory_mib=256, output_bytes=1 << 20)

DEFAULT = [one for one in LANGUAGES.values() if one.image == "default"]
EXTRA = [one for one in LANGUAGES.values() if one.image == "extra"]


def adds_two_numbers(claim, language):
    name, text = language.example
    result = compile_program(claim, language, (source(text, name),))
    assert result.ok, result.log
    measured = execute(claim, result.program, INPUT, ROOMY)
    assert (measured.stdout.bytes(), measured.stderr, measured.exit_code) == (b"7\n", b"", 0)
    assert not measured.memory_exceeded
    assert not measured.left_behind


def refuses_what_is_no_program(claim, language):
    result = compile_program(claim, language, (source("<?php }{ this is ]( no program\n", language.example[0]),))
    assert (result.ok, result.why) == (False, "failed")
    assert result.log
    assert "/w/src" not in result.log


@pytest.mark.parametrize("language", DEFAULT, ids=lambda one: one.id)
def test_a_language_of_the_default_image(claim, language):
    adds_two_numbers(claim, language)
    refuses_what_is_no_program(claim, language)
    assert any(letter.isdigit() for letter in version(claim, language))


@pytest.mark.long
@pytest.mark.timeout(1800)  # the image may have to be built
@pytest.mark.parametrize("language", EXTRA, ids=lambda one: one.id)
def test_long_a_language_of_the_extra_image(claim, language, extra_image):
    adds_two_numbers(claim, language)
    refuses_what_is_no_program(claim, language)
    assert any(letter.isdigit() for letter in version(claim, language))
    assert still_right(claim)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_long_the_extra_image_has_no_setuid_program_and_no_folder_that_all_may_write(claim, extra_image):
    look = source("find / -xdev -perm /6000 -type f; find / -xdev -perm -0002 -type d -not -path '/dev/*'", "look.sh")
    program = compile_program(claim, LANGUAGES["bash"], (look,)).program
    measured = execute(claim, program, INPUT, ROOMY)
    assert measured.stdout.bytes() == b""
    assert not measured.cpu_exceeded


def test_the_extra_image_is_built_for_whoever_missed_it_and_nobody_who_judges_waits_for_it(judge_settings, monkeypatch):
    client = docker.from_env()
    name = f"podium-judge-first-{os.getpid()}:latest"
    settings = judge_settings.model_copy(update={"judge_image": name})
    extra = image_name(settings, "extra")
    asked = []

    def build(_settings, _say, image):
        asked.append(image)
        if len(asked) == 1:
            raise ConfigError("no debootstrap")
        client.images.get(name).tag(extra)

    monkeypatch.setattr("judge.container.ensure_image", build)
    language = replace(LANGUAGES["c"], image="extra")
    client.images.get(judge_settings.judge_image).tag(name)
    try:
        with Pool(settings, owner=f"first-{os.getpid()}") as pool, pool.claim(0) as claim:
            with pytest.raises(DependencyError, match=f"there is no image {extra} yet"):
                compile_program(claim, language, (SUM,))
            assert (asked, pool.missed_images) == ([], {"extra"})
            assert compile_program(claim, LANGUAGES["c"], (SUM,)).ok
            with pytest.raises(DependencyError, match="no debootstrap"):
                pool.build_image("extra")
            for _ in range(2):
                pool.build_image("extra")
                program = compile_program(claim, language, (SUM,)).program
                assert execute(claim, program, INPUT, ROOMY).stdout.bytes() == b"7\n"
            assert (pool.has_image("extra"), pool.missed_images) == (True, frozenset())
            client.images.remove(extra)
            assert (pool.has_image("extra"), pool.known_image("extra")) == (False, None)
    finally:
        client.images.remove(name)
        client.close()
    assert asked == ["extra", "extra"]


TINY = """
name: Stream editor
extensions: [sed]
entry_point_rule: file
version: [/bin/sed, --version]
compile: [[/bin/sed, -n, -f, "{main}"]]
run: [/bin/sed, -n, -f, "{program}"]
processes: 1
max_files: 1
"""


def test_a_language_that_is_added_is_judged(pool, tmp_path, monkeypatch):
    (tmp_path / "languages").mkdir()
    (tmp_path / "languages" / "sed.yaml").write_text(TINY)
    added = languages_in(tmp_path / "languages")
    monkeypatch.setattr("judge.pipeline.LANGUAGES", {**LANGUAGES, **added})
    package = read_package(write(tmp_path / "sum", PACKAGE))
    judge = Judge(pool)
    for text, verdict, runs in (
        ("s/^1 2$/3/p\ns/^2 3$/5/p\ns/^4 5$/9/p\n", "AC", 3),
        ("s/^1 2$/3/p\n", "WA", 2),
        ("s/no end\n", "CE", 0),
    ):
        outcome = judge.judge(0, package, (source(text, "sum.sed"),), "sed")
        assert (outcome.verdict, len(outcome.runs)) == (verdict, runs), outcome.compiler_output
    two = (source("p", "a.sed"), source("p", "b.sed"))
    assert "takes at most" in judge.judge(0, package, two, "sed").compiler_output


def test_limits_of_a_compilation_are_the_callers_and_say_which_was_met(claim):
    slow = replace(LANGUAGES["c"], compile=(("/bin/sh", "-c", "while :; do :; done"),))
    result = compile_program(claim, slow, (source("int main(void) {}"),), cpu_s=1)
    assert (result.ok, result.why) == (False, "time")
    assert "1 s of CPU" in result.log
    bomb = (source('#include "/dev/zero"\nint main(void) {}'),)
    result = compile_program(claim, LANGUAGES["c"], bomb, memory_mib=128)
    assert (result.ok, result.why) == (False, "memory")
    assert compile_program(claim, LANGUAGES["c"], (source("int main() {}", "a.txt"),)).why == "refused"
    assert still_right(claim)


def test_a_python_folder_is_a_module_and_a_kotlin_or_java_package_lies_in_folders(claim):
    files = (
        source("", "__init__.py"),
        source(
            "from . import part\nimport part as same\nfrom deep.er import three\nprint(part.four() + three)\n",
            "__main__.py",
        ),
        source("def four():\n    return 4\n", "part.py"),
        source("three = 3\n", "deep/er.py"),
    )
    program = compile_program(claim, LANGUAGES["python3"], files).program
    assert execute(claim, program, INPUT, ROOMY).stdout.bytes() == b"7\n"
    java = (
        source("package contest; public class Go { public static void main(String[] a) { System.out.println(part.Part.SEVEN); } }", "contest/Go.java"),
        source("package part; public class Part { public static final int SEVEN = 7; }", "part/Part.java"),
    )  # fmt: skip
    result = compile_program(claim, LANGUAGES["java"], java)
    assert result.ok, result.log
    assert execute(claim, result.program, INPUT, ROOMY).stdout.bytes() == b"7\n"


def test_a_jurys_program_builds_itself_and_is_run_by_its_run(claim):
    main = '#include "deep/part.h"\n#include <stdio.h>\nint main(int n, char **a) { printf("%d %s\\n", SEVEN, a[1]); return 42; }'
    files = [
        source("#!/bin/sh\nset -e\ncc -o helper main.c\nprintf '#!/bin/sh\\nexec \"$(dirname \"$0\")/helper\" \"$@\"\\n' > run\nchmod +x run\necho built\nln -s deep/part.h link\n", "build"),
        source(main),
        source("#define SEVEN 7\n", "deep/part.h"),
    ]  # fmt: skip
    result = build_program(claim, files)
    assert result.ok, result.log
    assert result.log == "built\n"
    assert {"run", "helper", "main.c", "deep/part.h", "link"} <= {name for name, _ in result.program.files}
    measured = execute(claim, result.program, INPUT, ROOMY, args=("x y",))
    assert (measured.stdout.bytes(), measured.exit_code) == (b"7 x y\n", 42)
    assert build_program(claim, files).cached

    # a run that is there already, that names no interpreter, and needs another file of its folder
    result = build_program(
        claim, [source('exec python3 "$(dirname "$0")/deep/part.py"', "run"), source("print(input())", "deep/part.py")]
    )
    assert execute(claim, result.program, INPUT, ROOMY).stdout.bytes() == b"3 4\n"


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_long_a_jurys_program_that_builds_itself_has_the_languages_of_the_extra_image(claim, extra_image):
    build = "#!/bin/sh\nset -e\nghc -v0 -o run add.hs\nc++ -o twice twice.cpp\npython3 -c 'print(1)'\n"
    files = [
        source(build, "build"),
        source("main = getLine >>= print . sum . map read . words\n", "add.hs"),
        source("int main() {}\n", "twice.cpp"),
    ]
    result = build_program(claim, files)
    assert (result.ok, result.log) == (True, "1\n")
    assert execute(claim, result.program, INPUT, ROOMY).stdout.bytes() == b"7\n"


@pytest.mark.parametrize(
    ("build", "why", "said"),
    [
        ("exit 0", "failed", "no executable file 'run'"),
        ("touch run", "failed", "no executable file 'run'"),
        ("echo went wrong >&2; exit 3", "failed", "went wrong"),
        ("#!/no/such/interpreter\n", "failed", "not found"),
        ("cp /bin/true run; for i in $(seq 600); do : > $i; done", "output", "more than 500 files"),
        ("cp /bin/true run; : > \"$(printf 'a\\nb')\"", "failed", "cannot be the name of a file"),
        ("while :; do :; done", "time", "1 s of CPU"),
    ],
)
def test_a_build_that_makes_no_program_says_why(claim, build, why, said):
    result = build_program(claim, [source(build, "build")], cpu_s=1)
    assert (result.ok, result.program, result.why) == (False, None, why)
    assert said in result.log


def test_a_build_cannot_leave_anything_to_the_next_one(claim):
    assert not build_program(claim, [source("mkdir -p a/b; echo x > a/b/left; sleep 100 & exit 1", "build")]).ok
    result = build_program(claim, [source("find /w -name left | grep . ; ps 2> /dev/null; cp /bin/true run", "build")])
    assert result.ok, result.log
    assert "left" not in result.log
    assert still_right(claim)

"""What a submission is judged as: whether its problem takes it at all, and with which of the package's files beside it."""

from __future__ import annotations

from collections.abc import Sequence

from judge.languages import LANGUAGES, Language, language_of
from packages.languages import LANGUAGE_CODES
from packages.model import ProblemPackage, with_constants
from schemas.definition import FileData
from schemas.errors import UnreadableError

__all__ = ["code_of", "refused", "with_included"]


def code_of(language: Language) -> str:
    """The format's code of a language; that of `cpp` for another version of it, and so on. Pure."""
    if language.id in LANGUAGE_CODES:
        return language.id
    base = language_of(f"x.{extension}" for extension in language.extensions)
    return base.id if base is not None else language.id


def refused(package: ProblemPackage, files: Sequence[FileData], language: str) -> str:
    """Why a problem does not take these files in this language; empty when it does. Pure.

    Included files do not count for the code limit.
    """
    size = sum(len(file.data) for file in files)
    if size > package.limits.code_kib << 10:
        return f"The sources have {size} bytes; the limit is {package.limits.code_kib} KiB."
    known = LANGUAGES.get(language)
    if package.languages is None or "submit-answer" in package.types or known is None:
        return ""
    if {language, code_of(known)} & package.languages:
        return ""
    taken = sorted(LANGUAGES[code].name if code in LANGUAGES else code for code in package.languages)
    return f"This problem may not be solved in {known.name}, but in {', '.join(taken)}."


def with_included(package: ProblemPackage, files: Sequence[FileData], language: Language) -> tuple[FileData, ...]:
    """The submission's files with those that the package includes: for all languages, and over them for its own.

    One of the submission's that has the name of an included one is replaced by it.

    Raises:
        UnreadableError: when a file of the package has gone.
    """
    whole = {file.name: file for file in files}
    for key in dict.fromkeys(("default", code_of(language), language.id)):
        for name, path in package.include.get(key, ()):
            try:
                data = path.read_bytes()
            except OSError as error:
                raise UnreadableError(f"{package.short_name}: {path.name}: cannot be read: {error}") from error
            whole[name] = FileData(name, with_constants(data, package.constants))
    return tuple(whole.values())

"""What is wrong with a package, collected: one line for each thing, each naming its file."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.errors import PackageError

__all__ = ["Findings"]


@dataclass(slots=True)
class Findings:
    """Errors refuse the package; warnings are told to whoever looks."""

    package: str
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def error(self, file: str, cause: str) -> None:
        """The package cannot be used because of this."""
        self.errors.append(f"{self.package}/{file}: {cause}")

    def unsupported(self, file: str, what: str) -> None:
        """The format knows this, podium does not: the package is refused, nothing of it is passed over."""
        self.error(file, f"{what} not supported")

    def warn(self, file: str, cause: str) -> None:
        """This has no effect, or the format would have it otherwise."""
        self.warnings.append(f"{self.package}/{file}: {cause}")

    def check(self) -> None:
        """Go on only with a package without errors.

        Raises:
            PackageError: with all of them, a line each.
        """
        if self.errors:
            raise PackageError("\n".join(self.errors))

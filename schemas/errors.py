"""What stops work. Faults in people's data are findings (`schemas.findings`), never exceptions.

VitrinaError
├── WrongUse                 arguments or settings; the person can mend the call (exit 2)
│   └── SettingsError        vitrina.toml or VITRINA_* names something unknown or unreadable
├── CannotRun                the world is not ready; the same call may work later (exit 3)
│   ├── StoreUnavailable     the catalogue's database cannot be opened or written
│   ├── TargetUnavailable    a release cannot be delivered
│   ├── SourceUnavailable    a source cannot be reached, or only against our rules; what is live stays
│   ├── LockHeld             another run is at work
│   └── ReaderFailed         the reading process could not be started at all
├── BadSource                what a source gives is no product file; what is live stays (exit 1)
└── Refused                  a decision the catalogue's state does not allow (exit 2)
    └── StalePlan            the plan was made on a release that is no longer current
Anything else is a bug and crashes.
"""


class VitrinaError(Exception):
    """Every error we raise on purpose: one sentence a person can act on, in both languages of our users."""

    exit_code = 3

    def __init__(self, english: str, *, es: str | None = None) -> None:
        super().__init__(english)
        self.spanish = es or english

    def say(self, lang: str) -> str:
        """The sentence in `es` or `en`."""
        return self.spanish if lang == "es" else str(self)


class WrongUse(VitrinaError):
    """Arguments that cannot be followed."""

    exit_code = 2


class SettingsError(WrongUse):
    """A settings file or variable that is unknown, misspelt or unreadable."""


class CannotRun(VitrinaError):
    """Something outside the call is missing or busy."""


class StoreUnavailable(CannotRun):
    """The catalogue's database cannot be opened or written."""


class TargetUnavailable(CannotRun):
    """A target could not take a release; it stays on the one it had."""


class SourceUnavailable(CannotRun):
    """A source cannot be reached, or only in a way we do not go; what is live stays."""


class LockHeld(CannotRun):
    """Another run holds the lock of this VITRINA_HOME."""


class ReaderFailed(CannotRun):
    """The reading process could not be started (not: the file is bad, which is a finding)."""


class BadSource(VitrinaError):
    """What a source gives cannot be a product file: a web page, an endless answer, a name that leaves its folder."""

    exit_code = 1


class Refused(VitrinaError):
    """The catalogue's state does not allow this decision."""

    exit_code = 2


class StalePlan(Refused):
    """The plan was made on a release, upload or requirements version that is no longer the current one."""

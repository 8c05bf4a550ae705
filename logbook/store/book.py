"""A book on disk: how it is found and what its ``logbook.yaml`` says."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.patterns import lazily
from logbook.core.record import Stored
from logbook.core.value import attribute
from logbook.core.value import frozen
from logbook.store import codec

SETTINGS_FILE = "logbook.yaml"
DEFAULT_ZONE = "Asia/Shanghai"
_KNOWN = (
    "name", "timezone", "language", "packs", "administrator", "desks", "calendars", "practice", "trail", "settings",
    "layout",
)  # fmt: skip
TRAIL = ("signing", "edit_window", "encryption", "shared_identities", "branches")
# The words of `trail: signing:`; `core/signers.py` says what each of them asks for.
SIGNING = ("none", "decisions", "all")
_WINDOW = lazily(r"([1-9]\d{0,3}) (minute|hour|day|week)s?\Z")
DEFAULT_WINDOW = timedelta(hours=24)


@frozen
class Settings:
    """What a site decided for itself. ``settings`` holds the numbers the rules may name, ``calendars``
    its own calendars, written as in a pack's ``calendars.yaml``, ``trail`` what an auditor may rely on: each
    as it was written. ``layout``: forms whose new records lie in folders of days, ``complaint: day``."""

    name: str
    timezone: str = DEFAULT_ZONE
    language: str = "zh"
    packs: tuple[str, ...] = ("core",)
    administrator: str | None = None
    desks: Mapping[str, str] = attribute(default_factory=dict)
    practice: bool = False
    calendars: Mapping[str, Stored] = attribute(default_factory=dict)
    settings: Mapping[str, Stored] = attribute(default_factory=dict)
    trail: Mapping[str, Stored] = attribute(default_factory=dict)
    layout: Mapping[str, str] = attribute(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def signing(self) -> str:
        """Which commits must be signed: ``none``, ``decisions`` or ``all``."""
        return cast(str, self.trail.get("signing") or "none")

    @property
    def edit_window(self) -> timedelta:
        """How long the person who entered a value may change it in place (rulings 17)."""
        found = _WINDOW.match(cast(str, self.trail.get("edit_window") or ""))
        return timedelta(**{f"{found[2]}s": int(found[1])}) if found else DEFAULT_WINDOW


@frozen
class Book:
    """One site's book: its folder and its settings."""

    root: Path
    settings: Settings


def find_book(start: Path, *, given: str | None, environment: Mapping[str, str]) -> Book:
    """The book :func:`find_root` finds, with its settings. Refused with every problem of them."""
    root = find_root(start, given=given, environment=environment)
    return Book(root, read_settings(root))


def find_root(start: Path, *, given: str | None, environment: Mapping[str, str]) -> Path:
    """Find the book's folder: ``given`` (``--book``), else ``$LOGBOOK_BOOK``, else the nearest parent of
    ``start`` that holds ``logbook.yaml``. Raises BookError ``book.none`` when there is none."""
    named = given or environment.get("LOGBOOK_BOOK")
    if named:
        root = Path(named).expanduser().absolute()
        if not (root / SETTINGS_FILE).is_file():
            raise BookError("book.not-one", path=str(root))
        return root
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise BookError("book.none", path=str(start))


def find_shared(*, given: str | None, environment: Mapping[str, str]) -> Path | None:
    """The shared copy (a bare repository) that ``--book`` or ``$LOGBOOK_BOOK`` names; None where it names none."""
    named = given or environment.get("LOGBOOK_BOOK")
    if not named:
        return None
    from logbook.store.git import is_bare

    root = Path(named).expanduser().absolute()
    return root if not (root / SETTINGS_FILE).is_file() and is_bare(root) else None


def read_settings(root: Path) -> Settings:
    """Read ``logbook.yaml``; Refused with every problem of it."""
    path = root / SETTINGS_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BookError("book.unreadable", path=str(path), why=error.strerror or str(error)) from error
    return settings_from(data)


def settings_from(data: bytes) -> Settings:
    """The settings that the text of a ``logbook.yaml`` says; Refused with every problem of it."""
    document, issues = codec.read(data, path=SETTINGS_FILE)
    if document is None:
        raise Refused(issues, "book.settings-broken", path=SETTINGS_FILE)
    plain = document.plain
    issues = [*issues, *_settings_issues(plain, document.line)]
    if any(issue.is_error for issue in issues):
        raise Refused(issues, "book.settings-broken", path=SETTINGS_FILE)
    packs = plain.get("packs")
    desks = plain.get("desks")
    own = plain.get("settings")
    calendars = plain.get("calendars")
    trail = plain.get("trail")
    layout = plain.get("layout")
    return Settings(
        name=cast(str, plain["name"]),
        timezone=cast(str, plain.get("timezone") or DEFAULT_ZONE),
        language=cast(str, plain.get("language") or "zh"),
        packs=tuple(cast("list[str]", packs)) if isinstance(packs, list) else ("core",),
        administrator=cast("str | None", plain.get("administrator")),
        desks=cast("dict[str, str]", desks) if isinstance(desks, dict) else {},
        practice=plain.get("practice") == "true",
        calendars=calendars if isinstance(calendars, dict) else {},
        settings=own if isinstance(own, dict) else {},
        trail=trail if isinstance(trail, dict) else {},
        layout=cast("dict[str, str]", layout) if isinstance(layout, dict) else {},
    )


def settings_text(settings: Settings) -> bytes:
    """The text of a new ``logbook.yaml``."""
    plain: dict[str, Stored] = {
        "name": settings.name,
        "timezone": settings.timezone,
        "language": settings.language,
        "packs": list(settings.packs),
    }
    if settings.administrator:
        plain["administrator"] = settings.administrator
    if settings.desks:
        plain["desks"] = dict(settings.desks)
    if settings.practice:
        plain["practice"] = "true"
    if settings.calendars:
        plain["calendars"] = dict(settings.calendars)
    if settings.settings:
        plain["settings"] = dict(settings.settings)
    if settings.trail:
        plain["trail"] = dict(settings.trail)
    if settings.layout:
        plain["layout"] = dict(settings.layout)
    return codec.write(plain)


def _settings_issues(plain: Mapping[str, Stored], where: Callable[..., int | None]) -> list[Issue]:
    from logbook.core.suggest import hint

    issues: list[Issue] = []
    name = plain.get("name")
    if not isinstance(name, str) or not name.strip():
        issues.append(Issue("book.no-name", {}, path=SETTINGS_FILE, field="name"))
    zone = plain.get("timezone")
    if zone is not None:
        try:
            ZoneInfo(cast(str, zone))
        except (ValueError, KeyError, OSError, TypeError):
            issues.append(
                Issue(
                    "book.timezone",
                    {"found": str(zone)},
                    path=SETTINGS_FILE,
                    line=where("timezone"),
                    field="timezone",
                )
            )
    if plain.get("language") not in (None, "zh", "en"):
        issues.append(
            Issue(
                "book.language",
                {"found": str(plain["language"])},
                path=SETTINGS_FILE,
                line=where("language"),
                field="language",
            )
        )
    issues += _trail_issues(plain.get("trail"), where)
    layout = plain.get("layout")
    if layout is not None and not isinstance(layout, dict):
        told = {"found": str(layout)}
        issues.append(Issue("book.layout", told, path=SETTINGS_FILE, line=where("layout"), field="layout"))
    for form, word in layout.items() if isinstance(layout, dict) else ():
        if word not in ("day", "month"):
            place = f"layout.{form}"
            told = {"found": str(word)}
            issues.append(Issue("book.layout", told, path=SETTINGS_FILE, line=where("layout", form), field=place))
    for key in plain:
        if key not in _KNOWN:
            issues.append(
                Issue(
                    "book.unknown-setting",
                    {"name": key, "hint": hint(key, _KNOWN), "known": list(_KNOWN)},
                    severity="warning",
                    path=SETTINGS_FILE,
                    line=where(key),
                    field=key,
                )
            )
    return issues


def _trail_issues(trail: Stored, where: Callable[..., int | None]) -> list[Issue]:
    """What is wrong under ``trail``. A word nobody knows is an error: what it was meant to keep would not be kept."""
    from logbook.core.suggest import hint

    if trail is None:
        return []
    issues: list[Issue] = []

    def wrong(code: str, *place: str, **args: object) -> None:
        path = ("trail", *place)
        issues.append(Issue(code, args, path=SETTINGS_FILE, line=where(*path), field=".".join(path)))

    if not isinstance(trail, dict):
        wrong("book.trail", known=list(TRAIL))
        return issues
    for key, value in trail.items():
        if key == "signing":
            if value not in SIGNING:
                wrong("book.trail-signing", key, found=str(value), known=list(SIGNING), hint=hint(str(value), SIGNING))
        elif key == "edit_window":
            if not isinstance(value, str) or not _WINDOW.match(value):
                wrong("book.trail-window", key, found=str(value))
        elif key == "encryption":
            if value not in ("true", "false"):
                wrong("book.trail-encryption", key, found=str(value))
        elif key == "shared_identities":
            if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
                wrong("book.trail-identities", key)
        elif key == "branches":
            if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
                wrong("book.trail-branches", key)
        else:
            wrong("book.trail-unknown", key, name=key, known=list(TRAIL), hint=hint(key, TRAIL))
    return issues

"""Sends messages: mail and the group robots of WeCom, DingTalk and Feishu. Nothing else uses the network."""

from __future__ import annotations

import json
import os
import time
from abc import ABC
from abc import abstractmethod
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import Protocol
from urllib.parse import urlsplit

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.suggest import hint
from logbook.core.value import attribute
from logbook.core.value import frozen
from logbook.store import machine
from logbook.store.book import SETTINGS_FILE

CHANNELS = ("stdout", "smtp", "wecom", "dingtalk", "feishu")
SECURITY = ("starttls", "ssl", "none")
_PORTS = {"starttls": 587, "ssl": 465, "none": 25}
_KNOWN = ("channel", "from", "server", "security", "user", "to", "default", "secrets", "timeout")

# What a robot takes at once, in bytes of UTF-8: WeCom's text, the whole request of DingTalk (20,000) and of
# Feishu (20 KB), less what stands around the text.
WECOM_BYTES = 2048
DINGTALK_BYTES = 19_000
FEISHU_BYTES = 19_000
# Answers that mean "not now": too many messages a minute, busy.
_LATER = {"wecom": (-1, 45009), "dingtalk": (-1, 130101), "feishu": (9499, 11232)}
TRIES = 3
WAITS = (1.0, 4.0)  # seconds before the second and the third try
TIMEOUT = 15.0


class SendFailed(BookError):
    """A message that did not go out; ``later``: another try may succeed."""

    def __init__(self, code: str, *, later: bool = False, **args: object) -> None:
        super().__init__(code, **args)
        self.later = later


@frozen
class Message:
    """One digest on its way to one person. ``address``: the mail address, or whom a robot mentions."""

    person: str
    name: str
    address: str | None
    subject: str
    text: str


class Sender(Protocol):
    """Something that sends; raises :class:`SendFailed`."""

    def send(self, message: Message) -> None: ...


@frozen
class Outlet:
    """``settings: notify:`` of a book. ``to``: a person's mail address or user id of the group chat;
    ``default``: the address of those who have none."""

    channel: str = "stdout"
    sender: str = ""
    host: str = ""
    port: int = 0
    security: str = "starttls"
    user: str = ""
    to: Mapping[str, str] = attribute(default_factory=dict)
    default: str | None = None
    secrets: str | None = None
    timeout: float = TIMEOUT


def read_outlet(raw: object, channel: str | None = None) -> Outlet:
    """The settings as a value; Refused with everything that is wrong with them. ``channel`` replaces theirs."""
    issues: list[Issue] = []

    def wrong(code: str, field: str, **args: object) -> None:
        issues.append(Issue(code, args, path=SETTINGS_FILE, field=f"settings.notify.{field}".rstrip(".")))

    if raw in (None, ""):
        raw = {}
    if not isinstance(raw, Mapping):
        wrong("notify.settings", "", found=str(raw))
        raise Refused(issues)
    for key in raw:
        if key not in _KNOWN:
            wrong("notify.unknown-setting", str(key), found=str(key), hint=hint(str(key), _KNOWN), known=list(_KNOWN))
    text = {key: str(value) for key, value in raw.items() if isinstance(value, str)}
    channel = channel or text.get("channel") or "stdout"
    if channel not in CHANNELS:
        wrong("notify.unknown-channel", "channel", found=channel, allowed=list(CHANNELS))
    security = text.get("security") or "starttls"
    if security not in SECURITY:
        wrong("notify.unknown-channel", "security", found=security, allowed=list(SECURITY))
    host, port = _host_and_port(text.get("server", ""))
    if port is None:
        wrong("notify.bad-server", "server", found=text.get("server", ""))
    if channel == "smtp":
        if not host:
            wrong("notify.missing", "server", name="server")
        if not _is_address(text.get("from", "")):
            wrong("notify.missing", "from", name="from")
    people = raw.get("to") or {}
    if not isinstance(people, Mapping) or not all(isinstance(one, str) for one in people.values()):
        wrong("notify.settings", "to", found=str(people))
        people = {}
    if channel == "smtp":
        for person, address in people.items():
            if not _is_address(str(address)):
                wrong("notify.bad-address", f"to.{person}", found=str(address))
        if text.get("default") and not _is_address(text["default"]):
            wrong("notify.bad-address", "default", found=text["default"])
    try:
        timeout = float(text.get("timeout") or TIMEOUT)
    except ValueError:
        timeout = 0
    if not 0 < timeout <= 300:
        wrong("notify.bad-timeout", "timeout", found=text.get("timeout", ""))
    if issues:
        raise Refused(issues)
    return Outlet(
        channel,
        text.get("from", ""),
        host,
        port or _PORTS[security],
        security,
        text.get("user", ""),
        {str(person): str(address) for person, address in people.items()},
        text.get("default") or None,
        text.get("secrets") or None,
        timeout,
    )


def _host_and_port(server: str) -> tuple[str, int | None]:
    """``mail.example.org:587`` in its parts; port 0 when none was given, None when it is no number."""
    host, colon, port = server.strip().rpartition(":")
    if not colon:
        return server.strip(), 0
    return host, int(port) if port.isascii() and port.isdigit() and 0 < int(port) < 65536 else None


def _is_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and not any(sign.isspace() or sign in "<>,;" for sign in text)


class Secrets:
    """What must not stand in a book: from the environment, else from a file nobody else can read."""

    def __init__(self, environment: Mapping[str, str], path: Path, *, named: bool) -> None:
        self._environment = environment
        self._path = path
        self._named = named
        self._found: dict[str, str] | None = None

    def get(self, name: str) -> str | None:
        """The secret ``LOGBOOK_…``; BookError ``notify.open-secrets`` for a file that others can read."""
        return self._environment.get(name) or self._file().get(name)

    def need(self, name: str) -> str:
        """The same, BookError ``notify.no-secret`` where there is none."""
        found = self.get(name)
        if not found:
            raise BookError("notify.no-secret", name=name, path=str(self._path))
        return found

    def _file(self) -> dict[str, str]:
        if self._found is None:
            self._found = dict(_secrets_in(self._path, must=self._named))
        return self._found


def secrets_of(outlet: Outlet, root: Path, room: Path, environment: Mapping[str, str]) -> Secrets:
    """The secrets of a book: the file its settings or ``$LOGBOOK_SECRETS`` name, else ``.git/logbook/secrets``."""
    named = environment.get("LOGBOOK_SECRETS") or outlet.secrets
    path = Path(os.path.normpath(root / Path(named).expanduser())) if named else room / "secrets"
    return Secrets(environment, path, named=bool(named))


def _secrets_in(path: Path, *, must: bool) -> Iterator[tuple[str, str]]:
    """The lines ``NAME=value`` of a file; blank lines and ``#`` are passed over."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        if must:
            raise BookError("notify.secrets-missing", path=str(path)) from None
        return
    except OSError as error:
        raise BookError("notify.secrets-unreadable", path=str(path), why=error.strerror or str(error)) from error
    with file:
        # Windows has no such bits: there the folder's own rights must do.
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
            raise BookError("notify.open-secrets", path=str(path))
        for line in file.read().decode("utf-8", "replace").splitlines():
            name, equals, value = line.strip().partition("=")
            if equals and not name.startswith("#"):
                yield name.strip(), value.strip()


def sender_of(outlet: Outlet, secrets: Secrets, *, pause: Callable[[float], None] = time.sleep) -> Sender:
    """The sender of a channel other than ``stdout``. BookError when a secret it needs is not there."""
    if outlet.channel == "smtp":
        password = secrets.need("LOGBOOK_SMTP_PASSWORD") if outlet.user else ""
        return Mail(outlet, password, pause)
    prefix = f"LOGBOOK_{outlet.channel.upper()}"
    url = secrets.need(f"{prefix}_URL")
    secret = secrets.get(f"{prefix}_SECRET")
    robot: Callable[..., Sender] = {"wecom": WeCom, "dingtalk": DingTalk, "feishu": Feishu}[outlet.channel]
    return robot(url, secret, outlet.timeout, pause)


# -- mail ------------------------------------------------------------------------------------------


class Mail:
    """Mail by SMTP, a connection a message."""

    def __init__(self, outlet: Outlet, password: str, pause: Callable[[float], None]) -> None:
        self.outlet = outlet
        self.password = password
        self.pause = pause

    def send(self, message: Message) -> None:
        address = message.address
        if not address:
            raise SendFailed("notify.no-address", name=message.name, person=message.person)
        _try(lambda: self._once(message, address), self.pause)

    def _once(self, message: Message, address: str) -> None:
        import smtplib
        import ssl
        from email.message import EmailMessage
        from email.policy import SMTP
        from email.utils import format_datetime
        from email.utils import make_msgid

        outlet = self.outlet
        where = f"{outlet.host}:{outlet.port}"
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = " ".join(message.subject.split())
        mail["From"] = outlet.sender
        mail["To"] = address
        mail["Date"] = format_datetime(machine.now())
        mail["Message-ID"] = make_msgid(domain=outlet.sender.rpartition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text, charset="utf-8", cte="base64")
        try:
            if outlet.security == "ssl":
                context = ssl.create_default_context()
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    outlet.host, outlet.port, timeout=outlet.timeout, context=context
                )
            else:
                server = smtplib.SMTP(outlet.host, outlet.port, timeout=outlet.timeout)
            with server:
                if outlet.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if outlet.user:
                    server.login(outlet.user, self.password)
                server.send_message(mail, outlet.sender, [address])
        except smtplib.SMTPAuthenticationError as error:
            raise SendFailed("notify.smtp-login", server=where, user=outlet.user, why=_said(error)) from error
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise SendFailed(
                "notify.smtp-refused", later=400 <= code < 500, server=where, address=address, why=_plain(said)
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            raise SendFailed("notify.smtp-unable", server=where, why=str(error)) from error
        except smtplib.SMTPResponseException as error:
            later = 400 <= error.smtp_code < 500
            raise SendFailed(
                "notify.smtp-refused", later=later, server=where, address=address, why=_said(error)
            ) from error
        except ssl.SSLError as error:
            raise SendFailed("notify.not-safe", server=where, why=error.reason or str(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise SendFailed("notify.unreachable", later=True, server=where, why=_why(error)) from error


def _said(error: Any) -> str:
    return f"{error.smtp_code} {_plain(error.smtp_error)}"


def _plain(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _try(once: Callable[[], None], pause: Callable[[float], None]) -> None:
    """Again after a while for what may succeed later; three times in all."""
    for wait in (*WAITS[: TRIES - 1], None):
        try:
            once()
        except SendFailed as error:
            if not error.later or wait is None:
                raise
            pause(wait)
        else:
            return


# -- group robots -----------------------------------------------------------------------------------


class _Robot(ABC):
    """A group robot: JSON by POST to an address that is itself a secret."""

    channel = ""
    limit = 0

    def __init__(self, url: str, secret: str | None, timeout: float, pause: Callable[[float], None]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise BookError("notify.bad-url", name=f"LOGBOOK_{self.channel.upper()}_URL")
        self.url = url
        self.secret = secret
        self.timeout = timeout
        self.pause = pause
        self.host = parts.netloc.rpartition("@")[2]

    def send(self, message: Message) -> None:
        """Part after part; a message that does not fit in one says which part of how many each is."""
        for part in split_text(message.text, self.limit - self.around(message), size=self.size):
            _try(lambda part=part: self._once(message, part), self.pause)  # type: ignore[misc]

    def around(self, message: Message) -> int:
        """Bytes the robot needs besides the text."""
        return 0

    def size(self, text: str) -> int:
        """Bytes of a text as it counts for the limit: as it stands in the JSON of the request."""
        return len(json.dumps(text, ensure_ascii=False).encode()) - 2

    def address(self, now: int) -> str:
        return self.url

    @abstractmethod
    def payload(self, message: Message, text: str, now: int) -> dict[str, object]:
        """What the robot is sent: one part of a message at a moment (seconds since 1970)."""

    def _once(self, message: Message, text: str) -> None:
        from urllib.error import HTTPError
        from urllib.request import Request
        from urllib.request import urlopen

        now = int(machine.now().timestamp())
        body = json.dumps(self.payload(message, text, now), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "logbook"}
        request = Request(self.address(now), body, headers)
        try:
            with urlopen(request, timeout=self.timeout) as answer:
                said = answer.read(65_536)
        except HTTPError as error:
            error.close()
            later = error.code == 429 or error.code >= 500
            raise SendFailed("notify.http", later=later, server=self.host, status=error.code) from error
        except (OSError, ValueError) as error:
            why = _why(getattr(error, "reason", None) or error)
            raise SendFailed("notify.unreachable", later=True, server=self.host, why=why) from error
        self._judge(said)

    def _judge(self, said: bytes) -> None:
        """Success is the answer 0 and nothing else: an HTTP 200 alone says nothing."""
        try:
            answer = json.loads(said)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise SendFailed("notify.no-answer", server=self.host)
        code = next((answer[name] for name in ("errcode", "code", "StatusCode") if name in answer), None)
        if code != 0:
            why = str(answer.get("errmsg") or answer.get("msg") or answer.get("StatusMessage") or "")
            later = code in _LATER[self.channel]
            raise SendFailed("notify.robot-refused", later=later, server=self.host, status=str(code), why=why)


class WeCom(_Robot):
    """企业微信: ``{"msgtype": "text", "text": {"content": …, "mentioned_list": [userid]}}``."""

    channel = "wecom"
    limit = WECOM_BYTES

    def size(self, text: str) -> int:
        return len(text.encode())

    def payload(self, message: Message, text: str, now: int) -> dict[str, object]:
        content: dict[str, object] = {"content": text}
        if message.address:
            content["mentioned_list"] = [message.address]
        return {"msgtype": "text", "text": content}


class DingTalk(_Robot):
    """钉钉: signed with the time in milliseconds; whom it mentions must also stand in the text."""

    channel = "dingtalk"
    limit = DINGTALK_BYTES

    def around(self, message: Message) -> int:
        return self.size(f"@{message.address}\n") if message.address else 0

    def address(self, now: int) -> str:
        if not self.secret:
            return self.url
        from urllib.parse import quote_plus

        stamp = now * 1000
        sign = _signature(self.secret, f"{stamp}\n{self.secret}")
        joint = "&" if "?" in self.url else "?"
        return f"{self.url}{joint}timestamp={stamp}&sign={quote_plus(sign)}"

    def payload(self, message: Message, text: str, now: int) -> dict[str, object]:
        told: dict[str, object] = {"msgtype": "text", "text": {"content": text}}
        if message.address:
            told["text"] = {"content": f"@{message.address}\n{text}"}
            told["at"] = {"atUserIds": [message.address], "isAtAll": False}
        return told


class Feishu(_Robot):
    """飞书: the key of the signature is time and secret, what is signed is empty; both go in the body."""

    channel = "feishu"
    limit = FEISHU_BYTES

    def around(self, message: Message) -> int:
        return self.size(self._mention(message))

    @staticmethod
    def _mention(message: Message) -> str:
        return f'<at user_id="{message.address}">{message.name}</at>\n' if message.address else ""

    def payload(self, message: Message, text: str, now: int) -> dict[str, object]:
        told: dict[str, object] = {}
        if self.secret:
            told["timestamp"] = str(now)
            told["sign"] = _signature(f"{now}\n{self.secret}", "")
        told["msg_type"] = "text"
        told["content"] = {"text": self._mention(message) + text}
        return told


def _signature(key: str, text: str) -> str:
    import base64
    import hashlib
    import hmac

    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode("ascii")


def _utf8(text: str) -> int:
    return len(text.encode())


def split_text(text: str, limit: int, *, size: Callable[[str], int] = _utf8) -> list[str]:
    """A text in parts of at most ``limit`` bytes: at line ends, a longer line between two characters.

    More than one part: each begins with a line ``(1/3)``, counted in its bytes.
    """
    if size(text) <= limit:
        return [text]
    room = limit - size("(999/999)\n")
    parts = list(_packed(_pieces(text.split("\n"), room, size), room, size))
    return [f"({number}/{len(parts)})\n{part}" for number, part in enumerate(parts, 1)]


def _pieces(lines: Iterable[str], room: int, size: Callable[[str], int]) -> Iterator[str]:
    """The lines; one that is too long in pieces that fit."""
    for line in lines:
        if size(line) <= room:
            yield line
            continue
        piece: list[str] = []
        used = 0
        for char in line:
            taken = size(char)
            if used + taken > room and piece:
                yield "".join(piece)
                piece, used = [], 0
            piece.append(char)
            used += taken
        yield "".join(piece)


def _packed(pieces: Iterable[str], room: int, size: Callable[[str], int]) -> Iterator[str]:
    """As many pieces in one part as fit, joined by line ends."""
    part: list[str] = []
    used = 0
    for piece in pieces:
        taken = size(piece) + (size("\n") if part else 0)
        if part and used + taken > room:
            yield "\n".join(part)
            part, used, taken = [], 0, size(piece)
        part.append(piece)
        used += taken
    if part:
        yield "\n".join(part)

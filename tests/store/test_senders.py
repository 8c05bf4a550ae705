"""Messages on their way out, against servers on the loopback: mail, WeCom, DingTalk, Feishu, and what goes wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header
from http.server import BaseHTTPRequestHandler
from http.server import HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.store.senders import WECOM_BYTES
from logbook.store.senders import DingTalk
from logbook.store.senders import Feishu
from logbook.store.senders import Mail
from logbook.store.senders import Message
from logbook.store.senders import Outlet
from logbook.store.senders import Secrets
from logbook.store.senders import SendFailed
from logbook.store.senders import WeCom
from logbook.store.senders import read_outlet
from logbook.store.senders import secrets_of
from logbook.store.senders import sender_of
from logbook.store.senders import split_text

TEXT = "翠湖花园 逾期提醒\n- 逾期 7 小时 CP-20261121-A001 转呈：楼道垃圾"


def message(text: str = TEXT, address: str | None = None) -> Message:
    return Message("zhao", "赵敏", address, "翠湖花园 逾期提醒：新增 1", text)


class Robot:
    """A group robot on the loopback. ``answers``: (status, body) in turn, the last for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = [(200, b'{"errcode":0,"errmsg":"ok"}')]
        self.got: list[tuple[str, dict[str, Any]]] = []
        robot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                robot.got.append((self.path, json.loads(body)))
                robot.sizes.append(len(body))
                status, answer = robot.answers.pop(0) if len(robot.answers) > 1 else robot.answers[0]
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None: ...

        self.sizes: list[int] = []
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/send?key=693a91f6"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def robot() -> Iterator[Robot]:
    made = Robot()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Post:
    """A mail server on the loopback that speaks as much SMTP as is spoken to it."""

    def __init__(self) -> None:
        self.replies: dict[str, list[str]] = {}
        self.mails: list[tuple[str, str, bytes]] = []
        self.words: list[str] = []
        post = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def handle(self) -> None:
                self.say("220 post ready")
                sender = to = ""
                while line := self.rfile.readline().decode().strip():
                    verb = line.partition(" ")[0].upper()
                    post.words.append(verb)
                    reply = post.replies.get(verb)
                    if reply:
                        self.say(reply.pop(0) if len(reply) > 1 else reply[0])
                    elif verb == "EHLO":
                        self.wfile.write(b"250-post\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n")
                    elif verb == "MAIL":
                        sender = line
                        self.say("250 ok")
                    elif verb == "RCPT":
                        to = line
                        self.say("250 ok")
                    elif verb == "DATA":
                        self.say("354 go on")
                        body = b""
                        while (part := self.rfile.readline()) != b".\r\n":
                            body += part
                        post.mails.append((sender, to, body))
                        self.say("250 kept")
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def mail(self, **more: Any) -> Mail:
        password = more.pop("password", "")
        self.waited: list[float] = []
        outlet = Outlet("smtp", "logbook@example.org", "127.0.0.1", self.port, "none", timeout=5, **more)
        return Mail(outlet, password, self.waited.append)


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    yield made
    made.server.shutdown()
    made.server.server_close()


def unused_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# -- mail ------------------------------------------------------------------------------------------


def test_a_mail_arrives_with_its_chinese_whole(post: Post) -> None:
    post.mail().send(message(address="zhao@example.org"))
    ((sender, to, body),) = post.mails
    assert sender.startswith("mail FROM:<logbook@example.org>")
    assert to.startswith("rcpt TO:<zhao@example.org>")
    mail = message_from_bytes(body)
    assert (
        "".join(
            part if isinstance(part, str) else part.decode(charset or "ascii")
            for part, charset in decode_header(mail["Subject"])
        )
        == "翠湖花园 逾期提醒：新增 1"
    )
    assert (mail["From"], mail["To"], mail["Auto-Submitted"]) == (
        "logbook@example.org", "zhao@example.org", "auto-generated",
    )  # fmt: skip
    assert mail.get_payload(decode=True).decode().splitlines() == TEXT.splitlines()  # type: ignore[union-attr]
    assert max(len(line) for line in body.split(b"\r\n")) < 998


def test_a_login_is_made_when_a_user_is_named(post: Post) -> None:
    post.replies["AUTH"] = ["235 welcome"]
    post.mail(user="logbook", password="geheim").send(message(address="zhao@example.org"))
    assert "AUTH" in post.words
    post.replies["AUTH"] = ["535 no"]
    with pytest.raises(SendFailed) as caught:
        post.mail(user="logbook", password="falsch").send(message(address="zhao@example.org"))
    assert caught.value.code == "notify.smtp-login"
    assert "falsch" not in str(caught.value.args_)
    assert len(post.mails) == 1


def test_a_busy_mail_server_is_asked_again(post: Post) -> None:
    post.replies["MAIL"] = ["451 later", "250 ok"]
    mail = post.mail()
    mail.send(message(address="zhao@example.org"))
    assert mail.pause.__self__ == [1.0]  # type: ignore[attr-defined]
    assert len(post.mails) == 1


def test_an_unknown_mailbox_is_not_asked_again(post: Post) -> None:
    post.replies["RCPT"] = ["550 no such user"]
    mail = post.mail()
    with pytest.raises(SendFailed) as caught:
        mail.send(message(address="nobody@example.org"))
    assert (caught.value.code, caught.value.args_["address"]) == ("notify.smtp-refused", "nobody@example.org")
    assert (post.waited, post.mails) == ([], [])


def test_a_server_without_encryption_is_not_trusted_with_it_asked(post: Post) -> None:
    outlet = Outlet("smtp", "a@example.org", "127.0.0.1", post.port, "starttls", timeout=5)
    with pytest.raises(SendFailed) as caught:
        Mail(outlet, "", lambda seconds: None).send(message(address="zhao@example.org"))
    assert caught.value.code == "notify.smtp-unable"
    assert post.mails == []


def test_nobody_there_is_tried_three_times() -> None:
    waited: list[float] = []
    outlet = Outlet("smtp", "a@example.org", "127.0.0.1", unused_port(), "none", timeout=2)
    with pytest.raises(SendFailed) as caught:
        Mail(outlet, "", waited.append).send(message(address="zhao@example.org"))
    assert (caught.value.code, waited) == ("notify.unreachable", [1.0, 4.0])


def test_a_person_without_an_address_is_named(post: Post) -> None:
    with pytest.raises(SendFailed) as caught:
        post.mail().send(message())
    assert (caught.value.code, caught.value.args_) == ("notify.no-address", {"name": "赵敏", "person": "zhao"})


# -- robots ----------------------------------------------------------------------------------------


def test_wecom_gets_text_and_whom_to_mention(robot: Robot) -> None:
    WeCom(robot.url, None, 5, lambda seconds: None).send(message(address="ZhaoMin"))
    assert robot.got == [
        ("/send?key=693a91f6", {"msgtype": "text", "text": {"content": TEXT, "mentioned_list": ["ZhaoMin"]}})
    ]


def test_wecom_gets_a_long_digest_in_numbered_parts_of_2048_bytes(robot: Robot) -> None:
    lines = [f"- 逾期 {n} 天（应办 11-22 24:00）CP-20261120-A{n:03} 处理完毕：电梯异响" for n in range(100)]
    WeCom(robot.url, None, 5, lambda seconds: None).send(message("\n".join(lines)))
    parts = [body["text"]["content"] for _, body in robot.got]
    assert len(parts) == 5
    assert [part.split("\n")[0] for part in parts] == [f"({n}/5)" for n in range(1, 6)]
    assert max(len(part.encode()) for part in parts) <= WECOM_BYTES
    assert [line for part in parts for line in part.split("\n")[1:]] == lines


def test_dingtalk_is_signed_with_time_and_secret(robot: Robot) -> None:
    DingTalk(robot.url, "SEC42", 5, lambda seconds: None).send(message(address="manager1234"))
    ((path, body),) = robot.got
    query = {name: value for name, (value,) in parse_qs(urlsplit(path).query).items()}
    assert query["key"] == "693a91f6"
    assert len(query["timestamp"]) == 13
    expected = hmac.new(b"SEC42", f"{query['timestamp']}\nSEC42".encode(), hashlib.sha256).digest()
    assert query["sign"] == base64.b64encode(expected).decode()
    assert body == {
        "msgtype": "text",
        "text": {"content": f"@manager1234\n{TEXT}"},
        "at": {"atUserIds": ["manager1234"], "isAtAll": False},
    }


def test_feishu_is_signed_in_the_body(robot: Robot) -> None:
    robot.answers = [(200, b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}')]
    Feishu(robot.url, "abc", 5, lambda seconds: None).send(message(address="ou_1"))
    ((_, body),) = robot.got
    stamp = body.pop("timestamp")
    assert len(stamp) == 10
    expected = hmac.new(f"{stamp}\nabc".encode(), b"", hashlib.sha256).digest()
    assert body == {
        "sign": base64.b64encode(expected).decode(),
        "msg_type": "text",
        "content": {"text": f'<at user_id="ou_1">赵敏</at>\n{TEXT}'},
    }


@pytest.mark.parametrize("kind", [DingTalk, Feishu])
def test_the_whole_request_stays_below_twenty_thousand_bytes(robot: Robot, kind: type[DingTalk]) -> None:
    robot.answers = [(200, b'{"errcode":0}')]
    kind(robot.url, "s", 5, lambda seconds: None).send(message('漏水 "3-502"\n' * 4000, address="x" * 64))
    assert len(robot.sizes) > 3
    assert max(robot.sizes) <= 20_000


def test_an_answer_other_than_nought_is_a_failure_though_http_says_200(robot: Robot) -> None:
    robot.answers = [(200, b'{"errcode":93000,"errmsg":"invalid webhook url"}')]
    with pytest.raises(SendFailed) as caught:
        WeCom(robot.url, None, 5, lambda seconds: None).send(message())
    assert caught.value.code == "notify.robot-refused"
    assert (caught.value.args_["status"], caught.value.args_["why"]) == ("93000", "invalid webhook url")
    assert "693a91f6" not in str(caught.value.args_), "the address is a secret"
    assert len(robot.got) == 1


@pytest.mark.parametrize(
    "first", [(200, b'{"errcode":45009,"errmsg":"api freq out of limit"}'), (502, b"bad gateway"), (429, b"")]
)
def test_a_robot_that_is_busy_is_asked_again(robot: Robot, first: tuple[int, bytes]) -> None:
    waited: list[float] = []
    robot.answers = [first, (200, b'{"errcode":0}')]
    WeCom(robot.url, None, 5, waited.append).send(message())
    assert (len(robot.got), waited) == (2, [1.0])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((404, b""), "notify.http"),
        ((200, b"<html>login</html>"), "notify.no-answer"),
        ((200, b"{}"), "notify.robot-refused"),
    ],
)
def test_other_answers_are_failures_in_words(robot: Robot, answer: tuple[int, bytes], code: str) -> None:
    robot.answers = [answer]
    with pytest.raises(SendFailed) as caught:
        DingTalk(robot.url, None, 5, lambda seconds: None).send(message())
    assert caught.value.code == code


def test_a_robot_nobody_answers_for() -> None:
    with pytest.raises(SendFailed) as caught:
        Feishu(f"http://127.0.0.1:{unused_port()}/hook", None, 2, lambda seconds: None).send(message())
    assert caught.value.code == "notify.unreachable"


def test_only_the_web_is_posted_to() -> None:
    with pytest.raises(BookError) as caught:
        WeCom("file:///etc/passwd", None, 5, lambda seconds: None)
    assert (caught.value.code, caught.value.args_) == ("notify.bad-url", {"name": "LOGBOOK_WECOM_URL"})


# -- splitting -------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("漏水a \n😀é"), max_size=400), st.integers(40, 120))
def test_parts_keep_to_the_limit_and_together_say_the_whole(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert all(len(part.encode()) <= limit for part in parts)
    if len(parts) == 1:
        assert parts == [text]
        return
    numbered = [part.partition("\n") for part in parts]
    assert [head for head, _, _ in numbered] == [f"({n}/{len(parts)})" for n in range(1, len(parts) + 1)]
    # Between two parts there was a line end, or a line longer than a part was cut between two characters.
    rest = text
    for _, _, body in numbered:
        assert rest.startswith(body)
        rest = rest[len(body) :].removeprefix("\n")
    assert rest == ""


def test_short_lines_are_never_cut() -> None:
    parts = split_text("\n".join(["一二三四五六七"] * 9), 50)
    assert all(set(part.split("\n")[1:]) == {"一二三四五六七"} for part in parts)


# -- settings and secrets --------------------------------------------------------------------------


def test_the_settings_of_mail() -> None:
    outlet = read_outlet(
        {"channel": "smtp", "from": "a@example.org", "server": "mail.example.org", "to": {"zhao": "z@example.org"}}
    )
    assert (outlet.host, outlet.port, outlet.security) == ("mail.example.org", 587, "starttls")
    assert outlet.to == {"zhao": "z@example.org"}
    assert read_outlet(None).channel == "stdout"
    assert read_outlet({"channel": "wecom"}, "stdout").channel == "stdout"


def test_everything_wrong_with_the_settings_is_told_at_once() -> None:
    with pytest.raises(Refused) as caught:
        read_outlet(
            {
                "channel": "smtp",
                "sever": "x",
                "server": "h:99999",
                "security": "tls",
                "to": {"zhao": "z"},
                "timeout": "-1",
            }
        )
    assert [(issue.rule, issue.field) for issue in caught.value.issues] == [
        ("notify.unknown-setting", "settings.notify.sever"),
        ("notify.unknown-channel", "settings.notify.security"),
        ("notify.bad-server", "settings.notify.server"),
        ("notify.missing", "settings.notify.from"),
        ("notify.bad-address", "settings.notify.to.zhao"),
        ("notify.bad-timeout", "settings.notify.timeout"),
    ]


def test_a_secret_comes_from_the_environment_or_from_a_closed_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text("# robots\nLOGBOOK_WECOM_URL=https://example.org/a=b\n\n", encoding="utf-8")
    file.chmod(0o600)
    secrets = secrets_of(Outlet("wecom"), tmp_path, tmp_path, {})
    assert secrets.need("LOGBOOK_WECOM_URL") == "https://example.org/a=b"
    assert Secrets({"LOGBOOK_WECOM_URL": "https://env"}, file, named=True).get("LOGBOOK_WECOM_URL") == "https://env"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secrets"
    file.write_text("LOGBOOK_WECOM_URL=https://example.org\n", encoding="utf-8")
    file.chmod(mode)
    with pytest.raises(BookError) as caught:
        sender_of(Outlet("wecom"), secrets_of(Outlet("wecom"), tmp_path, tmp_path, {}))
    assert (caught.value.code, caught.value.args_) == ("notify.open-secrets", {"path": str(file)})


def test_a_missing_secret_is_named_with_the_place_it_belongs_to(tmp_path: Path) -> None:
    outlet = Outlet("smtp", user="logbook")
    with pytest.raises(BookError) as caught:
        sender_of(outlet, secrets_of(outlet, tmp_path, tmp_path, {}))
    assert (caught.value.code, caught.value.args_["name"]) == ("notify.no-secret", "LOGBOOK_SMTP_PASSWORD")
    named = Outlet("smtp", user="logbook", secrets="elsewhere")
    with pytest.raises(BookError) as caught:
        sender_of(named, secrets_of(named, tmp_path, tmp_path, {}))
    assert caught.value.code == "notify.secrets-missing"

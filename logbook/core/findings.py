"""What the audit finds: a rule's stable code, a finding in words, and the commit with its four times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from logbook.core.issues import Issue
from logbook.core.record import Stored
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.core.value import replace

# The rules of the trail by their stable codes; a code that is not here was never given out.
RULES: Mapping[str, Text] = {
    "A1": Text(
        "每个办理人都在员工通讯录里、当时在职；提交的作者就是本人",
        "every actor is in the staff register and was active; the author is that person",
    ),
    "A2": Text(
        "没有共用身份",
        "no shared identities",
    ),
    "A3": Text(
        "批准、免除、延期、作废、封存带有可验证的签名",
        "decisions carry a verified signature where the book requires it",
    ),
    "A4": Text(
        "文本是规范的 UTF-8，表单版本可查",
        "clean UTF-8 text, a known form version",
    ),
    "A5": Text(
        "没有未来的事；补记另列",
        "nothing in the future; late entries are listed",
    ),
    "A6": Text(
        "提交时间不倒退，时钟没有偏差",
        "commit dates do not run backwards; clocks agree",
    ),
    "A8": Text(
        "历史只增不减",
        "history is only added to",
    ),
    "A9": Text(
        "旧的事件、更正、签名原样保留",
        "old events, amendments and signatures stay as they were",
    ),
    "A11": Text(
        "附件与校验码相符",
        "attachments match their hash",
    ),
    "A12": Text(
        "每个提交里的每条记录都符合它的表单",
        "every record in every commit is valid by its form",
    ),
    "A13": Text(
        "改动都有更正记录",
        "every changed value has its amendment",
    ),
    "A14": Text(
        "办理人有权办理，批准人不是本人",
        "steps by those who may; approver and author differ",
    ),
    "A15": Text(
        "编号不缺",
        "no number is missing",
    ),
    "A16": Text(
        "定期职责没有无故缺漏",
        "no duty is silently absent",
    ),
    "A17": Text(
        "钥匙、物品、班次账实相符",
        "keys, stock and shifts reconcile",
    ),
    "A20": Text(
        "每月有审核记录",
        "a monthly audit review exists",
    ),
    "A21": Text(
        "签名与内容相符",
        "signatures cover what they say",
    ),
    "A22": Text(
        "没有明文的身份证号和外泄的个人信息",
        "no identity-card number in clear, nothing private where it shows",
    ),
}


@frozen
class Times:
    """When it happened, when the author and the desk say it was committed, when the shared copy got it."""

    happened: datetime | None = None
    authored: datetime | None = None
    committed: datetime | None = None
    received: datetime | None = None


@frozen
class Finding:
    """One finding: ``rule`` is the code of the trail, ``issue`` the sentence (with commit, path, id and field).

    ``by`` is the author of the commit; ``old`` and ``new`` are stored values, masked where the field is private.
    """

    rule: str
    issue: Issue
    by: str = ""
    times: Times = Times()
    old: Stored = None
    new: Stored = None

    @property
    def is_error(self) -> bool:
        return self.issue.is_error

    @property
    def code(self) -> str:
        """The kind of finding within its rule, as stable as the rule's code."""
        return self.issue.rule


def warning(issue: Issue) -> Issue:
    """The same as a warning: told, not held against the book."""
    return replace(issue, severity="warning")

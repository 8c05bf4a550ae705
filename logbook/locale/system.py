"""What the machine, the database and readers of files say in English, in Chinese."""

from __future__ import annotations

import errno
import os
import re

_ERRORS = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许这样做",
    errno.EEXIST: "已经有同名的",
    errno.EISDIR: "这是文件夹",
    errno.ENOTDIR: "不是文件夹",
    errno.ENOTEMPTY: "文件夹不是空的",
    errno.ENOSPC: "磁盘满了",
    errno.EDQUOT: "超出了磁盘配额",
    errno.EROFS: "磁盘是只读的",
    errno.EIO: "磁盘读写出错",
    errno.EMFILE: "打开的文件太多",
    errno.ENFILE: "系统打开的文件太多",
    errno.ENOMEM: "内存不够",
    errno.EAGAIN: "暂时不行，过一会儿再试",
    errno.EINTR: "被打断",
    errno.EBUSY: "正被占用",
    errno.EFBIG: "文件太大",
    errno.ENAMETOOLONG: "名称太长",
    errno.ELOOP: "符号链接绕了圈",
    errno.EINVAL: "写法不对",
    errno.EPIPE: "对方不再接收",
    errno.ECONNREFUSED: "对方拒绝连接",
    errno.ECONNRESET: "连接断开",
    errno.EHOSTUNREACH: "连不上对方",
    errno.ENETUNREACH: "网络不通",
    errno.ETIMEDOUT: "等不到回应",
}
_WHOLE = {os.strerror(number): word for number, word in _ERRORS.items()}
# What SQLite says of a sentence it cannot run.
_PATTERNS = (
    (r"no such table: (.+)", r"没有“\1”这张表"),
    (r"no such column: (.+)", r"没有“\1”这一列"),
    (r"no such function: (.+)", r"没有“\1”这个函数"),
    (r"ambiguous column name: (.+)", r"“\1”这一列不止一张表里有"),
    (r'near "(.+)": syntax error', r"“\1”附近写得不对"),
    (r'unrecognized token: "(.+)"', r"看不懂“\1”"),
    (r"incomplete input", "没有写完"),
    # of the readers of JSON, CSV and YAML
    (r"Expecting value: line (\d+) column (\d+) .*", r"第 \1 行第 \2 列应有一个值"),
    (r"Expecting property name enclosed in double quotes: line (\d+) column (\d+) .*", r"第 \1 行第 \2 列应是双引号里的名称"),
    (r"Expecting '(.)' delimiter: line (\d+) column (\d+) .*", r"第 \2 行第 \3 列少了 \1"),
    (r"Extra data: line (\d+) column (\d+) .*", r"第 \1 行第 \2 列以后多出内容"),
    (r"(?:Unterminated string starting at|Invalid control character at|Invalid \\\\escape): line (\d+) column (\d+) .*",
     r"第 \1 行第 \2 列的文字没有写完或有不能用的字符"),
    (r"field larger than field limit .*", "一格里的内容太长"),
    (r"line contains NUL", "有空字符，可能不是 CSV 文件"),
    (r"mapping values are not allowed (?:here|in this context)", "这里不能再写“名称: 值”，文字里有冒号时加上引号"),
    (r"could not find expected ':'", "名称后面少了冒号"),
    (r"found character .* that cannot start any token", "有不能用的字符（制表符或特殊符号），文字要加引号"),
    (r"found unexpected end of stream", "没有写完（引号没有配对）"),
    (r"expected <block end>, but found .*", "缩进没有对齐"),
    (r"expected ',' or '[\]}]', but got .*", "方括号或花括号没有配对"),
    (r"expected the node content, but found .*", "这里应有内容"),
    (r"did not find expected .*", "写法不完整，检查缩进和引号"),
    (r"misuse of aggregate(?:: | function )(.+)", r"\1 不能这样用"),
    (r"wrong number of arguments to function (.+)", r"\1 的参数个数不对"),
)


def in_chinese(said: str) -> str:
    """The Chinese for what a machine said; what is not known stays as it was said."""
    if said in _WHOLE:
        return _WHOLE[said]
    for pattern, words in _PATTERNS:
        found = re.fullmatch(pattern, said)
        if found:
            return found.expand(words)
    return said

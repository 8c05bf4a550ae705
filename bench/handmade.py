"""The least Git can be asked for one durable commit of one file: five processes, only the folders on the way."""

from __future__ import annotations

import subprocess
from pathlib import Path

from timing import Machine

REF = "refs/bench/hand"
_GIT = ("git", "-c", "core.fsync=all")


def commit(machine: Machine, root: Path, path: str, data: bytes) -> str:
    """Put ``data`` at ``path`` on top of HEAD, on a ref of our own; the commit's id."""

    def git(*args: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            [*_GIT, *args], cwd=root, env=machine.environment, input=stdin, stdout=subprocess.PIPE, check=True
        )
        return done.stdout

    *folders, name = path.split("/")
    above = ["/".join(folders[:n]) for n in range(len(folders) + 1)]
    asked = "".join(f"HEAD:{folder}\n" for folder in above)
    trees = _trees(git("cat-file", "--batch", stdin=asked.encode()), len(above))
    child = git("hash-object", "-w", "--stdin", stdin=data).strip().decode()
    mode = "100644"
    with subprocess.Popen(
        [*_GIT, "mktree", "--batch", "--missing"],
        cwd=root,
        env=machine.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as maker:
        assert maker.stdin is not None and maker.stdout is not None
        for tree, entry in zip(reversed(trees), [name, *reversed(folders)], strict=True):
            tree[entry] = f"{mode} {'blob' if mode == '100644' else 'tree'} {child}\t{entry}"
            maker.stdin.write(("\n".join(tree.values()) + "\n\n").encode())
            maker.stdin.flush()
            child, mode = maker.stdout.readline().strip().decode(), "040000"
        maker.stdin.close()
    made = git("commit-tree", "-p", "HEAD", "-m", name, child).strip().decode()
    git("update-ref", REF, made)
    return made


def _trees(answer: bytes, count: int) -> list[dict[str, str]]:
    """The entries of each tree as ``mktree`` wants them, by name; a missing folder has none."""
    trees: list[dict[str, str]] = []
    for _ in range(count):
        head, _, answer = answer.partition(b"\n")
        entries: dict[str, str] = {}
        if not head.endswith(b"missing"):
            size = int(head.split()[2])
            body, answer = answer[:size], answer[size + 1 :]
            while body:
                meta, _, rest = body.partition(b"\0")
                mode, _, raw = meta.partition(b" ")
                kind = "tree" if mode == b"40000" else "blob"
                name = raw.decode()
                entries[name] = f"{mode.decode():0>6} {kind} {rest[:20].hex()}\t{name}"
                body = rest[20:]
        trees.append(entries)
    return trees

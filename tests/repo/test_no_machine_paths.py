"""Nothing committed depends on one machine: no absolute folders, no package registry by name."""

import re
import subprocess

FOLDERS = ["work", "root", "home", "opt", "Users", "tmp/bash"]
HOSTS = ["pypi", "pythonhosted", "debian", "artifactory", "nexus"]
FORBIDDEN = re.compile(
    rf"(?<![\w.}}>)*\]])/(?:{'|'.join(FOLDERS)})/[\w.]|://[\w.-]*\b(?:{'|'.join(HOSTS)})\b"
)


def tracked_texts(root):
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True)
    for name in names.stdout.decode().split("\0"):
        path = root / name
        if name and path.is_file() and b"\0" not in (data := path.read_bytes()):
            yield name, data.decode(errors="replace")


def test_no_machine_paths(root):
    found = [
        f"{name}:{number}"
        for name, text in tracked_texts(root)
        for number, line in enumerate(text.splitlines(), 1)
        if FORBIDDEN.search(line)
    ]
    assert not found, "machine paths or registries in " + ", ".join(found)

"""What the documentation tells to type is typed here; what it points to exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import cli
from simulator.batch import pool
from tests.house.sources import REPOSITORY, name_of

DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
LOOPCAST = Path(sys.executable).with_name("loopcast")
MAY_DIFFER = {0, 1}
"""Exit codes of `diff`, which may say with one that there is a difference."""


def blocks(path, language):
    """Fenced code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)


def has(language):
    return [path for path in DOCUMENTS if blocks(path, language)]


def lay_out(path, folder):
    """Write the YAML blocks that begin with a file's name, as a reader would."""
    for text in blocks(path, "yaml"):
        if named := re.match(r"# ([\w./-]+\.ya?ml)\n", text):
            target = folder / named.group(1)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def commands(path):
    """What a page tells to type, line by line, in words."""
    for text in blocks(path, "sh"):
        for line in text.replace("\\\n", " ").splitlines():
            words = line.split("#")[0].split()
            if words:
                assert words[0] == "loopcast", f"{line}: only loopcast commands go into a `sh` block"
                yield words[1:]


FIRST = {words[0]: (path, words) for path in reversed(DOCUMENTS) for words in reversed([*commands(path)])}
"""First use of each command: typed as a reader does, in a process that starts for it."""


@pytest.fixture
def typed(monkeypatch, capsys, tmp_path):
    """Exit code and text of a command, in a process of its own or in this one, which starts no others."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pool, "cores", lambda: 1)

    def outside(words):
        done = subprocess.run([str(LOOPCAST), *words], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def inside(words):
        monkeypatch.setattr(sys, "argv", ["loopcast", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code, "".join(capsys.readouterr())

    return lambda words, alone: outside(words) if alone else inside(words)


@pytest.mark.slow
@pytest.mark.parametrize("path", has("sh"), ids=name_of)
def test_commands_run(path, typed, tmp_path):
    lay_out(path, tmp_path)
    for words in commands(path):
        code, said = typed(words, (path, words) == FIRST[words[0]])
        assert code in (MAY_DIFFER if words[0] == "diff" else {0}), f"{words}\n{said}"
        assert "Traceback" not in said, words


@pytest.mark.slow
@pytest.mark.parametrize("path", has("python"), ids=name_of)
def test_python_runs(path, tmp_path):
    lay_out(path, tmp_path)
    code = "\n".join(blocks(path, "python"))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path):
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    missing = [t for t in targets if "://" not in t and not (path.parent / t).exists()]
    assert not missing


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_files_named_exist(path):
    """Names in backticks that look like files of the package, tests or docs exist."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    named = re.findall(r"`((?:simulator|tests|docs|inputs|scenarios)/[\w./-]*)`", text)
    generated = ("simulator/_shipped",)
    missing = [n for n in named if not (REPOSITORY / n).exists() and not n.startswith(generated)]
    assert not missing

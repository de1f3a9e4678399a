"""peers.py - what the benches share when others run beside us: their packages, and what can't be had.

Packages of npm go into a folder of their own for each bench, build/peers/NAME, so that none removes what another put
there. Whatever a peer can't do (it can't be installed, it fails, it takes longer than PEER_TIMEOUT_S) is an Absent with
the reason in a few words: a bench says it and goes on.
"""

import pathlib
import shutil
import subprocess

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"
PEER_TIMEOUT_S = 180


class Absent(Exception):
    """A peer that has no figures, and why."""


def run(command, **more):
    """What a command prints, or Absent with the line that says most about why not."""
    words = [*map(str, command)]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=PEER_TIMEOUT_S, check=False, **more)
    except subprocess.TimeoutExpired as late:
        raise Absent(f"no end after {PEER_TIMEOUT_S} s") from late
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        telling = [line for line in lines if "rror" in line] or lines[-1:] or ["it failed"]
        raise Absent(telling[0])
    return done.stdout


def npm(name, packages):
    """The folder that holds node_modules with these packages, NAME@VERSION each."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Absent("Node and npm aren't here")
    folder = BUILD / "peers" / name
    listed = folder / "installed"  # written last: an install that was cut is begun anew
    wanted = "\n".join(packages) + "\n"
    if not listed.is_file() or listed.read_text(encoding="utf-8") != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            run(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, *packages])
        except Absent as why:
            raise Absent(f"npm couldn't install it: {why}") from why
        listed.write_text(wanted, encoding="utf-8")
    return folder

"""The quick start of README.md, run as it stands: what a newcomer types works, and ends where it says."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from office import PROJECT, free_port

RELEASE = "$PWD/build/release/bin"


def quick_start():
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    return re.search(r"^## Quick start.*?^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE).group(1)


class Readme(unittest.TestCase):
    def test_the_quick_start_ends_with_equal_digests_and_an_export(self):
        script = quick_start()
        self.assertIn(RELEASE, script)
        script = script.replace(RELEASE, os.environ["DOUAR_BIN"]).replace("8441", str(free_port()))
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder, "log")
            with log.open("w", encoding="utf-8") as out:
                # Whatever happens, the server that the script starts ends with it.
                done = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", "trap 'kill $(jobs -p) 2>/dev/null || :' EXIT\n" + script],
                    cwd=PROJECT, env={**os.environ, "TMPDIR": folder}, stdin=subprocess.DEVNULL,
                    stdout=out, stderr=subprocess.STDOUT, timeout=300, check=False)
            text = log.read_text(encoding="utf-8")
            self.assertEqual(done.returncode, 0, text)
            sums = re.findall(r"^05\.081\.03\.09 +base +(\d+ +[0-9a-f]{16})", text, re.MULTILINE)
            self.assertEqual(len(sums), 2, text)
            self.assertEqual(sums[0], sums[1], text)
            self.assertIn("called it", text)
            exported = next(pathlib.Path(folder).glob("*/households.csv")).read_text(encoding="utf-8")
            self.assertIn("0663111111", exported)


if __name__ == "__main__":
    unittest.main()

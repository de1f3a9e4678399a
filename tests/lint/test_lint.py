#!/usr/bin/env python3
"""Each rule of sources.py and symbols.py finds an offence planted for it, and nothing in a clean tree."""
import tempfile
import unittest
from pathlib import Path

import sources
import symbols

HEADER = "#ifndef NOUN_H\n#define NOUN_H\nint noun_size(void);\n#endif\n"
CLEAN = {
    "README.md": "x\n", "shared/README.md": "x\n", "shared/core/README.md": "x\n",
    "schema/README.md": "x\n", "shared/core/noun.h": HEADER,
    "shared/core/noun.c": '#include <string.h>\n\n#include "noun.h"\n\n'
                          "/* We read (open) the SELECT list by hand. */\n"
                          'int noun_size(void)\n{\n    return host->files->read(1, "open(");\n}\n',
}
LONG_BODY = "int noun_size(void)\n{\n" + "    noun();\n" * 70 + "}\n"
OFFENCES = [
    ("sizes", "shared/core/noun.c", "int a;\n" * 801),
    ("sizes", "shared/core/noun.h", HEADER + "/* */\n" * 200),
    ("function_sizes", "shared/core/noun.c", LONG_BODY),
    ("names", "shared/core/util.c", ""),
    ("names", "shared/common/README.md", ""),
    ("unique_headers", "shared/noun.h", HEADER),
    ("readmes", "shared/wire/line.c", ""),
    ("includes", "shared/core/noun.c", "#include <unistd.h>\n"),
    ("includes", "shared/core/noun.c", "#include <sqlite3.h>\n"),
    ("effects", "shared/core/noun.c", "void f(void)\n{\n    void *p = malloc(3);\n}\n"),
    ("effects", "shared/core/noun.c", "int f(void)\n{\n    return time(NULL);\n}\n"),
    ("effects", "tests/unit/test_noun.c", "void f(void)\n{\n    strcpy(a, b);\n}\n"),
    ("sql", "shared/core/noun.c", 'const char *a = "SELECT 1";\n'),
    ("macros", "shared/core/noun.c", "#define CHECK(x) \\\n    if (x) goto out\n"),
    ("unfinished", "shared/core/noun.c", "/* TO" "DO */\n"),
    ("machine_paths", "shared/core/noun.c", 'const char *a = "/ho' 'me/someone/x";\n'),
    ("guards", "shared/core/noun.h", HEADER.replace("NOUN_H", "VERB_H")),
]


def plant(folder, files):
    for name, text in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class Sources(unittest.TestCase):
    def test_a_clean_tree_has_no_findings(self):
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, CLEAN)
            self.assertEqual(list(sources.findings(folder)), [])

    def test_each_offence_is_found_by_its_rule(self):
        for rule, name, text in OFFENCES:
            with self.subTest(rule=rule, name=name), tempfile.TemporaryDirectory() as folder:
                plant(folder, CLEAN)
                plant(folder, {name: text})
                found = [finding for by, finding in sources.findings(folder) if by == rule]
                self.assertTrue(found, "nothing found")

    def test_every_rule_has_an_offence(self):
        self.assertEqual({rule.__name__ for rule in sources.RULES}, {o[0] for o in OFFENCES})


class Symbols(unittest.TestCase):
    SYSV = """
noun.c.o:

clean                |                |   U  |            NOTYPE|                |     |*UND*
cache                |0000000000000000|   b  |            OBJECT|0000000000000004|     |.bss
table                |0000000000000000|   d  |            OBJECT|0000000000000040|     |.data.rel.ro
malloc               |                |   U  |            NOTYPE|                |     |*UND*
__snprintf_chk       |                |   U  |            NOTYPE|                |     |*UND*
noun_size            |0000000000000000|   T  |              FUNC|0000000000000008|     |.text
"""

    def test_a_writable_global_and_an_effect_are_found(self):
        members = symbols.members_of(self.SYSV)
        self.assertEqual(symbols.writable(members), [("noun.c.o", "cache")])
        self.assertIn(("noun.c.o", "malloc"), symbols.foreign(members, "core", {"clean"}))

    def test_known_functions_are_no_findings(self):
        members = symbols.members_of(self.SYSV)
        self.assertEqual(symbols.foreign(members, "core", {"clean"}), [("noun.c.o", "malloc")])


if __name__ == "__main__":
    unittest.main()

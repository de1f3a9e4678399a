#!/usr/bin/env python3
"""sources.py [ROOT]: the rules of the house that can be read off the sources.

Each rule is a generator of findings over the tree, "path:line: what is wrong"; RULES lists them.
To add one: write it, list it, and plant an offence for it in test_lint.py.
"""
import re
import sys
from collections import defaultdict
from pathlib import Path

FILE_LINES = 800
HEADER_LINES = 200
FUNCTION_LINES = 70
TOP_FOLDERS = ("client", "server", "shared", "schema", "tests", ".ci")
CODE = {".c", ".h"}
PROGRAMS = {".c", ".h", ".py", ".sh", ".js", ".css", ""}
VAGUE_NAMES = {"util", "utils", "misc", "common", "helper", "helpers", "stuff", "lib"}

# Who may call the operating system: the native files, the two mains, and the server's front with
# its threads. cert.c asks inet_pton what a literal address is, which has no effect.
SYSTEM_FILES = re.compile(
    r"^(shared/platform/native/.*|client/main\.c|server/main\.c"
    r"|server/(front|front_[a-z]+|front_parts|http_limits|background|cert)\.[ch]|tests/.*)$")
STANDARD_HEADERS = {
    "assert.h", "ctype.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdalign.h",
    "stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h",
    "stdnoreturn.h", "string.h"}
# Which folder may include which library. cJSON and sqlite3 also in main: their process-wide hooks.
LIBRARY_HOMES = [
    (r"sqlite3\.h", r"shared/platform/|(client|server)/main\.c|tests/"),
    (r"curl/.*", r"shared/platform/native/transport_curl|tests/"),
    (r"microhttpd\.h", r"server/(front|http_limits)|tests/"),
    (r"gnutls/.*", r"server/(front|cert)|tests/"),
    (r"pthread\.h", r"server/(front|background)|tests/"),
    (r"cjson/.*", r"shared/base/|shared/platform/native/|(client|server)/main\.c|tests/"),
    (r"sodium\.h", r"shared/base/|shared/platform/native/|(client|server)/main\.c|tests/"),
    (r"libxml/.*", r"shared/formio/|tests/"),
    (r"zip\.h", r"shared/formio/|tests/"),
    (r"nettle/.*", r"shared/base/|tests/"),
    (r"zstd.*\.h", r"shared/base/|tests/"),
    (r"pcre2\.h", r"shared/base/|tests/"),
    (r"utf8proc\.h", r"shared/(base|face)/|tests/"),
    (r"turbojpeg\.h", r"shared/platform/picture/|tests/"),  # pictures are opened on one device only
    (r"fribidi.*", r"shared/face/|tests/"),
    (r"strings\.h", r"server/|shared/platform/native/|tests/"),  # strcasecmp, of header names: no effect, only not ISO C
]
EFFECTS = re.compile(
    r"(?<![\w.>])(time|clock|clock_gettime|gettimeofday|rand|srand|random|getrandom|open|openat"
    r"|creat|fopen|freopen|fdopen|tmpfile|mkstemp|read|write|pread|pwrite|unlink|rename|remove|mkdir"
    r"|stat|fstat|access|socket|connect|accept|bind|listen|poll|select|fork|system|popen|getenv"
    r"|setlocale|malloc|calloc|realloc|free|strdup|strndup|printf|puts|putchar|fputs|fprintf|perror"
    r"|exit|abort|sleep|usleep|nanosleep|localtime|localtime_r|mktime|randombytes\w*)\s*\(")
# In the tests and at the edges too: no bounds, no errors, or hidden state.
NEVER = re.compile(
    r"(?<![\w.>])(gets|strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atoll|atof|gmtime|localtime"
    r"|asctime|ctime|alloca|setjmp|longjmp|sscanf|scanf|fscanf)\s*\(")
SQL = re.compile(r"\b(SELECT\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s"
                 r"|CREATE\s+(TABLE|INDEX|TRIGGER|VIEW|TEMP)|DROP\s+(TABLE|INDEX)|ALTER\s+TABLE\s)")
SQL_HOMES = re.compile(r"^(schema/|shared/platform/db|tests/|.*_sql\.[ch]$)")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK|not imple" r"mented)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(work|farm|home/[a-z]\w*|root/\.\w+)/")


class Tree:
    """The project's own files, without what is built or fetched."""

    def __init__(self, root):
        self.root = Path(root)
        self.files = sorted(
            [p for p in self.root.iterdir() if p.is_file() and p.name != ".git"]
            + [p for top in TOP_FOLDERS if (self.root / top).is_dir()
               for p in (self.root / top).rglob("*") if p.is_file() and "__pycache__" not in p.parts])

    def name(self, path):
        return path.relative_to(self.root).as_posix()

    def with_suffix(self, suffixes):
        return [p for p in self.files if p.suffix in suffixes]

    def texts(self, suffixes=CODE):
        """Pairs of name and text; what isn't UTF-8 is data and belongs to no rule."""
        for path in self.with_suffix(suffixes):
            try:
                yield self.name(path), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def code_only(text, keep_strings=False):
    """The text with comments blanked, and strings too unless kept; lines stay where they are."""
    def blank(match):
        found = match.group(0)
        if found.startswith("/") or not keep_strings:
            return re.sub(r"[^\n]", " ", found)
        return found
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.DOTALL)


def lines_matching(pattern, name, text, what):
    for match in pattern.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield f"{name}:{line}: {what.format(match.group(0).strip().rstrip('('))}"


def sizes(tree):
    for name, text in tree.texts(PROGRAMS - {""}):
        count = text.count("\n")
        limit = HEADER_LINES if name.endswith(".h") and not name.startswith("tests/") else FILE_LINES
        if count > limit:
            yield f"{name}:1: {count} lines, {limit} at most: split it by noun or by verb"


def function_sizes(tree):
    """clang-format puts a body's braces alone in the first column, so bodies can be counted."""
    for name, text in tree.texts():
        start = None
        for number, line in enumerate(text.split("\n"), 1):
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                if number - start + 1 > FUNCTION_LINES:
                    yield f"{name}:{start}: a function of {number - start + 1} lines, {FUNCTION_LINES} at most"
                start = None


def names(tree):
    for path in tree.files:
        if path.stem.lower() in VAGUE_NAMES or path.parent.name.lower() in VAGUE_NAMES:
            yield f"{tree.name(path)}:1: this name says nothing of what is inside"


def unique_headers(tree):
    """A part sees its users' include paths only, but a reader sees all: one name, one header."""
    homes = defaultdict(list)
    for path in tree.with_suffix({".h"}):
        homes[path.name].append(tree.name(path))
    for name, paths in homes.items():
        if len(paths) > 1:
            yield f"{paths[0]}:1: {name} exists more than once: {', '.join(paths)}"


def readmes(tree):
    """Folders of code say what they are; folders of data are described by the one above."""
    folders = {p.parent for p in tree.files if p.suffix in PROGRAMS - {""}}
    folders |= {parent for f in folders for parent in f.parents
                if parent.is_relative_to(tree.root)}
    folders |= {tree.root / "schema"}
    for folder in sorted(folders):
        if not (folder / "README.md").is_file() and folder.name != ".ci":
            yield f"{tree.name(folder)}:1: no README.md"


def includes(tree):
    pattern = re.compile(r"^#include <([^>]+)>", re.MULTILINE)
    for name, text in tree.texts():
        for match in pattern.finditer(text):
            header, line = match.group(1), text.count("\n", 0, match.start()) + 1
            if header in STANDARD_HEADERS:
                continue
            for library, home in LIBRARY_HOMES:
                if re.fullmatch(library, header):
                    if not re.match(home, name):
                        yield f"{name}:{line}: <{header}> belongs behind one part, see LIBRARY_HOMES"
                    break
            else:
                if not SYSTEM_FILES.match(name):
                    yield f"{name}:{line}: <{header}> is the operating system's; ask struct host"


def effects(tree):
    for name, text in tree.texts():
        code = code_only(text)
        yield from lines_matching(NEVER, name, code, "{} has no place in this house")
        if not SYSTEM_FILES.match(name):
            # A struct host's own members share names with libc's functions: declared as (*read)(,
            # called as host->files->read(, neither of which the pattern meets.
            yield from lines_matching(EFFECTS, name, code, "{}: ask struct host or struct mem")


def sql(tree):
    for name, text in tree.texts():
        if not SQL_HOMES.match(name):
            yield from lines_matching(SQL, name, code_only(text, keep_strings=True),
                                      "SQL outside schema/ and *_sql.h: {}")


def macros(tree):
    """No macro may jump or return: a reader must see where a function ends."""
    pattern = re.compile(r"^#define(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
    for name, text in tree.texts():
        for match in pattern.finditer(text):
            if re.search(r"\b(goto|return|break|continue)\b", code_only(match.group(0))):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{name}:{line}: a macro that jumps or returns"


def unfinished(tree):
    for name, text in tree.texts(PROGRAMS | {".cmake", ".sql", ".txt"}):
        yield from lines_matching(UNFINISHED, name, text, "left unfinished: {}")


def machine_paths(tree):
    for name, text in tree.texts(PROGRAMS | {".cmake", ".sql", ".txt", ".md", ".json"}):
        yield from lines_matching(MACHINE_PATHS, name, text, "a path of one machine: {}")


def guards(tree):
    """Headers are guarded by their own name, so two that were copied can't hide each other."""
    for name, text in tree.texts({".h"}):
        wanted = re.sub(r"\W", "_", Path(name).name).upper()
        if not re.search(rf"^#ifndef {wanted}\n#define {wanted}$", text, re.MULTILINE):
            yield f"{name}:1: the include guard must be {wanted}"


RULES = [sizes, function_sizes, names, unique_headers, readmes, includes, effects, sql, macros,
         unfinished, machine_paths, guards]


def findings(root):
    tree = Tree(root)
    for rule in RULES:
        for finding in rule(tree):
            yield rule.__name__, finding


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    found = list(findings(root))
    for rule, finding in found:
        print(f"{finding} [{rule}]")
    print(f"{len(found)} findings of {len(RULES)} rules over {len(Tree(root).files)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

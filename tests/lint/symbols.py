#!/usr/bin/env python3
"""symbols.py BUILD: what the libraries of a release build call and hold, read off their symbols.

A part may call the parts below it, the libraries behind it and a short list of C functions without
effects; it may hold nothing writable. What the sources hide (a macro, a header of somebody else)
shows here. To allow a call, add it to the part's line below and say why.
"""
import re
import subprocess
import sys
from pathlib import Path

# Without effects, and the same on every machine; snprintf with our own formats in the C locale.
PURE = set("""assert_fail bcmp memchr memcmp memcpy memmove memrchr memset qsort snprintf stack_chk_fail
strchr strcmp strcspn strlen strncmp strnlen strrchr strspn strstr vsnprintf""".split())

# Part: where its library lies, what else it may call.
PARTS = {
    "base": ("shared/base", r"cJSON_\w+|ZSTD_\w+|utf8proc_\w+|pcre2_\w+|sodium_\w+|crypto_\w+|nettle_\w+"),
    "face": ("shared/face", r"utf8proc_\w+|fribidi_\w+"),
    # Numbers: libm and the C locale's strtod are pure.
    "expr": ("shared/core/expr", r"a?(sin|cos|tan)|atan2|exp|log|log10|pow|sqrt|fabs|fmod|fmin|fmax|floor|ceil|trunc|strtod|strtol"),
    "xform": ("shared/core/xform", None),
    "core": ("shared/core", None),
    "play": ("shared/core/play", r"strtod|bsearch|fmin|fmax"),
    "mapping": ("shared/core/mapping", None),
    "formio": ("shared/formio", r"xml\w+|zip_\w+|strtod|strtol|errno_location|free"),
    "wire": ("shared/wire", None),
    "platform": ("shared/platform", r"sqlite3_\w+|sodium_\w+|crypto_\w+|cJSON_\w+"),
    "node": ("shared/node", None),
    "carry": ("shared/carry", None),
    "client": ("client", None),
    "server_lib": ("server", r"MHD_\w+|gnutls_\w+|strcasecmp|strncasecmp"),
}
# Sources of randomness hide in libsodium: the pure parts get their randomness as an argument.
RANDOM = re.compile(r"randombytes\w*|crypto_\w+_(keygen|(?<!seed_)keypair|seal)")
# The server's front, its threads and what they need of the operating system.
SYSTEM_OBJECTS = re.compile(r"(front|front_\w+|background|cert)\.c\.o")
SYSTEM_CALLS = re.compile(
    r"pthread_\w+|errno_location|bind|clock_gettime|close|fcntl|getrlimit|getsockname|inet_\w+|listen"
    r"|setsockopt|shutdown|socket|strcasecmp|read|write|pipe|poll")


def members_of(listing):
    """[(object, symbol, class, section)] of `nm -f sysv`."""
    members, current = [], ""
    for line in listing.split("\n"):
        if "|" in line:
            fields = [field.strip() for field in line.split("|")]
            if len(fields) == 7 and fields[0] != "Name":
                members.append((current, fields[0], fields[2], fields[6]))
        elif line.strip().endswith(":"):
            current = re.sub(r"^.*\[|\]?:$", "", line.strip())
    return members


def writable(members):
    """Symbols in .data or .bss; .data.rel.ro is constant once the program is loaded."""
    return [(place, symbol) for place, symbol, _, section in members
            if re.match(r"\.t?(data|bss)", section) and not section.startswith(".data.rel.ro")
            or section == "*COM*"]


def plain(symbol):
    """The C name behind what a compiler or a fortified header makes of it."""
    return re.sub(r"^__(isoc99_|isoc23_)?|_chk$", "", symbol) if symbol.startswith("__") else symbol


def foreign(members, part, ours):
    """What a part calls and may not: neither ours, nor pure, nor behind this part."""
    allowed = PARTS[part][1]
    found = []
    for place, symbol, kind, _ in members:
        name = plain(symbol)
        if kind != "U" or symbol in ours or name in PURE:
            continue
        if name == "stack_chk_fail" or symbol == "_GLOBAL_OFFSET_TABLE_":
            continue
        if RANDOM.fullmatch(symbol):
            found.append((place, symbol))
        elif allowed and re.fullmatch(allowed, symbol):
            continue
        elif part == "server_lib" and SYSTEM_OBJECTS.fullmatch(place) and SYSTEM_CALLS.fullmatch(name):
            continue
        else:
            found.append((place, symbol))
    return found


def listing_of(library):
    return subprocess.run(["nm", "-f", "sysv", str(library)], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def main():
    build = Path(sys.argv[1])
    archives = {part: build / folder / f"lib{part}.a" for part, (folder, _) in PARTS.items()}
    members = {part: members_of(listing_of(path)) for part, path in archives.items()}
    native = members_of(listing_of(build / "shared/platform/native/libplatform_native.a"))
    ours = {symbol for part in [*members.values(), native] for _, symbol, kind, _ in part
            if kind not in "Uw"}
    findings = []
    for part, symbols in members.items():
        findings += [f"{part}: {place} calls {symbol}" for place, symbol in foreign(symbols, part, ours)]
    for part, symbols in [*members.items(), ("platform_native", native)]:
        findings += [f"{part}: {place} holds {symbol}, which can be written"
                     for place, symbol in writable(symbols)]
    print("\n".join(findings))
    count = sum(len(symbols) for symbols in members.values()) + len(native)
    print(f"{len(findings)} findings over {count} symbols of {len(members) + 1} libraries")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

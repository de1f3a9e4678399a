#!/usr/bin/env bash
# wasm.sh FOLDER: compiles base, core and what lies in it, wire and node for WebAssembly, into FOLDER.
#
# The device's core will also run inside a browser, so nothing in it may need threads, sockets or
# POSIX. The compiler sees a private include folder: ISO C's headers of wasi-libc and those of the
# pure libraries, never all of the system's. Whoever includes another header fails here.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
out=$1
wasi=/usr/include/wasm32-wasi

iso_headers=(assert.h ctype.h errno.h float.h inttypes.h iso646.h limits.h math.h stdalign.h
    stdarg.h stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h)
pure_headers=(sodium.h sodium zstd.h zstd_errors.h utf8proc.h pcre2.h nettle)
parts=(base core core/expr core/xform core/play core/mapping wire node)

mkdir -p "$out"
out=$(cd -- "$out" && pwd)
rm -rf "$out/include"
mkdir -p "$out/include/cjson" "$out/objects"
for header in "${iso_headers[@]}"; do
    if [ -e "$wasi/$header" ]; then # the compiler brings some of them itself
        ln -s "$wasi/$header" "$out/include/"
    fi
done
ln -s "$wasi"/__*.h "$wasi/bits" "$wasi/wasi" "$wasi/features.h" "$out/include/" # what those include
mkdir "$out/include/sys"
ln -s "$wasi/sys/types.h" "$out/include/sys/" # sodium.h asks for it, for names of types alone
for header in "${pure_headers[@]}"; do
    ln -s "/usr/include/$header" "$out/include/"
done
ln -s /usr/include/cjson/cJSON.h "$out/include/cjson/"

flags=(--target=wasm32-wasi -std=c17 -Os -nostdlibinc -isystem "$out/include"
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wmissing-prototypes -Wstrict-prototypes
    -Wswitch-enum -Wformat=2 -Wimplicit-fallthrough -Wundef -Werror)
for folder in "${parts[@]}" platform; do # of platform, node sees the headers alone
    flags+=(-I "$root/shared/$folder")
done

sources=()
for part in "${parts[@]}"; do
    sources+=("$root/shared/$part"/*.c)
done
compile() {
    local source=$1 name
    shift
    name=${source##*/shared/}
    clang-14 "$@" -c "$source" -o "$out/objects/${name//\//_}.wasm"
}
export -f compile
export out
if ! printf '%s\0' "${sources[@]}" |
    xargs -0 -P "$(nproc)" -I{} bash -c 'compile "$@"' wasm {} "${flags[@]}"; then
    printf 'wasm: not everything compiles for WebAssembly\n' >&2
    exit 1
fi
printf 'wasm: %d files compile for WebAssembly\n' "${#sources[@]}"

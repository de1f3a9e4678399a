/*
 * test_golden.h - bytes that must never change: tests/golden/wire.txt holds lines of a name, a
 * space and the bytes, as text when they are a line of text and else as hex.
 *
 * A mismatch prints the line as it would be now. What a released version wrote is never edited;
 * a new form gets a new name.
 */
#ifndef TEST_GOLDEN_H
#define TEST_GOLDEN_H

#include <stdio.h>
#include <string.h>

#include "code.h"
#include "span.h"
#include "test.h"

#define GOLDEN_LINE_MAX 8192

static inline void assert_golden(const char *name, struct span bytes, bool as_text)
{
    static char now[GOLDEN_LINE_MAX];
    static char then[GOLDEN_LINE_MAX];
    if (as_text) {
        assert_true(bytes.size < sizeof now);
        memcpy(now, bytes.data, bytes.size);
        now[bytes.size] = '\0';
        now[strcspn(now, "\n")] = '\0'; /* one line, with or without its LF */
    } else {
        assert_true(2 * bytes.size < sizeof now);
        (void)hex_write(bytes.data, bytes.size, now);
    }
    FILE *file = fopen(GOLDEN_DIR "/wire.txt", "r");
    assert_non_null(file);
    bool found = false;
    size_t name_size = strlen(name);
    while (!found && fgets(then, sizeof then, file) != NULL) {
        then[strcspn(then, "\n")] = '\0';
        found = strncmp(then, name, name_size) == 0 && then[name_size] == ' ' &&
                strcmp(then + name_size + 1, now) == 0;
    }
    (void)fclose(file);
    if (!found) {
        fail_msg("golden bytes differ; now:\n%s %s", name, now);
    }
}

#endif

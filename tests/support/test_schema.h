/*
 * test_schema.h - every JSON file of a folder of schema/, so that a test meets the real ones.
 */
#ifndef TEST_SCHEMA_H
#define TEST_SCHEMA_H

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

#include "json.h"

#define TEST_SCHEMA_FILE_MAX (256 * 1024)

/* The parsed file; the caller's to json_free(). */
static inline struct json *test_schema_read(const char *folder, const char *name)
{
    static char text[TEST_SCHEMA_FILE_MAX];
    char path[512];
    struct json *json = NULL;
    struct diag diag = {0};
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text), file);
    (void)fclose(file);
    assert_true(size < sizeof(text));
    if (json_parse(span_from(text, size), &json, &diag)) {
        fail_msg("%s: %s at %s", path, diag.args[0], diag.args[1]);
    }
    return json;
}

/* Calls `each` for every *.json of the folder; returns how many there were. */
static inline size_t
test_schema_each(const char *folder,
                 void (*each)(const struct json *json, const char *name, void *ctx), void *ctx)
{
    DIR *directory = opendir(folder);
    size_t count = 0;
    assert_non_null(directory);
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        size_t size = strlen(entry->d_name);
        if (size < 5 || strcmp(entry->d_name + size - 5, ".json") != 0) {
            continue;
        }
        struct json *json = test_schema_read(folder, entry->d_name);
        each(json, entry->d_name, ctx);
        json_free(json);
        count++;
    }
    (void)closedir(directory);
    return count;
}

#endif

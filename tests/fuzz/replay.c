/* Runs a fuzz target over every file of the folders given: `replay_wire corpus/wire`. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

#define FILE_MAX      (1024u * 1024)
#define PATH_MAX_SIZE 4096

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return 0;
    }
    uint8_t *block = malloc(FILE_MAX);
    size_t size = block == NULL ? 0 : fread(block, 1, FILE_MAX, file);
    (void)fclose(file);
    /* Exactly as large as the input, so that a sanitizer sees one byte too many. */
    uint8_t *input = block == NULL ? NULL : realloc(block, size > 0 ? size : 1);
    if (input == NULL) {
        free(block);
        return 0;
    }
    (void)LLVMFuzzerTestOneInput(input, size);
    free(input);
    return 1;
}

static int replay_folder(const char *folder)
{
    int count = 0;
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        return 0;
    }
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        char path[PATH_MAX_SIZE];
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            count += replay_file(path);
        }
    }
    (void)closedir(entries);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++) {
        count += replay_folder(argv[i]);
    }
    printf("%d inputs\n", count);
    return count > 0 ? 0 : 1; /* An empty folder proves nothing. */
}

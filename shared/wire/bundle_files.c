#include "bundle_files.h"

#include "blob_line.h"

/* ---- writing */

static void put_wanted(struct json_writer *writer, const struct bundle_files *files)
{
    if (files->want_count == 0) {
        return;
    }
    json_name(writer, "want");
    json_open(writer, '[');
    for (size_t i = 0; i < files->want_count; i++) {
        blob_put_name(writer, &files->want[i].name);
        json_put_int(writer, files->want[i].from);
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

static void put_told(struct json_writer *writer, const struct bundle_files *files)
{
    if (files->told_count == 0) {
        return;
    }
    json_name(writer, "told");
    json_open(writer, '[');
    for (size_t i = 0; i < files->told_count; i++) {
        blob_put_name(writer, &files->told[i].name);
        json_put_int(writer, files->told[i].have);
        json_put_int(writer, files->told[i].stable);
        json_close(writer, ']');
    }
    json_close(writer, ']');
}

void bundle_files_write(const struct bundle_files *files, struct buf *ret)
{
    struct json_writer writer;
    blob_line_begin(&writer, files->time_ms, ret);
    blob_put_names(&writer, "ask", files->ask, files->ask_count);
    put_wanted(&writer, files);
    put_told(&writer, files);
    if (files->has_put) {
        blob_put_piece(&writer, "put", &files->put);
    }
    json_close(&writer, '}');
    buf_add_byte(ret, '\n');
}

/* ---- reading */

static void read_wanted(struct line *line, struct arena *arena, struct bundle_files *ret)
{
    const struct json *array = line_get(line, "want");
    ret->want = line_array(line, array, "want", WIRE_BLOB_NAMES, sizeof *ret->want, arena,
                           &ret->want_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->want_count && line->failed == OK; i++) {
        const struct json *part = line_tuple(line, item, "want", 3);
        ret->want[i].name = blob_read_name(line, &part, "want");
        ret->want[i].from = line_int(line, part, "want", 0, WIRE_BLOB_MAX);
        item = json_next(item);
    }
}

static void read_told(struct line *line, struct arena *arena, struct bundle_files *ret)
{
    const struct json *array = line_get(line, "told");
    ret->told = line_array(line, array, "told", WIRE_BLOB_NAMES, sizeof *ret->told, arena,
                           &ret->told_count);
    const struct json *item = json_first(array);
    for (size_t i = 0; i < ret->told_count && line->failed == OK; i++) {
        const struct json *part = line_tuple(line, item, "told", 4);
        ret->told[i].name = blob_read_name(line, &part, "told");
        ret->told[i].have = line_int(line, part, "told", -1, WIRE_BLOB_MAX);
        part = json_next(part);
        ret->told[i].stable = line_int(line, part, "told", 0, 1) == 1;
        item = json_next(item);
    }
}

enum err bundle_files_read(struct span body, struct arena *arena, struct bundle_files *ret,
                           struct span *ret_bytes, struct diag *diag)
{
    struct line line;
    struct span bytes = {0};
    struct bundle_files files = {0};
    line_open(&line, blob_take_line(body, &bytes), WIRE_BLOB_LINE, "files of a bundle", diag);
    line_version(&line, BLOB_VERSION);
    files.time_ms = line_int(&line, line_get(&line, "t"), "t", -JSON_INT_MAX, JSON_INT_MAX);
    files.ask = blob_read_names(&line, "ask", arena, &files.ask_count);
    read_wanted(&line, arena, &files);
    read_told(&line, arena, &files);
    files.has_put = blob_read_piece(&line, "put", &files.put);
    blob_check_bytes(&line, bytes, files.has_put ? files.put.size : 0, "put");
    enum err e = line_close(&line);
    if (!e) {
        *ret = files;
        *ret_bytes = bytes;
    }
    return e;
}

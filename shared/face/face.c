#include "face.h"

#include "bidi.h"

#include <stdarg.h>

#include "embedded.h"
#include "json.h"

#define SENTENCE_MAX 8192
#define SAY_ARGS     9

extern const struct embedded schema_messages[];
extern const size_t schema_messages_count;

static enum err load(const struct mem *mem, const char *language, struct catalogue *ret,
                     struct diag *diag)
{
    char name[16];
    struct buf text;
    buf_init(&text, mem, sizeof name);
    buf_add_format(&text, "%s.txt", language);
    enum err e = buf_error(&text);
    const struct embedded *file = NULL;
    if (!e) {
        file = embedded_find(schema_messages, schema_messages_count, buf_text(&text));
    }
    buf_release(&text);
    if (e || file == NULL) {
        return diag_set(diag, e ? e : ERR_INTERNAL, language, NULL);
    }
    return catalogue_load(mem, span_from(file->data, file->size), ret, diag);
}

enum err face_open(struct face *ret, const struct mem *mem, const char *language, bool json,
                   face_write write, void *ctx, struct diag *diag)
{
    struct face face = {.mem = mem,
                        .language = language,
                        .json = json,
                        .zone_minutes = FACE_ZONE_MINUTES,
                        .write = write,
                        .ctx = ctx};
    enum err e = load(mem, language, &face.catalogue, diag);
    if (e) {
        return e;
    }
    e = load(mem, "en", &face.fallback, diag);
    if (e) {
        catalogue_release(&face.catalogue);
        return e;
    }
    *ret = face;
    return OK;
}

void face_release(struct face *face)
{
    catalogue_release(&face->catalogue);
    catalogue_release(&face->fallback);
}

static void add_sentence(const struct face *face, struct buf *ret, const char *key, va_list list)
{
    const char *args[SAY_ARGS];
    size_t count = 0;
    const char *arg = va_arg(list, const char *);
    while (arg != NULL && count < SAY_ARGS) {
        args[count++] = arg;
        arg = va_arg(list, const char *);
    }
    message_format(&face->catalogue, &face->fallback, key, args, count, ret);
}

void face_add(const struct face *face, struct buf *ret, const char *key, ...)
{
    va_list list;
    va_start(list, key);
    add_sentence(face, ret, key, list);
    va_end(list);
}

static void put(const struct face *face, enum face_stream stream, struct span text)
{
    struct buf shown;
    if (!face->visual || stream != FACE_OUT) {
        face->write(face->ctx, stream, text);
        return;
    }
    buf_init(&shown, face->mem, text.size * 4 + 16);
    bidi_add(&shown, text);
    face->write(face->ctx, stream, buf_error(&shown) ? text : buf_span(&shown));
    buf_release(&shown);
}

static void put_sentence(const struct face *face, enum face_stream stream, struct buf *sentence)
{
    buf_add_byte(sentence, '\n');
    if (!buf_error(sentence)) {
        put(face, stream, buf_span(sentence));
    }
    buf_release(sentence);
}

void face_say(const struct face *face, const char *key, ...)
{
    if (face->json) {
        return;
    }
    struct buf sentence;
    va_list list;
    buf_init(&sentence, face->mem, SENTENCE_MAX);
    va_start(list, key);
    add_sentence(face, &sentence, key, list);
    va_end(list);
    put_sentence(face, FACE_OUT, &sentence);
}

void face_warn(const struct face *face, const char *key, ...)
{
    struct buf sentence;
    va_list list;
    buf_init(&sentence, face->mem, SENTENCE_MAX);
    va_start(list, key);
    add_sentence(face, &sentence, key, list);
    va_end(list);
    put_sentence(face, FACE_ERR, &sentence);
}

int face_fail(const struct face *face, const struct diag *diag)
{
    struct buf sentence, answer;
    buf_init(&sentence, face->mem, SENTENCE_MAX);
    buf_init(&answer, face->mem, 2 * SENTENCE_MAX);
    message_diag(&face->catalogue, &face->fallback, diag, &sentence);
    if (face->json) {
        struct json_writer writer;
        json_begin(&writer, &answer);
        json_open(&writer, '{');
        json_name(&writer, "error");
        json_put_text(&writer, err_name(diag->code));
        json_name(&writer, "args");
        json_open(&writer, '[');
        for (size_t i = 0; i < diag->arg_count; i++) {
            json_put_text(&writer, diag->args[i]);
        }
        json_close(&writer, ']');
        json_name(&writer, "message");
        json_put_span(&writer, buf_span(&sentence));
        json_close(&writer, '}');
        put_sentence(face, FACE_OUT, &answer);
        buf_release(&sentence);
    } else {
        buf_release(&answer);
        put_sentence(face, FACE_ERR, &sentence);
    }
    return err_exit_status(diag->code);
}

void face_put(const struct face *face, struct span text)
{
    put(face, FACE_OUT, text);
}

void face_put_line(const struct face *face, struct span text)
{
    face_put(face, text);
    face_put(face, span_of("\n"));
}

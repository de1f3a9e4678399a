#include "carry_parts.h"
#include "envelope.h"

#include <stdio.h>

#include "json.h"
#include "num.h"

enum err post_send(const struct host *host, const struct post *post, struct exchange_reply *reply,
                   struct diag *diag)
{
    char url[CARRY_URL_SIZE], header[128], pins[CARRY_PINS_MAX][CARRY_PIN_SIZE];
    const char *pin_list[CARRY_PINS_MAX];
    const char *headers[] = {header};
    size_t pin_count = 0;
    struct span rest = span_of(post->pins), pin;
    if (host->exchange == NULL) {
        return diag_set(diag, ERR_NETWORK, post->url, "no network in this program", NULL);
    }
    while (pin_count < CARRY_PINS_MAX && span_split(&rest, ';', &pin)) {
        if (pin.size > 0 && pin.size < CARRY_PIN_SIZE - 8) {
            (void)snprintf(pins[pin_count], CARRY_PIN_SIZE, "sha256//%.*s", (int)pin.size,
                           (const char *)pin.data);
            pin_list[pin_count] = pins[pin_count];
            pin_count++;
        }
    }
    int url_size = snprintf(url, sizeof url, "%s%s", post->url, post->path);
    if (url_size < 0 || (size_t)url_size >= sizeof url) {
        return diag_set(diag, ERR_TOO_LARGE, "url", "1023", NULL);
    }
    (void)snprintf(header, sizeof header, "Content-Type: %s", post->content_type);
    struct exchange_request request = {
        .url = url,
        .pins = pin_list,
        .pin_count = pin_count,
        .ca_pem = post->ca_pem,
        .skip_dates = post->skip_dates,
        .headers = headers,
        .header_count = 1,
        .body = post->body,
        .timeout_ms = CARRY_TIMEOUT_MS,
        .max_reply_size = REPLY_BODY_MAX,
    };
    return host->exchange(host->ctx, &request, reply, diag);
}

enum err post_refused(const struct exchange_reply *reply, const char *url, struct diag *diag)
{
    struct json *json = NULL;
    char status[NUM_TEXT_SIZE];
    num_write_i64(reply->status, status);
    if (json_parse(buf_span(&reply->body), &json, NULL) || !json_is(json, JSON_OBJECT)) {
        json_free(json);
        return diag_set(diag, ERR_PEER, url, status, NULL);
    }
    enum err code = err_from_name(json_get_text(json, "error", ""));
    const struct json *args = json_get(json, "args");
    const char *texts[DIAG_ARGS] = {NULL};
    size_t count = 0;
    for (const struct json *arg = args ? json_first(args) : NULL; arg != NULL && count < DIAG_ARGS;
         arg = json_next(arg)) {
        const char *text = json_text(arg);
        texts[count++] = text ? text : "";
    }
    code = code == OK ? ERR_PEER : code;
    diag_set(diag, code, texts[0], texts[1], texts[2], texts[3], NULL);
    json_free(json);
    return code;
}

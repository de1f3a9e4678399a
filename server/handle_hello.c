/*
 * handle_hello.c - GET /v1/hello: is there a Douar server, which one, and what time has it?
 *
 * What a person's browser or a monitor may know. Nothing here is secret: the id stands in every
 * enrolment code, and the time in every HTTP answer.
 */
#include "routes.h"

#include "json.h"

enum err handle_hello(struct route_call *call)
{
    const struct svc *svc = call->svc;
    char hub[ID_TEXT_SIZE];
    struct json_writer writer;
    id_write(svc->self.id, hub);
    json_begin(&writer, call->reply);
    json_open(&writer, '{');
    json_name(&writer, "v");
    json_put_int(&writer, 1);
    json_name(&writer, "hub");
    json_put_text(&writer, hub);
    json_name(&writer, "t");
    json_put_int(&writer, svc->host->now_ms(svc->host->ctx));
    json_close(&writer, '}');
    return buf_error(call->reply);
}

#include "sim_middle.h"

#include <string.h>

#define KEPT_MAX (8u * 1024 * 1024)

struct page {
    int status;
    const char *text;
};

static const struct page pages[] = {
    {200, "<!DOCTYPE html><html><head><title>Bienvenue</title></head><body>Wi-Fi gratuit</body>"
          "</html>"},
    {200, ""},
    {302, "<html><body><a href=\"http://10.0.0.1/login\">Moved</a></body></html>"},
    {403, "<html><body>Forbidden by the policy of this network</body></html>"},
    {407, "Proxy Authentication Required"},
    {502, "<html><body><h1>502 Bad Gateway</h1></body></html>"},
    {504, "<html><body><h1>504 Gateway Time-out</h1></body></html>"},
    {511, "<html><body>Network Authentication Required</body></html>"}};

void middle_page(struct sim_node *node)
{
    struct sim_world *world = node->world;
    const struct page *page = &pages[rng_below(&world->rng, sizeof pages / sizeof pages[0])];
    buf_clear(&node->call.reply);
    buf_add_text(&node->call.reply, page->text);
    node->call.status = page->status;
    node->call.foreign = true;
    node->call.retry_after_s = 0;
    world->counters.portal++;
    world->counters.portal_status += page->status != 200;
}

void middle_lengthen(struct sim_world *world, struct buf *body)
{
    uint8_t junk[64];
    size_t size = body->size;
    if (size > 0 && size < KEPT_MAX / 4 && rng_chance(&world->rng, 300)) {
        for (size_t i = 0; i < size; i++) { /* one by one: adding may move what is added */
            buf_add_byte(body, body->data[i]);
        }
        return;
    }
    rng_bytes(&world->rng, junk, sizeof junk);
    buf_add(body, junk, 1 + rng_below(&world->rng, sizeof junk));
}

void middle_keep(struct sim_node *node, const char *path, struct span body)
{
    if (node->kept_path && rng_chance(&node->world->rng, 800)) {
        return; /* so that what is kept grows old */
    }
    buf_release(&node->kept);
    buf_init(&node->kept, &node->world->mem, KEPT_MAX);
    buf_add_span(&node->kept, body);
    node->kept_path = path;
    node->kept_server = node->call.server;
}

bool middle_repeat(struct sim_node *node)
{
    struct sim_call *call = &node->call;
    if (!node->kept_path || strcmp(node->kept_path, call->path) != 0 ||
        node->kept_server != call->server) {
        return false;
    }
    buf_clear(&call->reply);
    buf_add_span(&call->reply, buf_span(&node->kept));
    call->status = 200;
    call->foreign = true;
    call->retry_after_s = 0;
    node->world->counters.kept_answer++;
    return true;
}

struct sim_node *middle_other_server(struct sim_node *node)
{
    struct sim_world *world = node->world;
    size_t first = rng_below(&world->rng, SIM_SERVERS);
    for (size_t i = 0; i < SIM_SERVERS; i++) {
        struct sim_node *server = &world->nodes[(first + i) % SIM_SERVERS];
        if (server->index != node->call.server && server != node && server->svc) {
            return server;
        }
    }
    return NULL;
}

#include "sim_bare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim_check.h"

#define BARE_LEVEL 1

/* NULL: texts are packed as always. */
static struct zip *bare_zip;

/* The linker puts this in the place of pack_write() (--wrap, CMakeLists.txt): a switch for it has
   no business in the product. */
enum err __real_pack_write(struct pack *pack, struct span plain, struct buf *ret,
                           uint8_t *ret_dictionary);
enum err __wrap_pack_write(struct pack *pack, struct span plain, struct buf *ret,
                           uint8_t *ret_dictionary);

enum err __wrap_pack_write(struct pack *pack, struct span plain, struct buf *ret,
                           uint8_t *ret_dictionary)
{
    if (!bare_zip) {
        return __real_pack_write(pack, plain, ret, ret_dictionary);
    }
    *ret_dictionary = 0;
    return zip_add_packed(bare_zip, plain, ret);
}

void bare_begin(const struct sim_world *world)
{
    bare_end();
    if (world->options.bare && zip_new(&world->mem, (struct span){0}, BARE_LEVEL, &bare_zip)) {
        abort();
    }
}

void bare_end(void)
{
    zip_free(bare_zip);
    bare_zip = NULL;
}

void bare_forget(struct sim_world *world)
{
    for (size_t i = 0; i < world->node_count; i++) {
        if (!world->options.bare || world->nodes[i].call.stage != CALL_IDLE) {
            return;
        }
    }
    for (size_t i = 0; i < world->node_count && !world->failed; i++) {
        struct sim_node *node = &world->nodes[i];
        if (node->svc || node->node) {
            struct sim_rng random = node->host.rng; /* what a start draws must change no name */
            power_down(node);
            (void)power_open(node);
            node->host.rng = random;
        }
    }
}

void bare_state(struct sim_world *world, uint64_t ret[SIM_NODES_MAX])
{
    static const char ops[] = "SELECT uid, receipt_ms, body FROM op ORDER BY uid";
    static const char live[] = "SELECT e.name, s.text, l.uid8 FROM live l JOIN entity e ON e.id ="
                               " l.entity JOIN symbol s ON s.id = l.register ORDER BY 1, 2, 3";
    static const char shown[] =
        "SELECT e.name, r.case_number, r.title, r.document, r.disputes, r.deleted, r.updated_ms"
        " FROM record r JOIN entity e ON e.id = r.entity ORDER BY e.name";
    for (size_t i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->nodes[i];
        ret[i] = eye_sum(node, ops) * 31 + eye_sum(node, live) * 7 + eye_sum(node, shown);
    }
}

static bool say_unlike(const struct sim_options *options, const struct sim_ending *usual,
                       const struct sim_ending *bare)
{
    for (size_t i = 0; i < SIM_NODES_MAX; i++) {
        if (usual->state[i] != bare->state[i]) {
            printf("SIM FAILED: ./dev sim --alike --seed %" PRIu64 " --steps %zu --devices %zu"
                   " (node %zu doesn't end with the same)\n",
                   options->seed, options->steps, options->devices, i);
            return true;
        }
    }
    return false;
}

/* Without faults, as usual and then bare. False, and what is wrong is said: one of them failed. */
static bool run_both(const struct sim_options *calm, struct sim_ending ret[2])
{
    struct sim_options options = *calm;
    for (int i = 0; i < 2; i++) {
        options.bare = i == 1;
        memset(&ret[i], 0, sizeof ret[i]);
        sim_run(&options, &ret[i]);
        if (!ret[i].good) {
            printf("SIM FAILED: ./dev sim --alike --seed %" PRIu64 " (%s, step %zu: %s)\n",
                   options.seed, options.bare ? "bare" : "as usual", ret[i].step, ret[i].failure);
            return false;
        }
    }
    return true;
}

bool bare_is_alike(const struct sim_options *options)
{
    struct sim_options calm = *options;
    struct sim_ending endings[2];
    char all[64];
    calm.skips = (struct sim_skips){.steps = options->steps};
    (void)snprintf(all, sizeof all, "1-%zu", options->steps);
    if (!skips_read(&calm.skips, SKIP_FAULTS, all)) {
        abort();
    }
    bool good = run_both(&calm, endings);
    skips_release(&calm.skips);
    if (!good || say_unlike(options, &endings[0], &endings[1])) {
        return false;
    }
    printf("seed %" PRIu64 ": %.2f device-years, %" PRIu64 " saves and edits, %" PRIu64
           " exchanges: the same without dictionary and caches\n",
           options->seed, endings[0].years,
           endings[0].counters.save_new + endings[0].counters.save_child + endings[0].counters.edit,
           endings[0].counters.requests);
    return true;
}

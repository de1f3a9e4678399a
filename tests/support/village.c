/*
 * village.c - fills an enrolled device's home with households and people, as if many had worked
 * there: for tests and trials that need more records than commands would make in their time.
 *
 *     village HOME PLACE PERSONS [SEED]
 *
 * Each save is one of the device's own, through node_save(): the programs then meet the result.
 */
#define _XOPEN_SOURCE 700

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "home_key.h"
#include "host_real.h"
#include "process.h"
#include "save.h"

#define PEOPLE_OF_ONE 5
#define SAVES_OF_ONE  500 /* transaction */

struct village {
    struct host_real real;
    struct host host;
    struct node *node;
    struct id person;
    const char *place;
    uint64_t random;
};

static void must(enum err e, const struct diag *diag, const char *what)
{
    if (e) {
        fprintf(stderr, "village: %s: %s %s\n", what, err_name(e),
                diag && diag->arg_count > 0 ? diag->args[0] : "");
        exit(1);
    }
}

static uint64_t next_random(struct village *village)
{
    village->random = village->random * 6364136223846793005u + 1442695040888963407u;
    return village->random >> 33;
}

static const char *pick(struct village *village, const char *const *words, size_t count)
{
    return words[next_random(village) % count];
}

static struct id save(struct village *village, struct save *save)
{
    struct arena arena;
    struct saved saved;
    struct diag diag = {0};
    arena_init(&arena, &village->host.mem, 8u << 20);
    save->person = village->person;
    must(node_save(village->node, save, &arena, &saved, &diag), &diag, "save");
    arena_release(&arena);
    return saved.entity;
}

static const char *const given[] = {"فاطمة", "عائشة", "محمد", "أحمد", "خديجة",
                                    "موسى",  "زينب",  "علي",  "رشيد", "نادية"};
static const char *const family[] = {"أيت علي", "والي",  "الخطابي", "بناني",
                                     "تادلاوي", "أوحدو", "سميري",   "خالدي"};

static struct id add_household(struct village *village)
{
    char name[64];
    (void)snprintf(name, sizeof name, "\"%s\"",
                   pick(village, family, sizeof family / sizeof family[0]));
    struct change changes[] = {{"head_name_ar", span_of(name)}};
    struct save new_one = {.type = "household",
                           .is_new = true,
                           .place = span_of(village->place),
                           .changes = changes,
                           .change_count = 1};
    return save(village, &new_one);
}

static void add_person(struct village *village, struct id household)
{
    bool woman = next_random(village) % 2 != 0;
    char name[128];
    char cin[32];
    char phone[32];
    char birth[32];
    (void)snprintf(name, sizeof name, "\"%s %s\"",
                   pick(village, given, sizeof given / sizeof given[0]),
                   pick(village, family, sizeof family / sizeof family[0]));
    (void)snprintf(cin, sizeof cin, "\"I%c%d\"", 'A' + (char)(next_random(village) % 3),
                   (int)(next_random(village) % 900000 + 1000));
    (void)snprintf(phone, sizeof phone, "\"06%08d\"", (int)(next_random(village) % 100000000));
    (void)snprintf(birth, sizeof birth, "\"%d-%02d-%02d\"", 1940 + (int)(next_random(village) % 80),
                   1 + (int)(next_random(village) % 12), 1 + (int)(next_random(village) % 28));
    struct change changes[] = {{"name_ar", span_of(name)},
                               {"national_id", span_of(cin)},
                               {"sex", span_of(woman ? "\"f\"" : "\"m\"")},
                               {"birth_date", span_of(birth)},
                               {"relation", span_of("\"child\"")},
                               {"marital_status", span_of("\"single\"")},
                               {"phone", span_of(phone)}};
    struct save new_one = {.type = "person",
                           .is_new = true,
                           .has_parent = true,
                           .parent = household,
                           .changes = changes,
                           .change_count = sizeof changes / sizeof changes[0]};
    (void)save(village, &new_one);
}

static void fill(struct village *village, int64_t persons)
{
    struct id household = {{0}};
    for (int64_t i = 0; i < persons; i++) {
        if (i % SAVES_OF_ONE == 0) {
            must(i ? node_end(village->node, OK) : OK, NULL, "commit");
            must(node_begin(village->node), NULL, "begin");
        }
        if (i % PEOPLE_OF_ONE == 0) {
            household = add_household(village);
        }
        add_person(village, household);
    }
    must(persons ? node_end(village->node, OK) : OK, NULL, "commit");
}

int main(int argc, char **argv)
{
    static struct village village;
    struct node_identity self;
    struct diag diag = {0};
    struct buf key;
    char path[1024];
    if (argc < 4) {
        fprintf(stderr, "village HOME PLACE PERSONS [SEED]\n");
        return 2;
    }
    village.place = argv[2];
    village.random = argc > 4 ? strtoull(argv[4], NULL, 10) : 42;
    must(process_init(), NULL, "process");
    host_real_init(&village.real, &village.host);
    (void)snprintf(path, sizeof path, "%s/douar.db", argv[1]);
    buf_init(&key, &village.host.mem, 4096);
    must(home_key_take(&village.host, argv[1], &key) ? OK : ERR_LOCKED, NULL, "key");
    must(node_open(&village.host, path, &village.node, &diag), &diag, path);
    must(node_identity(village.node, &self), NULL, "identity");
    village.person = self.person;
    fill(&village, strtoll(argv[3], NULL, 10));
    node_close(village.node);
    buf_release(&key);
    host_real_release(&village.real);
    return 0;
}

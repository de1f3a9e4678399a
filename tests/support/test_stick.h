/*
 * test_stick.h - bundles between the nodes of a town: files in its folder, by name.
 */
#ifndef TEST_STICK_H
#define TEST_STICK_H

#include "node_bundle.h"
#include "test.h"
#include "test_town.h"

#define PATH_SIZE 512
#define TEST_CA   "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

static inline void path_of(const struct town *town, const char *name, char ret[PATH_SIZE])
{
    (void)snprintf(ret, PATH_SIZE, "%s/%s", town->nodes.folder, name);
}

static inline struct id id_of(struct node *node)
{
    struct node_identity me;
    assert_int_equal(node_identity(node, &me), OK);
    return me.id;
}

static inline enum err try_export(struct town *town, struct node *from, struct node *to,
                                  const char *name, struct bundle_report *ret, struct diag *diag)
{
    char path[PATH_SIZE], written[BUNDLE_PATH_SIZE], id[ID_TEXT_SIZE];
    path_of(town, name, path);
    if (to) {
        id_write(id_of(to), id);
    }
    struct bundle_order order = {.path = path,
                                 .to = to ? id : NULL,
                                 .ca_pem = TEST_CA,
                                 .has_files_max = town->stick_room > 0,
                                 .files_max = town->stick_room};
    town->nodes.now_ms += 60000;
    return node_bundle_export(from, &order, written, ret, diag);
}

static inline struct bundle_report export_to(struct town *town, struct node *from, struct node *to,
                                             const char *name)
{
    struct bundle_report report;
    struct diag diag = {0};
    enum err e = try_export(town, from, to, name, &report, &diag);
    if (e) {
        fail_msg("export %s: %s %s %s", name, err_name(e), diag.args[0], diag.args[1]);
    }
    return report;
}

static inline enum err try_import(struct town *town, struct node *node, const char *name,
                                  struct bundle_report *ret, struct diag *diag)
{
    char path[PATH_SIZE];
    path_of(town, name, path);
    town->nodes.now_ms += 60000;
    return node_bundle_import(node, path, NULL, NULL, ret, diag);
}

static inline struct bundle_report import(struct town *town, struct node *node, const char *name)
{
    struct bundle_report report;
    struct diag diag = {0};
    enum err e = try_import(town, node, name, &report, &diag);
    if (e) {
        fail_msg("import %s: %s %s %s", name, err_name(e), diag.args[0], diag.args[1]);
    }
    return report;
}

/* There and back: what the device has goes to the hub, what the hub has comes to the device. */
static inline void round_trip(struct town *town, struct node *node, struct node *server,
                              const char *name)
{
    char ask[64], answer[64];
    (void)snprintf(ask, sizeof ask, "%s-ask", name);
    (void)snprintf(answer, sizeof answer, "%s-answer", name);
    (void)export_to(town, node, NULL, ask);
    (void)import(town, server, ask);
    (void)export_to(town, server, node, answer);
    (void)import(town, node, answer);
}

static inline int64_t ops_here(struct node *node)
{
    struct node_status status;
    assert_int_equal(node_status(node, &status), OK);
    return status.ops_here;
}

#endif

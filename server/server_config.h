/*
 * server_config.h - a hub's folder and the one file that configures it, HOME/douard.conf.
 *
 *     HOME/douard.conf   `key = value` lines, '#' comments; every key is explained in it
 *     HOME/douar.db      the node
 *     HOME/tls/          ca.pem ca.key server.pem server.key backup.key pins
 *
 * A key that isn't known, is given twice, or has a value that can't be, is ERR_CONFIG with the
 * file, the line and what is expected: a hub with half a configuration must not start. A key that
 * is absent has its default.
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "host.h"

#define CONFIG_FILE      "douard.conf"
#define CONFIG_TEXT_SIZE 256
#define CONFIG_PATH_SIZE 1024

struct server_config {
    char name[CONFIG_TEXT_SIZE];          /* of this office, as people read it */
    char address[CONFIG_TEXT_SIZE];       /* "": every address */
    char url[CONFIG_TEXT_SIZE];           /* under which devices reach it; no trailing slash */
    char backup_folder[CONFIG_TEXT_SIZE]; /* absolute, or below HOME */
    int64_t port;
    int64_t threads;
    int64_t uplink_minutes; /* 0: only by `douard uplink sync` */
    int64_t backup_minutes; /* 0: only by `douard backup` */
    int64_t backup_keep;    /* copies, written in turn */
    int64_t snapshot_hours; /* 0: only by `douard snapshot` */
    int64_t snapshot_rows;  /* of a feed that is worth one */
    int64_t collect_days;   /* how long what is superseded keeps its content */
    int64_t collect_hours;  /* 0: only by `douard collect` */
    int64_t invite_hours;
    int64_t stats_days;   /* a device silent for longer is counted as silent */
    int64_t zone_minutes; /* in which times are shown, east of UTC */
};

void server_config_default(struct server_config *ret);

/* Reads the text of a file; `file` names it in diag. */
MUST_CHECK enum err server_config_read(struct span text, const char *file,
                                       struct server_config *ret, struct diag *diag);

/* The file with its comments, as `init` writes it. */
void server_config_write(const struct server_config *config, struct buf *ret);

/* HOME/douard.conf. ERR_NO_HOME when absent. */
MUST_CHECK enum err server_config_load(const struct host *host, const char *home,
                                       struct server_config *ret, struct diag *diag);
MUST_CHECK enum err server_config_save(const struct host *host, const char *home,
                                       const struct server_config *config, struct diag *diag);

/* "HOME/name"; an absolute `name` stays. ERR_TOO_LARGE. */
MUST_CHECK enum err home_path(const char *home, const char *name, char ret[CONFIG_PATH_SIZE]);

#endif

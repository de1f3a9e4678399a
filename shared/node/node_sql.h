/*
 * node_sql.h - every SQL statement of the node, by name.
 *
 * Values are bound, never printed in. A unit test prepares each against the migrated schema.
 * The lists are split by subject: log_sql.h, sync_sql.h, record_sql.h, audit_sql.h, back_sql.h,
 * blob_sql.h, bundle_sql.h, space_sql.h, redact_sql.h, alias_sql.h,
 * quarantine_sql.h, filling_sql.h, rules_sql.h, listing_sql.h.
 */
#ifndef NODE_SQL_H
#define NODE_SQL_H

#include "alias_sql.h"
#include "audit_sql.h"
#include "back_sql.h"
#include "blob_sql.h"
#include "bundle_sql.h"
#include "filling_sql.h"
#include "listing_sql.h"
#include "log_sql.h"
#include "quarantine_sql.h"
#include "record_sql.h"
#include "redact_sql.h"
#include "rules_sql.h"
#include "space_sql.h"
#include "sync_sql.h"

enum node_stmt {
#define NODE_STMT_ENUM(name, sql) name,
    LOG_SQL(NODE_STMT_ENUM) RECORD_SQL(NODE_STMT_ENUM) SYNC_SQL(NODE_STMT_ENUM)
        AUDIT_SQL(NODE_STMT_ENUM) BACK_SQL(NODE_STMT_ENUM) BLOB_SQL(NODE_STMT_ENUM)
            BUNDLE_SQL(NODE_STMT_ENUM) SPACE_SQL(NODE_STMT_ENUM) REDACT_SQL(NODE_STMT_ENUM)
                ALIAS_SQL(NODE_STMT_ENUM) QUARANTINE_SQL(NODE_STMT_ENUM) FILLING_SQL(NODE_STMT_ENUM)
                    RULES_SQL(NODE_STMT_ENUM) LISTING_SQL(NODE_STMT_ENUM)
#undef NODE_STMT_ENUM
                        NODE_STMT_COUNT
};

extern const char *const node_sql[NODE_STMT_COUNT];

#endif

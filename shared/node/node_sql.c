#include "node_sql.h"

const char *const node_sql[NODE_STMT_COUNT] = {
#define NODE_STMT_TEXT(name, sql) [name] = (sql),
    LOG_SQL(NODE_STMT_TEXT) RECORD_SQL(NODE_STMT_TEXT) SYNC_SQL(NODE_STMT_TEXT)
        AUDIT_SQL(NODE_STMT_TEXT) BACK_SQL(NODE_STMT_TEXT) BLOB_SQL(NODE_STMT_TEXT)
            SPACE_SQL(NODE_STMT_TEXT)
#undef NODE_STMT_TEXT
};

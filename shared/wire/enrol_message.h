/*
 * enrol_message.h - the code that a person is handed, the request it makes, and the answer.
 *
 * schema/protocol.md, "Enrolment".
 */
#ifndef ENROL_MESSAGE_H
#define ENROL_MESSAGE_H

#include "arena.h"
#include "id.h"
#include "json.h"
#include "sign.h"

#define ENROL_CODE_ID_SIZE 6
#define ENROL_SECRET_SIZE  16
#define ENROL_PINS_MAX     2

struct enrol_code {
    const char *url; /* "https://host:port", no trailing slash */
    const char
        *pins[ENROL_PINS_MAX]; /* base64 of SHA-256, as in "sha256//..." without the prefix */
    size_t pin_count;
    struct id hub;
    uint8_t org_fingerprint[16];
    uint8_t code_id[ENROL_CODE_ID_SIZE];
    uint8_t secret[ENROL_SECRET_SIZE];
    bool has_key; /* else it is good by network only */
    struct public_key hub_key;
};

MUST_CHECK enum err enrol_code_write(const struct enrol_code *code, struct buf *ret);
/* ERR_BAD_CODE (why): not a code, cut short, mistyped (a checksum tells), or a URL that isn't
   https. Any case; dashes and white space don't matter.  */
MUST_CHECK enum err enrol_code_read(struct span text, struct arena *arena, struct enrol_code *ret,
                                    struct diag *diag);

struct enrol_request {
    uint8_t code_id[ENROL_CODE_ID_SIZE];
    uint8_t secret[ENROL_SECRET_SIZE];
    struct id node;
    struct public_key key;
    const char *name;
    struct signature signature;
};

MUST_CHECK enum err enrol_request_write(struct enrol_request *request, struct id hub,
                                        const struct secret_key *key, struct buf *ret); /* signs */
MUST_CHECK enum err enrol_request_read(struct span body, struct arena *arena,
                                       struct enrol_request *ret, struct diag *diag);
bool enrol_request_verify(const struct enrol_request *request, struct id hub);

struct enrol_answer {
    struct id hub;
    uint64_t epoch;
    struct public_key org_key;
    const char *ca_pem;
    struct span node_json; /* the _node definition, canonical JSON */
    const char *short_code;
    bool has_person;
    struct id person;
    int64_t time_ms;
};

MUST_CHECK enum err enrol_answer_write(const struct enrol_answer *answer, struct buf *ret);
/* Checks the organisation key against the code's fingerprint: ERR_SIGNATURE. */
MUST_CHECK enum err enrol_answer_read(struct span body, const struct enrol_code *code,
                                      struct arena *arena, struct enrol_answer *ret,
                                      struct diag *diag);

void enrol_fingerprint(const struct public_key *org_key, uint8_t ret[16]);

#endif

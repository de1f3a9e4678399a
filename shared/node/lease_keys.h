/*
 * lease_keys.h - where table self keeps what leases and codes need (lease.c, reopen.c,
 * node_anchor.c).
 */
#ifndef LEASE_KEYS_H
#define LEASE_KEYS_H

#define KEY_KEPT  "revoked_kept" /* number of its own log that is in quarantine */
#define KEY_OPEN  "reopen_until" /* ms without contact up to which a code opened it */
#define KEY_GIVEN "reopen_given" /* days that codes gave since the last contact */
#define KEY_TRIES "reopen_tries" /* wrong codes since then */
#define KEY_NONCE "reopen_nonce" /* of the challenge that stands; 0: none */

#endif

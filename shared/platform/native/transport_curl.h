/*
 * transport_curl.h - one HTTPS exchange with a hub, through libcurl.
 *
 * What holds for every exchange: POST over https only, TLS 1.2 or later with AEAD ciphers, no
 * redirect, no proxy from the environment, no netrc, no cookies, no user in the URL. The
 * connection is kept for the next exchange of the same transport.
 *
 * Who the hub is, is told by its pins ("sha256//base64" of its key): at least one is required
 * and the connection fails with ERR_PIN when the hub's key is none of them, whatever else holds.
 * Beyond the pin:
 * - with `ca_pem` and a sane clock, the certificate must also chain to that CA and be in date;
 * - with `skip_dates`, or without `ca_pem`, the pin stands alone. That is no weaker in who may
 *   answer: the pin names one public key, and TLS proves that the peer holds its private half. A
 *   chain only adds that an issuer vouched for that same key at some time. libcurl checks pins
 *   with or without the chain (its documentation of CURLOPT_PINNEDPUBLICKEY says so).
 * - the name in the certificate isn't compared with the URL: hubs live at addresses that change
 *   (a LAN's DHCP, a router carried to another office), and the pinned key is the narrower test.
 * The system's certificate authorities are never asked.
 *
 * Time: there is no limit to how long an exchange may take, only to how long nothing moves.
 * Movement is what the peer's TCP acknowledged or sent: a 256 KB batch disappears at once into
 * the kernel's buffer and then takes minutes over 2G, which a limit over libcurl's own counters
 * would take for silence.
 */
#ifndef TRANSPORT_CURL_H
#define TRANSPORT_CURL_H

#include "host.h"

struct transport; /* One thread at a time. */

MUST_CHECK enum err transport_open(const struct mem *mem, struct transport **ret);
void transport_close(struct transport *transport); /* NULL is fine. */

/*
 * OK whenever an HTTP answer was received, whatever its status. ERR_PIN (url), ERR_NETWORK (url,
 * why), ERR_USAGE for a request without a pin, ERR_NOMEM. The body is appended to reply->body; a
 * reply above max_reply_size or above the buf's own maximum is broken off and is ERR_NETWORK.
 * The counters are filled on failure too: bytes spent are spent.
 */
MUST_CHECK enum err transport_exchange(struct transport *transport,
                                       const struct exchange_request *request,
                                       struct exchange_reply *reply, struct diag *diag);

#endif

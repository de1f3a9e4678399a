/*
 * http_limits.h - every maximum of the HTTPS front, and why it has that figure.
 *
 * Body sizes are not here: they belong to the routes, and svc_admit() knows them. What is refused
 * gets a JSON error that names the limit. Only what doesn't even fit into a connection's memory
 * is refused by libmicrohttpd itself, with its own short page.
 */
#ifndef HTTP_LIMITS_H
#define HTTP_LIMITS_H

/* Sizes, in bytes. A sync request has about 250 bytes of headers. */
#define HTTP_URL_MAX          2048 /* path and query */
#define HTTP_HEADERS_SIZE_MAX 8192 /* request line and all headers */
#define HTTP_HEADER_COUNT_MAX 64
#define HTTP_HEADER_VALUE_MAX 4096
/* What libmicrohttpd may use for one connection, and keeps while it is idle: with TLS an idle one
   costs 27 KiB (43 KiB with twice as much). */
#define HTTP_CONNECTION_MEMORY 16384
#define HTTP_REFUSAL_MAX       4096 /* the JSON body of a refusal */

/*
 * How much of a refused body is read and thrown away so that the refusal arrives: a socket closed
 * with bytes unread is reset, and the reset destroys what was just sent. A body announced as longer
 * is refused at once; one that turns out longer is cut. Our own devices ask before they send more
 * than 64 KiB (Expect: 100-continue), so this serves browsers on a LAN.
 */
#define HTTP_DISCARD_MAX 1048576u

/* All bodies held at once, over all connections: with it a hub stays below 64 MiB. */
#define HTTP_BODIES_MAX 33554432u

/*
 * All replies that are on their way, over all connections. Whoever reads slowly holds one of up to
 * 4 MiB, and a phone on 2G may: so nobody is cut for that alone. Beyond this sum those that hold
 * most for longest (bytes times age) are cut, within a second, and have to ask again; beyond twice
 * as much nothing more is taken (503) until some are gone.
 */
#define HTTP_REPLIES_MAX 33554432u

/* Numbers of connections. Many phones may share one address behind a mobile operator's gateway. */
#define HTTP_CONNECTIONS_MAX 4096
#define HTTP_PER_IP_MAX      256
#define HTTP_THREADS         2

/* One commit for many: how many requests it may hold, and how long it waits for those under way. */
#define HTTP_GROUP_MAX     64
#define HTTP_GROUP_WAIT_MS 10

/* Without a request for so long, a hub gives back memory that only makes the next one faster. */
#define HTTP_REST_MS 20000

/*
 * Deadlines. A 2G connection gives 1-4 KB/s and needs 5-10 s for a TLS handshake; 128 B/s is the
 * least that is served. Whoever sends slower holds a connection of the hub for nothing.
 */
#define HTTP_FIRST_HEAD_MS  20000  /* TLS handshake and headers of the first request */
#define HTTP_IDLE_MS        60000  /* nothing at all moves: between requests, or within one */
#define HTTP_HEAD_MS        10000  /* headers of a later request, beyond the idle time */
#define HTTP_BODY_WINDOW_MS 60000  /* in every such window ... */
#define HTTP_BODY_RATE      128    /* ... at least so many bytes a second on average */
#define HTTP_BODY_MS        900000 /* a whole body; a reply has this and its size / HTTP_BODY_RATE */
#define HTTP_STOP_MS        5000   /* front_stop() lets replies go out for so long */
#define HTTP_BUSY_RETRY_S   5      /* Retry-After of a hub that is stopping or full */

#endif

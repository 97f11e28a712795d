/*
 * socket.h: a socket in the file system, by which processes of one machine and one user talk, and
 * connections to servers (TCP).
 *
 * Reading and writing never wait; os_socket_wait does, for many sockets at once. A path of any
 * length will do (the kernel's own limit is 107 bytes).
 *
 * Thread: a socket belongs to one at a time; os_wake_set may be called by any.
 */
#ifndef WEIR_OS_SOCKET_H
#define WEIR_OS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct OsSocket OsSocket;

/* Takes the place of what a crash left there, so the caller must know that nobody listens. For the
 * owner alone (mode 0600). */
bool os_socket_listen(const char *path, OsSocket **out, Error *err);
/* The next one who connected; NULL: nobody waits. */
OsSocket *os_socket_accept(OsSocket *listener);
/* *out NULL and true: nobody listens there. */
bool os_socket_connect(const char *path, OsSocket **out, Error *err);
void os_socket_close(OsSocket *socket); /* NULL is fine. A listener's path goes with it. */

/* The addresses of a host, as numbers ("127.0.0.1", "::1"); in `arena`. Waits for the name service.
 * ERROR_RETRY: there is no such host, or nobody knows for now. */
bool os_resolve(Arena *arena, const char *host, const char *const **addresses, size_t *count,
                Error *err);
/* Begins a TCP connection to an address as os_resolve gives it. When the socket may be written to,
 * os_socket_dialled tells whether it stands. */
bool os_socket_dial(const char *address, uint16_t port, OsSocket **out, Error *err);
bool os_socket_dialled(OsSocket *socket, Error *err); /* ERROR_RETRY: refused, no way there. */

typedef enum OsSocketState {
    OS_SOCKET_DONE,  /* *bytes > 0 were moved. */
    OS_SOCKET_AGAIN, /* Not now. */
    OS_SOCKET_ENDED, /* The other side is gone. */
} OsSocketState;

OsSocketState os_socket_read(OsSocket *socket, void *out, size_t bytes_max, size_t *bytes);
OsSocketState os_socket_write(OsSocket *socket, const void *data, size_t data_bytes, size_t *bytes);

/* ── waiting ───────────────────────────────────────────────────────────────────────────────────*/

/* Ends a wait from another thread. */
typedef struct OsWake OsWake;

OsWake *os_wake_create(void);
void os_wake_free(OsWake *wake); /* NULL is fine. */
void os_wake_set(OsWake *wake);

typedef struct OsSocketWait {
    OsSocket *socket;
    bool to_read; /* Or, of a listener, to accept. */
    bool to_write;
    bool ready; /* Out: something of it may be done, or its other side is gone. */
} OsSocketWait;

/* Until one is ready, `wake` (may be NULL) was set since the last wait, or timeout_us passed
 * (negative: without end). */
void os_socket_wait(OsSocketWait *waits, size_t count, OsWake *wake, int64_t timeout_us);

/* The same for the descriptor of a connection that a library owns (libpq); true: ready. */
bool os_descriptor_wait(int descriptor, bool to_read, bool to_write, OsWake *wake,
                        int64_t timeout_us);

#endif

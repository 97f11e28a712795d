#include "os/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/assert.h"

enum { BACKLOG = 64 };

struct OsSocket {
    int fd;
    char *path; /* A listener's, or NULL. */
};

/* ── addresses ─────────────────────────────────────────────────────────────────────────────────*/

/* A path as an address. One that is too long is reached through its folder, opened: *dir_fd, to be
 * closed after use (else -1). */
static bool address_make(const char *path, struct sockaddr_un *out, int *dir_fd, Error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder;
    int bytes;

    *dir_fd = -1;
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) < sizeof out->sun_path) {
        memcpy(out->sun_path, path, strlen(path) + 1);
        return true;
    }
    folder = mem_strdup(path);
    folder[slash ? slash - path : 0] = '\0';
    *dir_fd = open(slash ? folder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (*dir_fd < 0)
        return error_set_errno(err, errno, "open the folder of '%s'", path);
    bytes = snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d/%s", *dir_fd,
                     slash ? slash + 1 : path);
    if (bytes >= (int)sizeof out->sun_path) {
        (void)close(*dir_fd);
        *dir_fd = -1;
        return error_set(err, ERROR_USER, "the name of socket '%s' is too long", path);
    }
    return true;
}

static void address_done(int dir_fd)
{
    if (dir_fd >= 0)
        (void)close(dir_fd);
}

static OsSocket *socket_new(int fd, const char *path)
{
    OsSocket *made = mem_zalloc(sizeof *made);

    made->fd = fd;
    made->path = path ? mem_strdup(path) : NULL;
    return made;
}

static bool socket_make(const char *path, int *fd, Error *err)
{
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *fd >= 0 || error_set_errno(err, errno, "make socket '%s'", path);
}

bool os_socket_listen(const char *path, OsSocket **out, Error *err)
{
    struct sockaddr_un address;
    int dir_fd;
    int fd;
    bool ok;

    if (!address_make(path, &address, &dir_fd, err))
        return false;
    if (!socket_make(path, &fd, err)) {
        address_done(dir_fd);
        return false;
    }
    (void)unlink(path);
    /* The mode of the socket is what the path gets, so there is no moment at which others might
     * connect; chmod for kernels that think otherwise. */
    ok = fchmod(fd, 0600) == 0 &&
         bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
         chmod(path, 0600) == 0 && listen(fd, BACKLOG) == 0;
    if (!ok) {
        (void)error_set_errno(err, errno, "listen on socket '%s'", path);
        (void)close(fd);
    } else {
        *out = socket_new(fd, path);
    }
    address_done(dir_fd);
    return ok;
}

OsSocket *os_socket_accept(OsSocket *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    return fd >= 0 ? socket_new(fd, NULL) : NULL;
}

bool os_socket_connect(const char *path, OsSocket **out, Error *err)
{
    struct sockaddr_un address;
    int dir_fd;
    int fd;
    int code = 0;

    *out = NULL;
    if (!address_make(path, &address, &dir_fd, err))
        return false;
    if (!socket_make(path, &fd, err)) {
        address_done(dir_fd);
        return false;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        code = errno;
    address_done(dir_fd);
    if (code == 0) {
        *out = socket_new(fd, NULL);
        return true;
    }
    (void)close(fd);
    if (code == ENOENT || code == ECONNREFUSED)
        return true;
    if (code == EAGAIN)
        return error_set(err, ERROR_RETRY, "too many are waiting at socket '%s'", path);
    return error_set_errno(err, code, "connect to socket '%s'", path);
}

void os_socket_close(OsSocket *socket)
{
    if (!socket)
        return;
    if (socket->path)
        (void)unlink(socket->path);
    (void)close(socket->fd);
    free(socket->path);
    free(socket);
}

/* ── servers ───────────────────────────────────────────────────────────────────────────────────*/

static bool look_up(const char *host, const char *port, int flags, struct addrinfo **out, Error *err)
{
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    int code = getaddrinfo(host, port, &wanted, out);

    return code == 0 || error_set(err, ERROR_RETRY, "host '%s' cannot be found: %s", host,
                                  code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
}

bool os_resolve(Arena *arena, const char *host, const char *const **addresses, size_t *count,
                Error *err)
{
    enum { ADDRESSES_MAX = 64 };
    const char **names = ARENA_ARRAY(arena, const char *, ADDRESSES_MAX);
    struct addrinfo *found;
    size_t n = 0;

    if (!look_up(host, NULL, 0, &found, err))
        return false;
    for (const struct addrinfo *at = found; at && n < ADDRESSES_MAX; at = at->ai_next) {
        char text[NI_MAXHOST];

        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0,
                        NI_NUMERICHOST) == 0)
            names[n++] = arena_strdup(arena, text);
    }
    freeaddrinfo(found);
    *addresses = names;
    *count = n;
    return true;
}

bool os_socket_dial(const char *address, uint16_t port, OsSocket **out, Error *err)
{
    struct addrinfo *found;
    char digits[8];
    int code = 0;
    int on = 1;
    int fd;

    (void)snprintf(digits, sizeof digits, "%u", port);
    if (!look_up(address, digits, AI_NUMERICHOST | AI_NUMERICSERV, &found, err))
        return false;
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || (connect(fd, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS))
        code = errno;
    freeaddrinfo(found);
    if (code != 0) {
        if (fd >= 0)
            (void)close(fd);
        return error_set(err, ERROR_RETRY, "connect to %s port %u: %s", address, port,
                         strerror(code));
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    *out = socket_new(fd, NULL);
    return true;
}

bool os_socket_dialled(OsSocket *socket, Error *err)
{
    int code = 0;
    socklen_t bytes = sizeof code;

    if (getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &code, &bytes) != 0)
        code = errno;
    return code == 0 || error_set(err, ERROR_RETRY, "%s", strerror(code));
}

/* ── moving bytes ──────────────────────────────────────────────────────────────────────────────*/

static OsSocketState moved(ssize_t result, size_t *bytes)
{
    if (result > 0) {
        *bytes = (size_t)result;
        return OS_SOCKET_DONE;
    }
    if (result < 0 && (errno == EAGAIN || errno == EINTR))
        return OS_SOCKET_AGAIN;
    return OS_SOCKET_ENDED;
}

OsSocketState os_socket_read(OsSocket *socket, void *out, size_t bytes_max, size_t *bytes)
{
    return moved(recv(socket->fd, out, bytes_max, 0), bytes);
}

OsSocketState os_socket_write(OsSocket *socket, const void *data, size_t data_bytes, size_t *bytes)
{
    return moved(send(socket->fd, data, data_bytes, MSG_NOSIGNAL), bytes);
}

/* ── waiting ───────────────────────────────────────────────────────────────────────────────────*/

struct OsWake {
    int fd;
};

OsWake *os_wake_create(void)
{
    OsWake *wake = mem_alloc(sizeof *wake);

    wake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ASSERT(wake->fd >= 0);
    return wake;
}

void os_wake_free(OsWake *wake)
{
    if (!wake)
        return;
    (void)close(wake->fd);
    free(wake);
}

void os_wake_set(OsWake *wake)
{
    (void)!write(wake->fd, &(uint64_t){1}, sizeof(uint64_t));
}

static int poll_timeout_ms(int64_t timeout_us)
{
    return timeout_us < 0 ? -1 : (int)(MIN(timeout_us, INT64_C(1000000000)) + 999) / 1000;
}

void os_socket_wait(OsSocketWait *waits, size_t count, OsWake *wake, int64_t timeout_us)
{
    struct pollfd *polls = mem_zalloc((count + 1) * sizeof *polls);

    for (size_t i = 0; i < count; i++) {
        bool wanted = waits[i].to_read || waits[i].to_write;

        polls[i].fd = wanted ? waits[i].socket->fd : -1;
        polls[i].events =
            (short)((waits[i].to_read ? POLLIN : 0) | (waits[i].to_write ? POLLOUT : 0));
    }
    polls[count] = (struct pollfd){.fd = wake ? wake->fd : -1, .events = POLLIN};
    if (poll(polls, count + 1, poll_timeout_ms(timeout_us)) < 0) {
        for (size_t i = 0; i <= count; i++)
            polls[i].revents = 0;
    }
    for (size_t i = 0; i < count; i++)
        waits[i].ready = polls[i].revents != 0;
    if (polls[count].revents) {
        uint64_t ignored;

        (void)!read(wake->fd, &ignored, sizeof ignored);
    }
    free(polls);
}

bool os_descriptor_wait(int descriptor, bool to_read, bool to_write, OsWake *wake,
                        int64_t timeout_us)
{
    OsSocket borrowed = {.fd = descriptor};
    OsSocketWait wait = {.socket = &borrowed, .to_read = to_read, .to_write = to_write};

    os_socket_wait(&wait, 1, wake, timeout_us);
    return wait.ready;
}

/*
 * stop.c: Ctrl-C and SIGTERM as a request. See os.h.
 *
 * A signal belongs to the process, so its flag is one of the few globals. The event counter is what
 * waiters sleep on; nobody reads it, so it stays ready and every waiter sees the request.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "os/os.h"

static atomic_int stop_event = -1;
static atomic_bool stop_requested;

/* Only async-signal-safe calls. SA_RESETHAND makes the second signal end the process. */
static void on_signal(int number UNUSED)
{
    int saved = errno;

    atomic_store(&stop_requested, true);
    (void)!write(atomic_load(&stop_event), &(uint64_t){1}, sizeof(uint64_t));
    errno = saved;
}

void os_stop_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | (int)SA_RESETHAND};

    if (atomic_load(&stop_event) < 0)
        atomic_store(&stop_event, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    ASSERT(atomic_load(&stop_event) >= 0);
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool os_stop_requested(void)
{
    return atomic_load(&stop_requested);
}

bool os_stop_wait(int64_t timeout_us)
{
    struct pollfd event = {.fd = atomic_load(&stop_event), .events = POLLIN};
    int64_t until_us = os_monotonic_us() + timeout_us;

    while (!os_stop_requested()) {
        int64_t left_us = timeout_us < 0 ? 1000000 : until_us - os_monotonic_us();

        if (left_us <= 0)
            return false;
        (void)poll(&event, 1, (int)(MIN(left_us, 1000000) + 999) / 1000);
    }
    return true;
}

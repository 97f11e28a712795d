#include "sink/deliverer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/os.h"

enum {
    EPOCHS_AT_ONCE = 256,
    BYTES_AT_ONCE = 32 << 20,
    WAIT_FIRST_US = 100000,
    WAIT_MAX_US = 5000000,
    LOOK_US = 1000000, /* Nothing should ever be missed; if it is, so long. */
};

struct Deliverer {
    DelivererConfig config;
    OsThread *thread;

    /* The thread's own. */
    Arena arena; /* Of one delivery. */
    bool connected;
    int64_t held; /* The last epoch that the system holds, as it says. */
    int64_t handed; /* The last that it may hold: of earlier runs, or handed over by this one. */
    bool forgot;    /* It does not know any more what it holds. */
    int64_t wait_us;

    OsMutex *mutex; /* Guards what follows. */
    OsCond *changed;
    bool stop;
    bool failed;
    Error error;
    int64_t delivered_us; /* Monotonic: when it last went on. */
    char trouble[sizeof((Error *)0)->text];
};

/* ── between the threads ───────────────────────────────────────────────────────────────────────*/

static bool is_stopped(Deliverer *deliverer)
{
    bool stop;

    os_mutex_lock(deliverer->mutex);
    stop = deliverer->stop;
    os_mutex_unlock(deliverer->mutex);
    return stop;
}

static void set_trouble(Deliverer *deliverer, const char *text)
{
    os_mutex_lock(deliverer->mutex);
    (void)snprintf(deliverer->trouble, sizeof deliverer->trouble, "%s", text);
    os_mutex_unlock(deliverer->mutex);
}

static void fail(Deliverer *deliverer, const Error *err)
{
    os_mutex_lock(deliverer->mutex);
    deliverer->error = *err;
    deliverer->failed = true;
    os_mutex_unlock(deliverer->mutex);
    deliverer->config.wake(deliverer->config.self);
}

/* Waits until there is something to deliver; false: it is to stop. */
static bool wait_for_epochs(Deliverer *deliverer)
{
    bool stop;

    os_mutex_lock(deliverer->mutex);
    while (!(stop = deliverer->stop) && outbox_is_empty(deliverer->config.outbox))
        (void)os_cond_wait_for(deliverer->changed, deliverer->mutex, LOOK_US);
    os_mutex_unlock(deliverer->mutex);
    return !stop;
}

static void wait_after_failure(Deliverer *deliverer)
{
    int64_t until_us;

    deliverer->wait_us =
        deliverer->wait_us ? MIN(deliverer->wait_us * 2, WAIT_MAX_US) : WAIT_FIRST_US;
    until_us = os_monotonic_us() + deliverer->wait_us;
    os_mutex_lock(deliverer->mutex);
    while (!deliverer->stop && os_monotonic_us() < until_us)
        (void)os_cond_wait_for(deliverer->changed, deliverer->mutex, until_us - os_monotonic_us());
    os_mutex_unlock(deliverer->mutex);
}

static void went_on(Deliverer *deliverer)
{
    deliverer->wait_us = 0;
    os_mutex_lock(deliverer->mutex);
    deliverer->trouble[0] = '\0';
    deliverer->delivered_us = os_monotonic_us();
    os_mutex_unlock(deliverer->mutex);
}

/* ── delivering ────────────────────────────────────────────────────────────────────────────────*/

/* Waits until the store has it that the system knows of this run. False: it is to stop. */
static bool wait_until_begun(Deliverer *deliverer)
{
    bool stop;

    outbox_begin(deliverer->config.outbox);
    deliverer->config.wake(deliverer->config.self);
    os_mutex_lock(deliverer->mutex);
    while (!(stop = deliverer->stop) && !outbox_has_begun(deliverer->config.outbox))
        (void)os_cond_wait_for(deliverer->changed, deliverer->mutex, LOOK_US);
    os_mutex_unlock(deliverer->mutex);
    return !stop;
}

/* Makes the system know of this run, or finds out that it did and does not any more. */
static bool introduce(Deliverer *deliverer, Error *err)
{
    Outside *outside = deliverer->config.outside;
    bool begun = outbox_has_begun(deliverer->config.outbox);

    deliverer->forgot = false;
    if (!outside->methods->begin)
        return true;
    deliverer->forgot = begun && deliverer->held < 0 && !outside->fresh;
    if (deliverer->held < 0 && !deliverer->forgot && !outside->methods->begin(outside, err))
        return false;
    outside->fresh = false;
    return begun || wait_until_begun(deliverer) || error_set(err, ERROR_RETRY, "the run ends");
}

static bool connect_outside(Deliverer *deliverer, Error *err)
{
    Outside *outside = deliverer->config.outside;

    if (!outside->methods->ensure(outside, err) ||
        !outside->methods->last_delivered(outside, deliverer->config.run_id, &deliverer->held, err))
        return false;
    if (deliverer->held > deliverer->handed)
        return error_set(err, ERROR_USER,
                         "%s already holds epoch %" PRId64
                         " of this data directory, which itself has come to epoch %" PRId64
                         " only: it is an older copy; what it would write is partly there",
                         outside->methods->name, deliverer->held, deliverer->handed);
    if (!introduce(deliverer, err))
        return false;
    deliverer->connected = true;
    return true;
}

/* How many of the epochs are left out because the system has them. */
static bool leave_out(Deliverer *deliverer, const OutsideEpoch *epochs, uint32_t count,
                      uint32_t *out, Error *err)
{
    int64_t held = deliverer->held;
    uint32_t first = 0;

    if (deliverer->forgot && count && epochs[0].epoch <= deliverer->handed) {
        if (deliverer->config.forgotten == FORGOTTEN_FAIL)
            return error_set(
                err, ERROR_USER,
                "%s has forgotten which epochs of this data directory it holds, and may hold those "
                "from %" PRId64 " to %" PRId64 " that wait here: see whether their rows are there, "
                "then run once with 'outbox.forgotten' set to 'skip' (they are there) or 'write' "
                "(they are not)",
                deliverer->config.outside->methods->name, epochs[0].epoch, deliverer->handed);
        if (deliverer->config.forgotten == FORGOTTEN_SKIP)
            held = deliverer->handed;
    }
    while (first < count && epochs[first].epoch <= held)
        first++;
    *out = first;
    return true;
}

static bool deliver_next(Deliverer *deliverer, Error *err)
{
    Outside *outside = deliverer->config.outside;
    OutsideEpoch *epochs;
    uint32_t count;
    uint32_t first = 0;

    arena_reset(&deliverer->arena);
    if (!deliverer->connected && !connect_outside(deliverer, err))
        return false;
    if (!outbox_read(deliverer->config.outbox, &deliverer->arena, EPOCHS_AT_ONCE, BYTES_AT_ONCE,
                     &epochs, &count, err))
        return false;
    for (uint32_t i = 0; i < count; i++)
        epochs[i].run_id = deliverer->config.run_id;
    if (!leave_out(deliverer, epochs, count, &first, err))
        return false;
    if (first < count) {
        deliverer->handed = MAX(deliverer->handed, epochs[count - 1].epoch);
        if (!outside->methods->deliver(outside, epochs + first, count - first, err))
            return false;
    }
    /* In this order: who sees that nothing waits any more must know that there is more to read. */
    deliverer->config.wake(deliverer->config.self);
    outbox_delivered(deliverer->config.outbox);
    return true;
}

static void deliverer_main(void *arg)
{
    Deliverer *deliverer = arg;
    Outside *outside = deliverer->config.outside;

    while (wait_for_epochs(deliverer)) {
        Error err = {0};

        if (deliver_next(deliverer, &err)) {
            went_on(deliverer);
            continue;
        }
        deliverer->connected = false;
        outside->methods->disconnect(outside);
        outbox_rewind(deliverer->config.outbox);
        if (is_stopped(deliverer))
            break;
        if (err.kind != ERROR_RETRY) {
            fail(deliverer, &err);
            return;
        }
        set_trouble(deliverer, err.text);
        wait_after_failure(deliverer);
    }
    outside->methods->disconnect(outside);
}

/* ── from outside ──────────────────────────────────────────────────────────────────────────────*/

Deliverer *deliverer_start(const DelivererConfig *config)
{
    Deliverer *deliverer = mem_zalloc(sizeof *deliverer);
    char name[32];

    deliverer->config = *config;
    deliverer->handed = config->epoch;
    deliverer->delivered_us = os_monotonic_us();
    deliverer->mutex = os_mutex_create();
    deliverer->changed = os_cond_create();
    arena_init(&deliverer->arena);
    (void)snprintf(name, sizeof name, "%s", config->outside->methods->name);
    deliverer->thread = os_thread_start(name, deliverer_main, deliverer);
    return deliverer;
}

void deliverer_wake(Deliverer *deliverer)
{
    os_mutex_lock(deliverer->mutex);
    os_cond_signal(deliverer->changed);
    os_mutex_unlock(deliverer->mutex);
}

void deliverer_stop(Deliverer *deliverer)
{
    Outside *outside;

    if (!deliverer)
        return;
    outside = deliverer->config.outside;
    os_mutex_lock(deliverer->mutex);
    deliverer->stop = true;
    os_cond_signal(deliverer->changed);
    os_mutex_unlock(deliverer->mutex);
    if (outside->methods->interrupt)
        outside->methods->interrupt(outside);
    os_thread_join(deliverer->thread);
    os_cond_free(deliverer->changed);
    os_mutex_free(deliverer->mutex);
    arena_done(&deliverer->arena);
    free(deliverer);
}

void deliverer_look(Deliverer *deliverer, SinkDelivery *out)
{
    os_mutex_lock(deliverer->mutex);
    out->failed = deliverer->failed;
    out->error = deliverer->error;
    out->idle_us = os_monotonic_us() - deliverer->delivered_us;
    memcpy(out->trouble, deliverer->trouble, sizeof out->trouble);
    os_mutex_unlock(deliverer->mutex);
}

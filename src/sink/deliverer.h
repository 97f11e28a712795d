/*
 * deliverer.h: the thread that hands the epochs of an outbox to an outside system, in order.
 *
 *      ┌────────────────────────── epochs ──────────────────────────┐
 *      v                                                            │
 *     CONNECT ──ensure, last_delivered──> READ ──skip, deliver──> noted as delivered
 *      ^                                    │
 *      └── wait, twice as long each time ── ERROR_RETRY         another error: FAILED, the run ends
 *
 * When it is behind it hands over several epochs at once.
 *
 * Thread: any for what is here; the deliverer's own runs the Outside's methods.
 */
#ifndef WEIR_SINK_DELIVERER_H
#define WEIR_SINK_DELIVERER_H

#include "sink/outbox.h"
#include "sink/sink.h"

typedef struct Deliverer Deliverer;

typedef struct DelivererConfig {
    Outbox *outbox;
    Outside *outside;
    Str run_id;
    int64_t epoch;            /* The last committed. */
    void (*wake)(void *self); /* Called on a delivery, before it shows, and on failure. */
    void *self;
} DelivererConfig;

Deliverer *deliverer_start(const DelivererConfig *config);
/* There may be more in the outbox; `epoch` was committed. */
void deliverer_wake(Deliverer *deliverer, int64_t epoch);
/* Ends the thread, interrupting what it does; what was not delivered stays in the outbox. NULL is
 * fine. */
void deliverer_stop(Deliverer *deliverer);
/* Fills in failed, error, trouble, idle_us. */
void deliverer_look(Deliverer *deliverer, SinkDelivery *out);

#endif

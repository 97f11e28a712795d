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
 * A system that remembers the last epoch may forget it (Kafka, after seven days). So that this is seen, it
 * is told of the run before the first delivery (Outside.begin), and that is durable here (outbox_begin)
 * before anything is delivered. When it knows nothing later on, epochs that may have been delivered are
 * neither delivered again nor left out unless the user says so ('outbox.forgotten'): those that an earlier
 * run left behind, and those whose delivery failed.
 *
 * Thread: any for what is here; the deliverer's own runs the Outside's methods.
 */
#ifndef WEIR_SINK_DELIVERER_H
#define WEIR_SINK_DELIVERER_H

#include "sink/outbox.h"
#include "sink/sink.h"

typedef struct Deliverer Deliverer;

/* What becomes of epochs of which the outside system has forgotten whether it has them. */
typedef enum Forgotten { FORGOTTEN_FAIL, FORGOTTEN_WRITE, FORGOTTEN_SKIP } Forgotten;

typedef struct DelivererConfig {
    Outbox *outbox;
    Outside *outside;
    Str run_id;
    int64_t epoch;            /* The last committed when the run began. */
    Forgotten forgotten;
    void (*wake)(void *self); /* Called on a delivery, before it shows, and on failure. */
    void *self;
} DelivererConfig;

Deliverer *deliverer_start(const DelivererConfig *config);
/* There may be more in the outbox. */
void deliverer_wake(Deliverer *deliverer);
/* Ends the thread, interrupting what it does; what was not delivered stays in the outbox. NULL is
 * fine. */
void deliverer_stop(Deliverer *deliverer);
/* Fills in failed, error, trouble, idle_us. */
void deliverer_look(Deliverer *deliverer, SinkDelivery *out);

#endif

/*
 * outside_sink.h: a Sink around a table of another system (outside.h): rows are encoded on the
 * workers, made durable in the outbox by the epoch's commit, and handed over by the deliverer.
 */
#ifndef WEIR_SINK_OUTSIDE_SINK_H
#define WEIR_SINK_OUTSIDE_SINK_H

#include "sink/deliverer.h"
#include "sink/outside.h"
#include "sink/sink_open.h"

typedef struct OutsideSinkOptions {
    Store *store;        /* For the call. */
    Str run_id;          /* Borrowed. */
    Forgotten forgotten; /* See deliverer.h. */
    int64_t limit_bytes; /* Of what waits for delivery: beyond it SinkDelivery.full. */
} OutsideSinkOptions;

/* `config` as of any sink, with the outbox as its topic (outbox_topic_config). Takes `outside`,
 * also on failure. Nothing is delivered before the sink's `start`. */
bool outside_sink_open(const SinkConfig *config, const OutsideSinkOptions *options,
                       Outside *outside, Sink **out, Error *err);
/* The connector behind a sink of this kind; NULL: it is of another. */
Outside *outside_sink_outside(Sink *sink);

#endif

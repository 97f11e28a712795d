/*
 * collect.h: polls a source that cannot be asked again (http) into an internal topic.
 *
 * A collector has a thread that asks, and buffers what it got. At each epoch the committer takes the
 * buffer together with the position behind it (the next address): rows and position become durable
 * in one commit, so a crash repeats the question and not the rows.
 */
#ifndef WEIR_PIPELINE_COLLECT_H
#define WEIR_PIPELINE_COLLECT_H

#include "base/vec.h"
#include "plan/catalog.h"

typedef struct Collector Collector;

/* What was collected between two commits. */
typedef struct Collected {
    Arena arena;
    VEC(Str) records;   /* In the arena. */
    Str position;       /* Behind them; data == NULL: unchanged. */
} Collected;

typedef struct CollectorOptions {
    Str position;       /* Where to go on (collect.c); empty: from the table's url. */
    bool once;          /* End when the source has nothing more for now. */
    void (*wake)(void *self); /* Called when something was collected or the collector ended. */
    void *self;
} CollectorOptions;

bool collector_start(const TableDef *table, const CollectorOptions *options, Collector **out,
                     Error *err);
/* No further page is asked for; what is buffered may still be taken. Does not wait. */
void collector_request_stop(Collector *collector);
void collector_stop(Collector *collector); /* Joins its thread, frees. NULL is fine. */
const TableDef *collector_table(const Collector *collector);
/* The table's url is another one than that of the position, which means nothing there: what is there is
 * collected from its beginning. */
bool collector_began_anew(const Collector *collector);
bool collector_has_records(Collector *collector);
/* --once: there will be nothing more. */
bool collector_is_finished(Collector *collector);
/* True: the source said that asking again will not help (or, once, gave no answer); err tells. */
bool collector_failed(Collector *collector, Error *err);
/* Takes what is there; `out` is initialised by the call, freed by collected_done. */
void collector_take(Collector *collector, Collected *out);
void collected_done(Collected *collected);
/* The last failure to reach the source, in words and copied into `arena`, or NULL when the last try
 * went well. */
const char *collector_trouble(Collector *collector, Arena *arena);

#endif

/*
 * outside.h: tables and topics that live in another system: PostgreSQL, Cassandra, Apache Kafka.
 *
 * What an epoch writes to an outside system is first made durable here, in the table's *outbox* (an
 * internal topic of weir's own log, `_outbox.TABLE`), by the same commit that makes positions and
 * state durable. From there a *deliverer*, one thread a table, hands whole epochs to the outside
 * system, in order, and retries until it has them. So a server that is away, or slow, delays its
 * own table alone; a crash between commit and delivery loses nothing, for the outbox is read again;
 * and nothing is written twice, because the outside system remembers the last epoch it took, in the
 * same transaction as the rows (PostgreSQL: a table; Kafka: a consumer-group offset of the same
 * transaction), or because writing again changes nothing (Cassandra: upserts USING TIMESTAMP of the
 * epoch).
 *
 *     worker     rows ── encode ──> chunks of bytes
 *     committer  outbox appended, synced ── the store's one commit ── committed: deliverer wakes
 *     deliverer                              reads the outbox ── deliver ── delivered up to epoch e
 *
 * The outbox is bounded (setting 'outbox.limit'): beyond it the workers read nothing more, so the
 * sources wait. (Design.md section 4 would replay the input ranges of a prepared epoch
 * instead. The outbox was preferred: it does not need the input again, nor the same decisions about
 * idleness, and the server's slowness costs no epoch. Its price is one sequential write of what
 * goes out.)
 *
 * A system is added by filling an OutsideMethods; outside_sink.h makes a Sink of it.
 */
#ifndef WEIR_SINK_OUTSIDE_H
#define WEIR_SINK_OUTSIDE_H

#include "column/batch.h"
#include "column/zone.h"
#include "plan/catalog.h"
#include "plan/setting.h"

typedef struct Outside Outside;               /* One a table. */
typedef struct OutsideEncoder OutsideEncoder; /* One a worker. */

/* What an implementation is made from; borrowed for its life. */
typedef struct OutsideConfig {
    const TableDef *table;    /* Name, schema of the batches, keys, options. */
    const Settings *settings; /* Of the connection. */
    const Zone *zone;         /* For the text of timestamps. */
} OutsideConfig;

/* What names an epoch to the outside system. `run_id` is made once with the data directory, so that
 * another data directory writing to the same table is not taken for this one. */
typedef struct OutsideEpoch {
    Str run_id;      /* Hexadecimal digits. */
    int64_t epoch;   /* Grows; epochs in which nothing was written are left out. */
    int64_t time_us; /* Wall-clock where it can; grows by more than chunk_count from epoch to epoch,
                        so that chunk i may be stamped time_us + i. */
    /* What the encoders made, in order: later rows of a key replace earlier ones. */
    const Str *chunks;
    uint32_t chunk_count;
} OutsideEpoch;

typedef struct OutsideMethods {
    const char *name;
    /* Creates the table or topic that is missing, or checks the one that is there. ERROR_USER: it
     * has another shape (the text says where they differ). ERROR_RETRY: the server is away. Thread:
     * whoever opens the sink, before the deliverer runs; later the deliverer. */
    bool (*ensure)(Outside *outside, Error *err);

    /* Thread: the worker. A chunk is the implementation's own encoding of rows, made so that
     * deliver has little left to do (a piece of COPY, bound values, records). */
    bool (*encoder_create)(Outside *outside, OutsideEncoder **out, Error *err);
    /* No column of the key is NULL (outside_sink.c leaves such rows out and tells of them). Keeps
     * encoder->bytes. */
    bool (*encode)(OutsideEncoder *encoder, const Batch *batch, Error *err);
    /* Takes what was encoded since the last call as one chunk; empty: nothing was. Borrowed until
     * the next call on this encoder. */
    Str (*encoder_take)(OutsideEncoder *encoder);
    void (*encoder_free)(OutsideEncoder *encoder); /* NULL is fine. */
    /* Why the system cannot keep row `row_i`, whose key has no NULL; NULL: it can. Such rows are
     * put aside, reason not_storable. NULL: it can keep all. Thread: any. */
    const char *(*refuses)(const Outside *outside, const Batch *batch, uint32_t row_i);

    /* Thread: the deliverer, all three. They connect where not connected. ERROR_RETRY: the server
     * is away or asks to try again: everything is called again later, last_delivered first. Any
     * other kind of error ends the run with its sentence. */
    /* The last epoch of this run that the server holds; -1: none, or it cannot tell (writing again
     * is harmless). */
    bool (*last_delivered)(Outside *outside, Str run_id, int64_t *epoch, Error *err);
    /* Writes down there that this run has delivered nothing yet, so that last_delivered says 0; called
     * once in the life of a data directory, before its first delivery. From then on -1 means that the
     * server has forgotten (deliverer.h). NULL: it does not forget, or has no need to know. */
    bool (*begin)(Outside *outside, Error *err);
    /* Consecutive epochs, all or nothing where the system can; returns when the server has
     * acknowledged. */
    bool (*deliver)(Outside *outside, const OutsideEpoch *epochs, uint32_t epoch_count, Error *err);
    void (*disconnect)(Outside *outside); /* Also when not connected. */
    /* The run ends: what the deliverer is in returns soon, with any error, from now on. NULL: it
     * waits for what is under way. Thread: any. */
    void (*interrupt)(Outside *outside);

    /* Materialized views: the table's rows are replaced by those inserted, seen at once by finish
     * where the system can. NULL, all four: views cannot stand there. Thread: the committer (such a
     * table has no deliverer). */
    bool (*replace_begin)(Outside *outside, Error *err);
    bool (*replace_insert)(Outside *outside, const Batch *batch, Error *err);
    bool (*replace_finish)(Outside *outside, Error *err);
    void (*replace_abort)(Outside *outside); /* After any failure of the three. */

    void (*free)(Outside *outside);
} OutsideMethods;

struct Outside {
    const OutsideMethods *methods;
    /* Rows are upserted by the table's primary key: of the rows of one key in an epoch, a worker's
     * encoder gets the last one alone. Set by the implementation. */
    bool keyed;
    /* ensure has made the table: it holds nothing. Cleared by the deliverer. */
    bool fresh;
};

/* First member of an implementation's encoder. */
struct OutsideEncoder {
    size_t bytes; /* Encoded and not yet taken. */
    /* Puts a row aside that the system would not take: as SinkWriter.on_refused. Set by whoever
     * made the encoder; NULL: such a row is an error (ERROR_DATA). */
    bool (*refuse)(void *self, const Batch *batch, uint32_t row_i, const char *reason,
                   const char *message, Str bytes, Error *err);
    void *self;
};

#endif

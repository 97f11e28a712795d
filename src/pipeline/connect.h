/*
 * connect.h: what stands behind the names of tables: for each role the embedded part or, where a
 * connection for it is configured, the real system.
 *
 * The one place that knows which provider is served by which source and sink. A run and `weir sql`
 * both go through it: a run as the data directory's one writer, `weir sql` as a reader beside it.
 *
 *     DIR/lock                  held by the one writer
 *     DIR/socket                where a run takes what others write (socket.h)
 *     DIR/store.db              tables, and what an epoch names (store/)
 *     DIR/topics/TOPIC-N/       the topic log (log/)
 *     DIR/state/                operators' state (state/)
 *
 * Thread: sources and sinks as their contracts say; the rest one thread at a time, save
 * connections_scan_into, which every worker may call for tables of the store and for sources that
 * were opened before (each call opens readers of its own).
 */
#ifndef WEIR_PIPELINE_CONNECT_H
#define WEIR_PIPELINE_CONNECT_H

#include "op/op.h"
#include "pipeline/message.h"
#include "plan/pipeline_spec.h"
#include "sink/outside.h"
#include "sink/sink.h"
#include "source/source.h"
#include "source/topics.h"
#include "store/store.h"

typedef struct Connections Connections;

typedef enum ConnectMode { CONNECT_READ, CONNECT_WRITE } ConnectMode;

/* WRITE: makes the folder, takes the lock (refused with a sentence while another process has it),
 * opens the store as its writer. READ: the folder must exist. data_dir NULL: nothing is kept; there
 * are no topics and no store. Borrows the settings. */
bool connections_open(const char *data_dir, ConnectMode mode, const Settings *settings,
                      Connections **out, Error *err);
void connections_close(Connections *connections);
/* Before the first source is opened: what is there is all there will be (--once, batch queries). */
void connections_set_whole(Connections *connections);
const char *connections_dir(const Connections *connections); /* NULL: in memory */
Store *connections_store(Connections *connections);
Topics *connections_topics(Connections *connections);

/* The source of a table, as a stream or to be read whole; one a table, owned by the connections. */
bool connections_source(Connections *connections, const TableDef *table, Source **out, Error *err);
/* The sink of a streaming table; one a table, owned by the connections. Creates what is missing
 * (table, topic) and cuts back what is beyond `epoch`, the last committed one. */
bool connections_sink(Connections *connections, const TableDef *table, int64_t epoch, Sink **out,
                      Error *err);

/* ── what comes from outside the flows (intake.c) ──────────────────────────────────────────────*/

/* Records of collectors and producers go into topics with the epoch:
 *     append_collected, carry_out     in the logs
 *     sync_appended                   durable, unseen
 *     commit_appended                 the new ends, into the epoch's transaction
 *     appended_committed              shown to readers
 * Thread: the committer. */

/* What a producer asks for: a topic is made, or records are appended. *refused: it cannot be done,
 * *refusal tells why, and nothing was changed; false: the epoch has failed. */
bool connections_carry_out(Connections *connections, const TopicRequest *request, bool *refused,
                           Error *refusal, Error *err);
/* To the internal topic of the collector's table. */
bool connections_append_collected(Connections *connections, const TableDef *table,
                                  const Str *records, size_t record_count, Error *err);
/* Retention leaves what was collected from `offset` on: not all flows have read it. */
void connections_keep_collected(Connections *connections, const TableDef *table, int64_t offset);
bool connections_sync_appended(Connections *connections, Error *err);
bool connections_commit_appended(Connections *connections, StoreTxn *txn, Error *err);
void connections_appended_committed(Connections *connections);
/* Outside a run: sync, and a transaction of its own. */
bool connections_commit_alone(Connections *connections, Error *err);
/* A topic with its records, its ends, and how far anyone has read it; *read_by gets the tables that
 * stand on it (in `arena`). Outside a run. */
bool connections_delete_topic(Connections *connections, Arena *arena, Str topic, Str **read_by,
                              size_t *read_by_count, Error *err);

/* ── the rest ──────────────────────────────────────────────────────────────────────────────────*/

/* The tables of dead letters and late rows, in the store. */
bool connections_system_tables(Connections *connections, const PipelineSpec *spec, Error *err);
/* The same table in the words of the store; borrows the definition. */
StoreTable connections_store_table(const TableDef *table);
/* Whether the table stands in an outside system, as the settings have it. */
bool connections_is_outside(const Connections *connections, const TableDef *table);
/* The connector of a materialized view that stands in an outside system, *out NULL: it is embedded.
 * One a table, owned by the connections. */
bool connections_outside_view(Connections *connections, const TableDef *table, Outside **out,
                              Error *err);
/* Applies the topics' retention; now and then, by the committer. */
/* A sentence for each table whose rows wait for an outside system in which it does not stand any more. In
 * `arena`. */
bool connections_left_behind(Connections *connections, const PipelineSpec *spec, Arena *arena,
                             const char ***out, size_t *out_count, Error *err);
bool connections_housekeeping(Connections *connections, Error *err);

/* Reads a whole table (a SCAN or VALUES node) and pushes it into `op`'s input `input_i`, batch by
 * batch, then on_end. Memory of the batches: op's context's batch arena, reset after each. */
bool connections_scan_into(Connections *connections, const Node *scan, const SqlContext *sql,
                           Op *op, uint32_t input_i, Error *err);

#endif

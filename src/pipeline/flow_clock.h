/*
 * flow_clock.h: how far a flow that reads several streams has come: what its quiet streams follow.
 *
 *     a ─ watermark ─ ... ─ window ─┐
 *                                   join ─          a is quiet, b goes on
 *     b ─ watermark ─ ... ─ window ─┘
 *
 * When a stream is quiet (idle), the others' watermarks close windows without it. But the quiet one may
 * have open windows of its own, between its watermark and the place where the streams meet: were it
 * left out there, its windows would come too late. So every watermark operator of such a flow that is
 * idle is told the time of the whole flow, and passes it on as its own: then its windows close as those
 * of the others do, and where streams meet nothing but minima are taken.
 *
 * The time of the flow is the minimum over all its watermark operators on all workers that are not
 * idle; when all are, their maximum (window/watermark.h).
 *
 * Threads: each slot is written by its worker alone, read by all.
 */
#ifndef WEIR_PIPELINE_FLOW_CLOCK_H
#define WEIR_PIPELINE_FLOW_CLOCK_H

#include <stdatomic.h>

#include "pipeline/graph.h"

typedef struct FlowClock FlowClock;

/* Memory from `arena`. NULL: there is one watermark or none, and nothing to follow. */
FlowClock *flow_clock_create(Arena *arena, const Node *plan, uint32_t worker_count);

/* Tells what this worker's operators have come to. True: a stream became quiet, or is no longer, or
 * others may have to follow. */
bool flow_clock_tell(FlowClock *clock, uint32_t worker_i, const Graph *graph);
/* Tells this worker's idle operators the time of the flow; *moved: one had not come to it. */
bool flow_clock_follow(const FlowClock *clock, const Graph *graph, bool *moved, Error *err);

#endif

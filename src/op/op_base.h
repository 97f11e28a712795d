/*
 * op_base.h: what the operators share among themselves. For op/ alone; the contract is op.h.
 *
 * One function per kind of node makes its operator; op.c's table lists them.
 */
#ifndef WEIR_OP_OP_BASE_H
#define WEIR_OP_OP_BASE_H

#include "base/assert.h"
#include "op/op.h"
#include "window/watermark.h"

/* Why a row that is too late is so (op.h, row_late). */
#define LATE_BY_PARTITION "late" /* By the watermark its own partition had just before it. */
#define LATE_BY_IDLENESS "idle"  /* Its window was closed while its partition was idle. */

/* Zeroed memory for an operator whose first member is Op, set up with its methods. */
void *op_new(size_t bytes, const OpMethods *methods, const Node *node, OpContext *context);
#define OP_NEW(Type, methods, node, context)                                                       \
    ((Type *)op_new(sizeof(Type), (methods), (node), (context)))

/* Methods of operators with one input that neither care nor change. */
bool op_pass_watermark(Op *op, uint32_t input_i, int64_t watermark_us, Error *err);
bool op_pass_barrier(Op *op, uint32_t input_i, const Barrier *barrier, Error *err);
bool op_pass_end(Op *op, uint32_t input_i, Error *err);
void op_free_plain(Op *op);

/* A refusal when `bytes` of state are more than the run allows. */
bool op_check_state(const Op *op, int64_t bytes, Error *err);

/* Calls context->row_late. */
bool op_row_late(Op *op, const Batch *batch, uint32_t row_i, int64_t window_end_us,
                 const char *reason, Error *err);

/* An operator's own watermark in the shared slot, so that what it has closed stays closed. */
void op_save_watermark(const Op *op, CheckpointWriter *writer, int64_t watermark_us);
/* Whether `entry` is one; then *watermark_us is raised to it. */
bool op_restore_watermark(const CheckpointEntry *entry, int64_t *watermark_us);

/* "state of node 3 (AGGREGATE) is damaged, or of another version": when decoding fails. */
bool op_bad_entry(const Op *op, const CheckpointEntry *entry, Error *err);

bool filter_create(const Node *node, OpContext *context, Op **out, Error *err);
bool project_create(const Node *node, OpContext *context, Op **out, Error *err);
bool watermark_create(const Node *node, OpContext *context, Op **out, Error *err);
bool assign_create(const Node *node, OpContext *context, Op **out, Error *err);
bool aggregate_create(const Node *node, OpContext *context, Op **out, Error *err);
bool session_aggregate_create(const Node *node, OpContext *context, Op **out, Error *err);
bool union_create(const Node *node, OpContext *context, Op **out, Error *err);
bool limit_create(const Node *node, OpContext *context, Op **out, Error *err);
bool sort_create(const Node *node, OpContext *context, Op **out, Error *err);
bool sort_stream_create(const Node *node, OpContext *context, Op **out, Error *err);
bool join_create(const Node *node, OpContext *context, Op **out, Error *err);
bool window_create(const Node *node, OpContext *context, Op **out, Error *err);
bool window_top_create(const Node *node, OpContext *context, Op **out, Error *err);
bool generate_create(const Node *node, OpContext *context, Op **out, Error *err);

#endif

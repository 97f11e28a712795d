/*
 * inputs.h: several inputs made into one order of events.
 *
 * An operator with several inputs (UNION, JOIN, the receiving end of an exchange) hands everything
 * that reaches it to an OpInputs, which calls back when it is the operator's turn:
 *
 *  - rows: at once, unless their input is ahead (its barrier came, another's has not): then they are
 *    copied and wait, together with all that follows them, until the barrier is through;
 *  - watermark: the minimum over the inputs that are not idle, when it moves (window/watermark.h);
 *    behind it WATERMARK_IDLE, once all are idle;
 *  - barrier: once, when it has come from every input that has not ended;
 *  - end: when every input has ended. An input that has ended holds nothing back: its watermark is
 *    WATERMARK_END, barriers and watermarks from it are ignored (once all have ended, a barrier from
 *    the last input goes through).
 *
 * Invariant: while on_barrier runs, the operator has seen all rows before the barrier and none after
 * it, of every input.
 *
 * Thread: one.
 */
#ifndef WEIR_OP_INPUTS_H
#define WEIR_OP_INPUTS_H

#include "op/op.h"
#include "window/watermark.h"

typedef struct OpInputMethods {
    bool (*on_batch)(Op *op, uint32_t input_i, const Batch *batch, Error *err);
    bool (*on_watermark)(Op *op, int64_t watermark_us, Error *err); /* Never WATERMARK_IDLE. */
    bool (*on_barrier)(Op *op, const Barrier *barrier, Error *err);
    /* Input `input_i` has ended; `all`: it was the last one. */
    bool (*on_end)(Op *op, uint32_t input_i, bool all, Error *err);
} OpInputMethods;

typedef struct OpInput {
    bool ended;
    bool at_barrier;  /* Its barrier came; the others' have not all. */
    bool idle;
    int64_t watermark_us;
    struct Waiting *first, *last; /* What came behind the barrier. */
} OpInput;

typedef struct OpInputs {
    Op *op;
    const OpInputMethods *methods;
    OpInput *inputs;
    uint32_t input_count;
    int64_t watermark_us; /* What the operator knows. */
    bool idle;
    Barrier barrier; /* The one being waited for, while any input is at it. */
} OpInputs;

void op_inputs_init(OpInputs *inputs, Op *op, uint32_t input_count, const OpInputMethods *methods);
void op_inputs_done(OpInputs *inputs); /* Also when never initialised (zeroed). */
bool op_inputs_batch(OpInputs *inputs, uint32_t input_i, const Batch *batch, Error *err);
bool op_inputs_watermark(OpInputs *inputs, uint32_t input_i, int64_t watermark_us, Error *err);
bool op_inputs_barrier(OpInputs *inputs, uint32_t input_i, const Barrier *barrier, Error *err);
bool op_inputs_end(OpInputs *inputs, uint32_t input_i, Error *err);
size_t op_inputs_bytes(const OpInputs *inputs); /* Of what waits. */

#endif

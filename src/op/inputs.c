#include "op/inputs.h"

#include <stdlib.h>

#include "base/assert.h"

/* Something that came from an input that is ahead. */
typedef struct Waiting {
    enum { WAITING_BATCH, WAITING_WATERMARK, WAITING_BARRIER, WAITING_END } kind;
    Arena arena; /* The batch's. */
    const Batch *batch;
    int64_t watermark_us;
    Barrier barrier;
    struct Waiting *next;
} Waiting;

void op_inputs_init(OpInputs *inputs, Op *op, uint32_t input_count, const OpInputMethods *methods)
{
    *inputs = (OpInputs){
        .op = op,
        .methods = methods,
        .inputs = mem_zalloc(input_count * sizeof(OpInput)),
        .input_count = input_count,
        .watermark_us = WATERMARK_NONE,
    };
    for (uint32_t i = 0; i < input_count; i++)
        inputs->inputs[i].watermark_us = WATERMARK_NONE;
}

static void waiting_free(Waiting *waiting)
{
    arena_done(&waiting->arena);
    free(waiting);
}

static Waiting *waiting_take(OpInput *input)
{
    Waiting *waiting = input->first;

    if (waiting) {
        input->first = waiting->next;
        if (!input->first)
            input->last = NULL;
    }
    return waiting;
}

void op_inputs_done(OpInputs *inputs)
{
    for (uint32_t i = 0; i < inputs->input_count; i++) {
        for (Waiting *waiting; (waiting = waiting_take(&inputs->inputs[i]));)
            waiting_free(waiting);
    }
    free(inputs->inputs);
    *inputs = (OpInputs){0};
}

/* Room at the end of the input's queue. */
static Waiting *wait(OpInput *input)
{
    Waiting *waiting = mem_zalloc(sizeof *waiting);

    arena_init(&waiting->arena);
    if (input->last)
        input->last->next = waiting;
    else
        input->first = waiting;
    input->last = waiting;
    return waiting;
}

bool op_inputs_batch(OpInputs *inputs, uint32_t input_i, const Batch *batch, Error *err)
{
    OpInput *input = &inputs->inputs[input_i];
    Waiting *waiting;

    if (!input->at_barrier)
        return inputs->methods->on_batch(inputs->op, input_i, batch, err);
    waiting = wait(input);
    waiting->kind = WAITING_BATCH;
    waiting->batch = batch_copy(&waiting->arena, batch);
    return true;
}

/* The minimum may have moved. */
static bool merge_watermarks(OpInputs *inputs, Error *err)
{
    WatermarkMerge merge = WATERMARK_MERGE_INIT;
    int64_t before_us = inputs->watermark_us;
    bool was_idle = inputs->idle;

    for (uint32_t i = 0; i < inputs->input_count; i++) {
        const OpInput *input = &inputs->inputs[i];

        /* One that has ended has nothing to say, unless all have. */
        if (!input->ended)
            watermark_merge_add(&merge, input->watermark_us, input->idle);
    }
    inputs->watermark_us = watermark_merge_now(&merge, before_us);
    inputs->idle = watermark_merge_idle(&merge);
    if ((inputs->watermark_us != before_us || (was_idle && !inputs->idle)) &&
        !inputs->methods->on_watermark(inputs->op, inputs->watermark_us, err))
        return false;
    return !inputs->idle || was_idle || op_push_watermark(inputs->op, WATERMARK_IDLE, err);
}

bool op_inputs_watermark(OpInputs *inputs, uint32_t input_i, int64_t watermark_us, Error *err)
{
    OpInput *input = &inputs->inputs[input_i];

    if (input->at_barrier) {
        Waiting *waiting = wait(input);

        waiting->kind = WAITING_WATERMARK;
        waiting->watermark_us = watermark_us;
        return true;
    }
    if (input->ended)
        return true;
    input->idle = watermark_us == WATERMARK_IDLE;
    if (!input->idle)
        input->watermark_us = MAX(input->watermark_us, watermark_us);
    return merge_watermarks(inputs, err);
}

static bool all_at_barrier(const OpInputs *inputs)
{
    for (uint32_t i = 0; i < inputs->input_count; i++) {
        if (!inputs->inputs[i].ended && !inputs->inputs[i].at_barrier)
            return false;
    }
    return true;
}

static bool all_ended(const OpInputs *inputs)
{
    for (uint32_t i = 0; i < inputs->input_count; i++) {
        if (!inputs->inputs[i].ended)
            return false;
    }
    return true;
}

static bool any_at_barrier(const OpInputs *inputs)
{
    for (uint32_t i = 0; i < inputs->input_count; i++) {
        if (inputs->inputs[i].at_barrier)
            return true;
    }
    return false;
}

static bool replay_one(OpInputs *inputs, uint32_t input_i, const Waiting *waiting, Error *err)
{
    switch (waiting->kind) {
    case WAITING_BATCH:
        return op_inputs_batch(inputs, input_i, waiting->batch, err);
    case WAITING_WATERMARK:
        return op_inputs_watermark(inputs, input_i, waiting->watermark_us, err);
    case WAITING_BARRIER:
        return op_inputs_barrier(inputs, input_i, &waiting->barrier, err);
    case WAITING_END:
        return op_inputs_end(inputs, input_i, err);
    }
    UNREACHABLE();
}

/* Lets through what waited at input `input_i`, up to its next barrier (which may be the last one to
 * be waited for: then the inner call lets the rest through, of all inputs). */
static bool replay(OpInputs *inputs, uint32_t input_i, Error *err)
{
    OpInput *input = &inputs->inputs[input_i];
    bool ok = true;

    while (ok && !input->at_barrier && input->first) {
        Waiting *waiting = waiting_take(input);

        ok = replay_one(inputs, input_i, waiting, err);
        waiting_free(waiting);
    }
    return ok;
}

static bool barrier_through(OpInputs *inputs, Error *err)
{
    for (uint32_t i = 0; i < inputs->input_count; i++)
        inputs->inputs[i].at_barrier = false;
    if (!inputs->methods->on_barrier(inputs->op, &inputs->barrier, err))
        return false;
    for (uint32_t i = 0; i < inputs->input_count; i++) {
        if (!replay(inputs, i, err))
            return false;
    }
    return true;
}

bool op_inputs_barrier(OpInputs *inputs, uint32_t input_i, const Barrier *barrier, Error *err)
{
    OpInput *input = &inputs->inputs[input_i];

    if (input->ended)
        return !all_ended(inputs) || input_i + 1 < inputs->input_count ||
               inputs->methods->on_barrier(inputs->op, barrier, err);
    if (input->at_barrier) {
        Waiting *waiting = wait(input);

        waiting->kind = WAITING_BARRIER;
        waiting->barrier = *barrier;
        return true;
    }
    input->at_barrier = true;
    inputs->barrier = *barrier;
    return !all_at_barrier(inputs) || barrier_through(inputs, err);
}

bool op_inputs_end(OpInputs *inputs, uint32_t input_i, Error *err)
{
    OpInput *input = &inputs->inputs[input_i];
    bool all;

    if (input->at_barrier) {
        wait(input)->kind = WAITING_END;
        return true;
    }
    if (input->ended)
        return true;
    input->ended = true;
    all = all_ended(inputs);
    if (!inputs->methods->on_end(inputs->op, input_i, all, err))
        return false;
    /* The others may have waited for this one alone. */
    if (!all && !merge_watermarks(inputs, err))
        return false;
    return !any_at_barrier(inputs) || !all_at_barrier(inputs) || barrier_through(inputs, err);
}

size_t op_inputs_bytes(const OpInputs *inputs)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < inputs->input_count; i++) {
        for (const Waiting *w = inputs->inputs[i].first; w; w = w->next)
            bytes += sizeof *w + w->arena.allocated_bytes;
    }
    return bytes;
}

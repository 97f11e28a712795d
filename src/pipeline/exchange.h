/*
 * exchange.h: the two ends of an exchange: rows go to the worker that owns their key.
 *
 * Every worker has a sending and a receiving end of each exchange of each flow. The sending end
 * hands rows of its own worker straight to its receiving end and posts the others' to their
 * mailboxes; watermarks and barriers go to all. The receiving end is an operator with one input a
 * worker: the watermark it passes on is the minimum over them (batch.h has the rule for idle ones; an
 * exchange behind another one waits for all), a barrier is passed on when all have sent it.
 */
#ifndef WEIR_PIPELINE_EXCHANGE_H
#define WEIR_PIPELINE_EXCHANGE_H

#include "pipeline/mailbox.h"

/* Which epoch a worker is in; the worker changes it. */
typedef struct WorkerEpoch {
    int64_t epoch;
} WorkerEpoch;

/* The receiving end; `op->next` is set by who wires it. */
Op *exchange_in_create(const Node *node, OpContext *context);
/* `ends[w]` is worker w's receiving end, filled in before the first row; borrowed, as are the
 * mailboxes. */
Op *exchange_out_create(const Node *node, OpContext *context, Op *const *ends,
                        Mailbox *const *mailboxes, const WorkerEpoch *epoch);

#endif

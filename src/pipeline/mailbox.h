/*
 * mailbox.h: how workers hand each other rows: one mailbox a worker.
 *
 * Each sender has its own queue in it, first in, first out, so that what a sender says of its rows
 * (watermarks, barriers) stays behind them. Batches are copied into memory of the mail's own, which
 * the receiver frees: workers share nothing else.
 *
 * Invariants
 *  1. Mail carries the epoch its sender was in, and waits in its queue while the receiver is still
 *     in an earlier one: so an epoch is one clean cut through all operators of a worker.
 *  2. The limit is soft: post never waits (two workers could wait for each other for ever); instead
 *     a worker reads no more from its sources while a peer's mailbox is over the limit. What is in
 *     flight is bounded by the limit plus what one source batch becomes, per sender.
 *
 * Thread: post from any; take, enter_epoch and wait from the owner.
 */
#ifndef WEIR_PIPELINE_MAILBOX_H
#define WEIR_PIPELINE_MAILBOX_H

#include "op/op.h"

typedef enum MailKind { MAIL_BATCH, MAIL_WATERMARK, MAIL_BARRIER } MailKind;

typedef struct Mail Mail;
struct Mail {
    Mail *next;
    MailKind kind;
    uint32_t sender;
    Op *to;              /* The receiving end of an exchange, of the receiver's own graph. */
    int64_t epoch; /* The sender's. */
    int64_t watermark_us;
    Barrier barrier;     /* Its writer is the receiver's to fill in. */
    const Batch *batch;
    size_t bytes;
    Arena arena;         /* Holds the batch. */
};

typedef struct Mailbox Mailbox;

Mailbox *mailbox_create(uint32_t sender_count, size_t limit_bytes);
void mailbox_free(Mailbox *mailbox); /* And all mail in it. NULL is fine. */

void mailbox_post_batch(Mailbox *mailbox, uint32_t sender, int64_t epoch, Op *to,
                        const Batch *batch);
void mailbox_post_watermark(Mailbox *mailbox, uint32_t sender, int64_t epoch, Op *to,
                            int64_t watermark_us);
void mailbox_post_barrier(Mailbox *mailbox, uint32_t sender, Op *to, int64_t epoch, bool full);

bool mailbox_is_full(Mailbox *mailbox);
/* The next mail of any sender; NULL when there is none of this epoch. The caller frees it. */
Mail *mailbox_take(Mailbox *mailbox);
void mail_free(Mail *mail); /* NULL is fine. */
/* The receiver is in `epoch` now. */
void mailbox_enter_epoch(Mailbox *mailbox, int64_t epoch);
/* Waits until mail may be there or the mailbox was woken, at most timeout_us. */
void mailbox_wait(Mailbox *mailbox, int64_t timeout_us);
void mailbox_wake(Mailbox *mailbox);

#endif

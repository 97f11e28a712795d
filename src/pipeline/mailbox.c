#include "pipeline/mailbox.h"

#include <stdlib.h>

#include "base/assert.h"
#include "os/os.h"

/* What one sender has posted. */
typedef struct MailQueue {
    Mail *first;
    Mail *last;
} MailQueue;

struct Mailbox {
    OsMutex *mutex; /* Guards all below. */
    OsCond *arrived;
    MailQueue *queues;
    uint32_t sender_count;
    uint32_t next_sender; /* Takes turns. */
    size_t bytes;
    size_t limit_bytes;
    int64_t epoch; /* The receiver's. */
    bool woken;
};

Mailbox *mailbox_create(uint32_t sender_count, size_t limit_bytes)
{
    Mailbox *mailbox = mem_zalloc(sizeof *mailbox);

    mailbox->mutex = os_mutex_create();
    mailbox->arrived = os_cond_create();
    mailbox->queues = mem_zalloc(sender_count * sizeof *mailbox->queues);
    mailbox->sender_count = sender_count;
    mailbox->limit_bytes = limit_bytes;
    return mailbox;
}

void mail_free(Mail *mail)
{
    if (!mail)
        return;
    arena_done(&mail->arena);
    free(mail);
}

void mailbox_free(Mailbox *mailbox)
{
    if (!mailbox)
        return;
    for (uint32_t i = 0; i < mailbox->sender_count; i++) {
        Mail *mail = mailbox->queues[i].first;

        while (mail) {
            Mail *next = mail->next;

            mail_free(mail);
            mail = next;
        }
    }
    os_cond_free(mailbox->arrived);
    os_mutex_free(mailbox->mutex);
    free(mailbox->queues);
    free(mailbox);
}

static Mail *mail_create(MailKind kind, uint32_t sender, int64_t epoch, Op *to)
{
    Mail *mail = mem_zalloc(sizeof *mail);

    mail->kind = kind;
    mail->sender = sender;
    mail->epoch = epoch;
    mail->to = to;
    arena_init(&mail->arena);
    return mail;
}

static void post(Mailbox *mailbox, Mail *mail)
{
    MailQueue *queue = &mailbox->queues[mail->sender];

    os_mutex_lock(mailbox->mutex);
    if (queue->last)
        queue->last->next = mail;
    else
        queue->first = mail;
    queue->last = mail;
    mailbox->bytes += mail->bytes;
    os_cond_signal(mailbox->arrived);
    os_mutex_unlock(mailbox->mutex);
}

void mailbox_post_batch(Mailbox *mailbox, uint32_t sender, int64_t epoch, Op *to,
                        const Batch *batch)
{
    Mail *mail = mail_create(MAIL_BATCH, sender, epoch, to);

    mail->batch = batch_copy(&mail->arena, batch);
    mail->bytes = mail->arena.allocated_bytes;
    post(mailbox, mail);
}

void mailbox_post_watermark(Mailbox *mailbox, uint32_t sender, int64_t epoch, Op *to,
                            int64_t watermark_us)
{
    Mail *mail = mail_create(MAIL_WATERMARK, sender, epoch, to);

    mail->watermark_us = watermark_us;
    post(mailbox, mail);
}

void mailbox_post_barrier(Mailbox *mailbox, uint32_t sender, Op *to, int64_t epoch, bool full)
{
    Mail *mail = mail_create(MAIL_BARRIER, sender, epoch, to);

    mail->barrier = (Barrier){.epoch = epoch, .full = full};
    post(mailbox, mail);
}

bool mailbox_is_full(Mailbox *mailbox)
{
    bool full;

    os_mutex_lock(mailbox->mutex);
    full = mailbox->bytes > mailbox->limit_bytes;
    os_mutex_unlock(mailbox->mutex);
    return full;
}

/* Whether the first mail of the queue may be read (mailbox.h, invariant 1). */
static bool may_pass(const Mailbox *mailbox, const MailQueue *queue)
{
    return queue->first && queue->first->epoch <= mailbox->epoch;
}

Mail *mailbox_take(Mailbox *mailbox)
{
    Mail *mail = NULL;

    os_mutex_lock(mailbox->mutex);
    for (uint32_t n = 0; n < mailbox->sender_count && !mail; n++) {
        MailQueue *queue = &mailbox->queues[mailbox->next_sender];

        mailbox->next_sender = (mailbox->next_sender + 1) % mailbox->sender_count;
        if (!may_pass(mailbox, queue))
            continue;
        mail = queue->first;
        queue->first = mail->next;
        if (!queue->first)
            queue->last = NULL;
        mail->next = NULL;
        mailbox->bytes -= mail->bytes;
    }
    os_mutex_unlock(mailbox->mutex);
    return mail;
}

void mailbox_enter_epoch(Mailbox *mailbox, int64_t epoch)
{
    os_mutex_lock(mailbox->mutex);
    ASSERT(epoch >= mailbox->epoch);
    mailbox->epoch = epoch;
    os_mutex_unlock(mailbox->mutex);
}

void mailbox_wait(Mailbox *mailbox, int64_t timeout_us)
{
    bool ready;

    os_mutex_lock(mailbox->mutex);
    ready = mailbox->woken;
    for (uint32_t i = 0; i < mailbox->sender_count && !ready; i++)
        ready = may_pass(mailbox, &mailbox->queues[i]);
    if (!ready)
        (void)os_cond_wait_for(mailbox->arrived, mailbox->mutex, timeout_us);
    mailbox->woken = false;
    os_mutex_unlock(mailbox->mutex);
}

void mailbox_wake(Mailbox *mailbox)
{
    os_mutex_lock(mailbox->mutex);
    mailbox->woken = true;
    os_cond_signal(mailbox->arrived);
    os_mutex_unlock(mailbox->mutex);
}

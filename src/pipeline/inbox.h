/*
 * inbox.h: requests handed to a run from outside (records for topics, topics to be made), answered
 * once they are committed.
 *
 *     give ──> waiting ──take, with an epoch──> taken ──appended, committed──> answered
 *                 └──────────── close ────────────────────────────────────────> answered: refused
 *
 * Invariants
 *  1. A request given is answered exactly once: done, when all of it is committed, or refused, when
 *     nothing of it is. In a run that fails, whether it is committed is not known: it is refused
 *     with ERROR_JOB, which says so.
 *  2. After inbox_close everything given is refused at once.
 *
 * Thread: give from any; take, answer and close from the committer.
 */
#ifndef WEIR_PIPELINE_INBOX_H
#define WEIR_PIPELINE_INBOX_H

#include "pipeline/message.h"

typedef struct Inbox Inbox;
typedef struct InboxRequest InboxRequest;

struct InboxRequest {
    InboxRequest *next;
    TopicRequest what; /* In the arena. */
    Arena arena;
    bool refused;
    Error error; /* Why. */
    /* Called once, by the thread that answers; the request is its giver's again. */
    void (*answered)(InboxRequest *request);
    void *giver;
    uint64_t tag; /* The giver's. */
};

InboxRequest *inbox_request_create(void);
void inbox_request_free(InboxRequest *request); /* NULL is fine. */

/* `wake` is called when something was given. */
Inbox *inbox_create(void (*wake)(void *self), void *self);
void inbox_free(Inbox *inbox); /* Nothing may be waiting. NULL is fine. */

/* Takes the request until it is answered. */
void inbox_give(Inbox *inbox, InboxRequest *request);
bool inbox_has_requests(Inbox *inbox);
/* All that wait, oldest first, linked by `next`; NULL: none. */
InboxRequest *inbox_take(Inbox *inbox);
/* All in the list: those not refused one by one are done, or (err not NULL) refused with it. */
void inbox_answer(InboxRequest *requests, const Error *err);
void inbox_close(Inbox *inbox);

#endif

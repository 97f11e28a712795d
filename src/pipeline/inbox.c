#include "pipeline/inbox.h"

#include <stdlib.h>

#include "base/assert.h"
#include "os/os.h"

struct Inbox {
    void (*wake)(void *self);
    void *self;
    OsMutex *mutex; /* Guards what follows. */
    InboxRequest *first;
    InboxRequest **last; /* Where the next one is hung. */
    bool closed;
};

InboxRequest *inbox_request_create(void)
{
    InboxRequest *request = mem_zalloc(sizeof *request);

    arena_init(&request->arena);
    return request;
}

void inbox_request_free(InboxRequest *request)
{
    if (!request)
        return;
    arena_done(&request->arena);
    free(request);
}

Inbox *inbox_create(void (*wake)(void *self), void *self)
{
    Inbox *inbox = mem_zalloc(sizeof *inbox);

    inbox->wake = wake;
    inbox->self = self;
    inbox->mutex = os_mutex_create();
    inbox->last = &inbox->first;
    return inbox;
}

void inbox_free(Inbox *inbox)
{
    if (!inbox)
        return;
    ASSERT(!inbox->first);
    os_mutex_free(inbox->mutex);
    free(inbox);
}

static void set_closed_error(Error *err)
{
    (void)error_set(err, ERROR_RETRY, "the run is stopping; nothing of this was written");
}

void inbox_give(Inbox *inbox, InboxRequest *request)
{
    bool closed;

    request->next = NULL;
    os_mutex_lock(inbox->mutex);
    closed = inbox->closed;
    if (!closed) {
        *inbox->last = request;
        inbox->last = &request->next;
    }
    os_mutex_unlock(inbox->mutex);
    if (closed) {
        request->refused = true;
        set_closed_error(&request->error);
        request->answered(request);
        return;
    }
    inbox->wake(inbox->self);
}

bool inbox_has_requests(Inbox *inbox)
{
    bool has;

    os_mutex_lock(inbox->mutex);
    has = inbox->first != NULL;
    os_mutex_unlock(inbox->mutex);
    return has;
}

InboxRequest *inbox_take(Inbox *inbox)
{
    InboxRequest *taken;

    os_mutex_lock(inbox->mutex);
    taken = inbox->first;
    inbox->first = NULL;
    inbox->last = &inbox->first;
    os_mutex_unlock(inbox->mutex);
    return taken;
}

void inbox_answer(InboxRequest *requests, const Error *err)
{
    while (requests) {
        InboxRequest *request = requests;

        requests = request->next;
        request->next = NULL;
        if (err && !request->refused) {
            request->refused = true;
            request->error = *err;
        }
        request->answered(request);
    }
}

void inbox_close(Inbox *inbox)
{
    Error err = {0};

    os_mutex_lock(inbox->mutex);
    inbox->closed = true;
    os_mutex_unlock(inbox->mutex);
    set_closed_error(&err);
    inbox_answer(inbox_take(inbox), &err);
}

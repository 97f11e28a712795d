#include "window/session.h"

#include <string.h>

void sessions_touched(const SessionList *list, WindowSpan span, size_t *first, size_t *count)
{
    size_t low = 0;
    size_t high = list->items.count;

    /* The first session that does not end before the span: ends rise with starts. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (list->items.items[middle].span.end_us < span.start_us)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    while (high < list->items.count && list->items.items[high].span.start_us <= span.end_us)
        high++;
    *count = high - low;
}

Session *sessions_replace(SessionList *list, size_t first, size_t count, WindowSpan span,
                          void *owned)
{
    Session session = {span, owned};
    size_t behind = list->items.count - first - count;

    for (size_t i = first; i < first + count; i++) {
        const WindowSpan *old = &list->items.items[i].span;

        session.span.start_us = MIN(session.span.start_us, old->start_us);
        session.span.end_us = MAX(session.span.end_us, old->end_us);
    }
    if (count == 0) {
        VEC_ADD(&list->items, session);
        memmove(list->items.items + first + 1, list->items.items + first, behind * sizeof session);
    } else if (count > 1) {
        memmove(list->items.items + first + 1, list->items.items + first + count,
                behind * sizeof session);
        list->items.count -= count - 1;
    }
    list->items.items[first] = session;
    return &list->items.items[first];
}

void sessions_remove(SessionList *list, size_t i)
{
    memmove(list->items.items + i, list->items.items + i + 1,
            (list->items.count - i - 1) * sizeof *list->items.items);
    list->items.count--;
}

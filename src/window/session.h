/*
 * session.h: the open sessions of one key.
 *
 * A row opens [time, time + gap); sessions that overlap or touch are one (a row exactly at the end of
 * a session belongs to it). So a key's open sessions stand apart from each other, sorted by start,
 * and a new row extends one, bridges several, or opens one of its own.
 *
 * Each session carries a pointer of its owner's (the states of its aggregates).
 */
#ifndef WEIR_WINDOW_SESSION_H
#define WEIR_WINDOW_SESSION_H

#include "base/vec.h"
#include "window/assign.h"

typedef struct Session {
    WindowSpan span;
    void *owned;
} Session;

typedef struct SessionList {
    VEC(Session) items; /* By start; ends[i] < starts[i + 1]. */
} SessionList;

/* Where `span` goes: sessions first .. first + count - 1 merge with it (count 0: none, it would be
 * inserted before `first`). */
void sessions_touched(const SessionList *list, WindowSpan span, size_t *first, size_t *count);
/* Replaces sessions first .. first + count - 1 by one of their and `span`'s union, owning `owned`;
 * the caller has merged what they owned. Returns it. */
Session *sessions_replace(SessionList *list, size_t first, size_t count, WindowSpan span,
                          void *owned);
/* Takes out session `i`. */
void sessions_remove(SessionList *list, size_t i);

#endif

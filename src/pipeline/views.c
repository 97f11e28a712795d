/*
 * views.c: materialized views, rebuilt whole and put in place at once.
 *
 * Run by the committer between epochs: a view sees one commit of everything it reads.
 */
#include "pipeline/query.h"
#include "pipeline/run_impl.h"

enum { RETRY_US = 200000 };

typedef struct Refresh {
    Run *run;
    const ViewSpec *view;
    SqlContext sql;
    StoreTxn *txn;    /* Where the view is embedded, ... */
    Outside *outside; /* ... or stands outside. */
    int64_t row_count;
} Refresh;

static bool take_rows(void *self, const Batch *batch, Error *err)
{
    Refresh *refresh = self;

    refresh->row_count += batch->row_count;
    if (refresh->outside)
        return refresh->outside->methods->replace_insert(refresh->outside, batch, err);
    return store_replace_insert(refresh->txn, refresh->view->table->name, batch, err);
}

static bool run_query(Refresh *refresh, Error *err)
{
    return query_run(refresh->run->connections, refresh->view->plan, &refresh->sql, take_rows,
                     refresh, err);
}

static bool refresh_in_store(Refresh *refresh, Error *err)
{
    StoreTable table = connections_store_table(refresh->view->table);

    if (!store_begin(connections_store(refresh->run->connections), &refresh->txn, err))
        return false;
    if (!store_replace_begin(refresh->txn, &table, err) || !run_query(refresh, err) ||
        !store_replace_finish(refresh->txn, refresh->view->table->name, err)) {
        store_rollback(refresh->txn);
        return false;
    }
    return store_commit(refresh->txn, err);
}

static bool refresh_outside(Refresh *refresh, Error *err)
{
    Outside *outside = refresh->outside;

    if (!outside->methods->replace_begin(outside, err) || !run_query(refresh, err) ||
        !outside->methods->replace_finish(outside, err)) {
        outside->methods->replace_abort(outside);
        return false;
    }
    return true;
}

static bool refresh_view(Run *run, const ViewSpec *view, ViewSnapshot *seen, Error *err)
{
    Refresh refresh = {.run = run, .view = view, .sql = run->sql};
    int64_t began_us = os_monotonic_us();

    refresh.sql.now_us = os_realtime_us();
    if (!connections_outside_view(run->connections, view->table, &refresh.outside, err) ||
        !(refresh.outside ? refresh_outside(&refresh, err) : refresh_in_store(&refresh, err)))
        return false;
    os_mutex_lock(run->mutex);
    seen->refreshed_us = refresh.sql.now_us;
    seen->row_count = refresh.row_count;
    seen->took_us = os_monotonic_us() - began_us;
    os_mutex_unlock(run->mutex);
    return true;
}

/* An outside system that is away for a moment, as that of a view or of what it reads, is waited for. */
static bool refresh_patiently(Run *run, const ViewSpec *view, ViewSnapshot *seen, Error *err)
{
    int64_t until_us =
        os_monotonic_us() + settings_duration_us(&run->spec->settings, "outage.patience");

    while (!refresh_view(run, view, seen, err)) {
        if (err->kind != ERROR_RETRY || os_monotonic_us() > until_us || atomic_load(&run->stop) ||
            atomic_load(&run->failed))
            return false;
        os_sleep_us(RETRY_US);
    }
    return true;
}

bool run_refresh_views(Run *run, Error *err)
{
    for (uint32_t v = 0; v < run->spec->view_count; v++) {
        if (!refresh_patiently(run, &run->spec->views[v], &run->views[v], err))
            return error_wrap(err, "refresh '%.*s'", STR_ARG(run->spec->views[v].table->name));
    }
    return true;
}

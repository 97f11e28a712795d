/*
 * views.c: materialized views, rebuilt whole and put in place at once.
 *
 * Run by the committer between epochs: a view sees one commit of everything it reads.
 */
#include "pipeline/query.h"
#include "pipeline/run_impl.h"

typedef struct Refresh {
    StoreTxn *txn;
    const TableDef *table;
    int64_t row_count;
} Refresh;

static bool take_rows(void *self, const Batch *batch, Error *err)
{
    Refresh *refresh = self;

    refresh->row_count += batch->row_count;
    return store_replace_insert(refresh->txn, refresh->table->name, batch, err);
}

static bool refresh_view(Run *run, const ViewSpec *view, ViewSnapshot *seen, Error *err)
{
    Refresh refresh = {.table = view->table};
    StoreTable table = connections_store_table(view->table);
    int64_t began_us = os_monotonic_us();
    SqlContext sql = run->sql;

    sql.now_us = os_realtime_us();
    if (!store_begin(connections_store(run->connections), &refresh.txn, err))
        return false;
    if (!store_replace_begin(refresh.txn, &table, err) ||
        !query_run(run->connections, view->plan, &sql, take_rows, &refresh, err) ||
        !store_replace_finish(refresh.txn, view->table->name, err)) {
        store_rollback(refresh.txn);
        return false;
    }
    if (!store_commit(refresh.txn, err))
        return false;
    os_mutex_lock(run->mutex);
    seen->refreshed_us = sql.now_us;
    seen->row_count = refresh.row_count;
    seen->took_us = os_monotonic_us() - began_us;
    os_mutex_unlock(run->mutex);
    return true;
}

bool run_refresh_views(Run *run, Error *err)
{
    for (uint32_t v = 0; v < run->spec->view_count; v++) {
        if (!refresh_view(run, &run->spec->views[v], &run->views[v], err))
            return error_wrap(err, "refresh '%.*s'", STR_ARG(run->spec->views[v].table->name));
    }
    return true;
}

/*
 * cell.h: one value between a vector and SQLite (how each type stands there: store.h).
 *
 * Binders point SQLite at the vector's own bytes wherever it can read them, so they hold until the
 * vector goes; formatted values wait in the binder's buffer until its next row.
 *
 * Years beyond 9999 are written as EDTF writes them, `Y0012345-01-01`, and not with a plus sign: so
 * the order of the texts is the order of the times, from year 0 on.
 */
#ifndef WEIR_STORE_CELL_H
#define WEIR_STORE_CELL_H

#include <sqlite3.h>

#include "column/batch.h"
#include "format/nested_text.h"

typedef struct CellBinder CellBinder;
struct CellBinder {
    int place;       /* Of the statement's parameter; 0: none (a DECIMAL by its companion alone). */
    int order_place; /* Of the companion's (DECIMAL in a key), or 0. */
    void (*bind)(CellBinder *binder, sqlite3_stmt *statement, uint32_t row_i);
    const Type *type;
    const Vector *vector; /* As of the last cell_binder_use. */
    StrBuf text;
    StrBuf order_text;
    NestedWriter nested; /* Of a nested type. */
};

bool cell_binder_init(CellBinder *binder, const Type *type, int place, int order_place, Error *err);
void cell_binder_done(CellBinder *binder);

static inline void cell_binder_use(CellBinder *binder, const Vector *vector)
{
    binder->vector = vector;
}

static inline void cell_bind(CellBinder *binder, sqlite3_stmt *statement, uint32_t row_i)
{
    if (vector_is_valid(binder->vector, row_i)) {
        binder->bind(binder, statement, vector_row(binder->vector, row_i));
        return;
    }
    if (binder->place)
        sqlite3_bind_null(statement, binder->place);
    if (binder->order_place)
        sqlite3_bind_null(statement, binder->order_place);
}

/* The sortable form of a DECIMAL that needs TEXT (precision > 18): 39 characters. */
void cell_order_text(StrBuf *out, Int128 unscaled);

typedef struct CellReader {
    const Type *type;
    const Type *lasting; /* The same type where it outlives the rows; NULL: it is copied to them. */
    int column;          /* Of the statement's row. */
    VectorBuilder builder;
    bool is_nested; /* Then by this one: */
    NestedReader nested;
} CellReader;

bool cell_reader_init(CellReader *reader, const Type *type, int column, Error *err);
void cell_reader_done(CellReader *reader);
/* Begins a batch of about row_count rows in `arena`. */
void cell_reader_begin(CellReader *reader, Arena *arena, uint32_t row_count);
/* Adds the statement's present row; false: the cell holds no value of the type (someone else has
 * written it). */
bool cell_read(CellReader *reader, sqlite3_stmt *statement);
/* The vector; NULL: row *bad_row holds no value of the type. */
Vector *cell_reader_finish(CellReader *reader, uint32_t *bad_row);

#endif

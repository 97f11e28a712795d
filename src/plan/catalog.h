/*
 * catalog.h: what names mean: tables, views and what is known of them.
 *
 * A Catalog is a list of TableDefs with an optional parent that is asked when a name is not in it:
 * the temporary views of a session stand before the tables of a data directory. Names are compared
 * without regard to ASCII case; `spark_catalog.default.t` and `default.t` are `t`.
 *
 * A TableDef is built by the binder (bind_table.c) from a CREATE statement, or by whoever knows of
 * tables otherwise (the store, for `weir sql --data`). It is read-only afterwards, save for the rows
 * of a MEMORY table.
 *
 * Invariants
 *  1. No two tables of one catalog have the same name.
 *  2. A table's options are all known for its provider and have values of their type.
 *  3. The columns of `schema` are in the order in which rows are decoded, stored and shown.
 */
#ifndef WEIR_PLAN_CATALOG_H
#define WEIR_PLAN_CATALOG_H

#include "base/span.h"
#include "expr/eval.h"
#include "plan/option.h"

typedef struct AstQuery AstQuery; /* sql/ast.h */
typedef struct TableDef TableDef;
typedef struct Catalog Catalog;

typedef enum TableKind {
    TABLE_SOURCE,            /* CREATE TABLE ... USING: an outside source, or a topic others fill. */
    TABLE_STREAMING,         /* CREATE STREAMING TABLE: kept up to date by flows. */
    TABLE_MATERIALIZED_VIEW, /* Rebuilt on its schedule. */
    TABLE_TEMP_VIEW,         /* A named query; holds no rows. */
    TABLE_MEMORY,            /* weir sql: rows in memory. */
    TABLE_SYSTEM,            /* <table>__dead_letter, <table>__late: filled by the engine. */
} TableKind;

typedef enum OutputMode {
    OUTPUT_APPEND, /* Each row once, when it is final. */
    OUTPUT_UPDATE, /* Early results, refined. */
} OutputMode;

/* What becomes of a row that breaks a constraint. */
typedef enum Violation {
    VIOLATION_DEAD_LETTER, /* NOT NULL and CHECK of a source: aside, into the dead letters. */
    VIOLATION_KEEP,        /* Counted, and kept. */
    VIOLATION_DROP,        /* Counted, and left out. */
    VIOLATION_FAIL,        /* The run stops. */
} Violation;

typedef struct Constraint {
    Str name;                 /* CHECK: its own; NOT NULL: "not_null_<column>"; expect.NAME: NAME. */
    Str text;                 /* The condition as Spark would name it, for messages. */
    Str sql;                  /* CHECK, expect: the condition as SQL. */
    int32_t not_null_column;  /* NOT NULL: the column; else -1. */
    const Expr *condition;    /* CHECK, expect: BOOLEAN over the table's columns (column_i = column of
                                 `schema`); NOT NULL: NULL. Broken when FALSE; NULL passes a CHECK,
                                 and breaks an expectation. */
    const Program *program;   /* `condition` compiled over all columns of the table. */
    bool is_expectation;
    Violation on_violation;
    Span span;
} Constraint;

typedef struct TableOption {
    Str key;
    Str value;
    const OptionDef *def; /* NULL: of an open family (kafka.*, header.*). */
    Span key_span;
    Span value_span;
} TableOption;

/* Rows of a MEMORY table, oldest first. Whoever runs INSERT adds to them. */
typedef struct MemoryRows {
    Arena *arena;
    const Batch **batches;
    size_t count;
    size_t capacity;
} MemoryRows;

typedef enum SystemTable {
    SYSTEM_NONE,
    SYSTEM_DEAD_LETTER, /* reason, message, raw, partition, position, received_at */
    SYSTEM_LATE,        /* reason, window_end, watermark, raw, partition, position, received_at */
} SystemTable;

struct TableDef {
    Str name;
    TableKind kind;
    Provider provider;
    Schema schema;              /* nullable = false: NOT NULL. */
    const TableOption *options; /* As given; table_option knows the defaults. */
    uint32_t option_count;
    const Constraint *constraints;
    uint32_t constraint_count;
    const uint32_t *partitioned_by; /* Columns. */
    uint32_t partitioned_by_count;
    const uint32_t *primary_key;    /* Columns; rows are upserted by it. */
    uint32_t primary_key_count;
    const uint32_t *topic_key;      /* kafka: columns of the record's key. */
    uint32_t topic_key_count;
    const uint8_t *record_fields;   /* kafka: one RecordField (record_field.h) a column; NULL:
                                       all of the value. */
    OutputMode output_mode;
    bool unbounded_state;           /* 'unbounded_state' = 'true' */
    bool from_stream;               /* TEMP_VIEW: its query reads streams. */
    bool broken;                    /* Its statement was wrong: reading it is no further mistake. */
    SystemTable system;
    TableDef *owner;                /* SYSTEM: the table it tells of. */
    TableDef *dead_letter;          /* SOURCE, STREAMING: its system table. */
    TableDef *late;                 /* The one asked for by 'late_table' = 'true', or NULL. */
    const AstQuery *view_query;     /* TEMP_VIEW; its tree lives as long as the table. */
    const struct AstCreateView *view_ast;
    Str view_text;                  /* The query as written. */
    MemoryRows *rows;               /* MEMORY */
    Str comment;
    Span span;                      /* Of the statement. */
    Span name_span;
};

/* ── options, with defaults ────────────────────────────────────────────────────────────────────*/

/* OPTION_OF_...: which options it may have; 0: none. */
unsigned table_option_place(const TableDef *table);
/* The value given, or the default; data == NULL: neither. */
Str table_option(const TableDef *table, const char *key);
bool table_option_given(const TableDef *table, const char *key);
/* Values were checked when the table was made: these cannot fail. Without value or default: 0. */
int64_t table_option_int(const TableDef *table, const char *key);
double table_option_number(const TableDef *table, const char *key);
bool table_option_bool(const TableDef *table, const char *key);
int64_t table_option_duration_us(const TableDef *table, const char *key);
/* The options of a family: those whose key begins with `prefix` ("kafka."), from *i on. NULL: no more. */
const TableOption *table_option_next(const TableDef *table, const char *prefix, uint32_t *i);

/* How its records are written: json, csv, raw; and that format's options, as FormatOptions.options has
 * them. */
Str table_format_name(const TableDef *table);
void table_format_options(StrBuf *out, const TableDef *table);
/* Its topic: the option, else its name. */
Str table_topic(const TableDef *table);

const char *table_kind_name(TableKind kind); /* "streaming table" ... */
/* Whether STREAM may read it: sources that stream, and append-mode topics (design.md, "What a stream
 * is"). When not, *why gets the sentence and *remedy what to do. */
bool table_is_streamable(const TableDef *table, const char **why, const char **remedy);

/* ── the catalog ───────────────────────────────────────────────────────────────────────────────*/

Catalog *catalog_new(Arena *arena, const Catalog *parent);
/* Arena in which the tables of this catalog live. */
Arena *catalog_arena(const Catalog *catalog);
/* False if there is one of that name in this catalog itself. */
bool catalog_add(Catalog *catalog, TableDef *table);
/* Puts it in the place of one with the same name, or adds it. */
void catalog_put(Catalog *catalog, TableDef *table);
bool catalog_remove(Catalog *catalog, Str name);
/* Here, then in the parents. */
TableDef *catalog_find(const Catalog *catalog, Str name);
/* Of this catalog alone, in the order they were added; NULL after the last. */
TableDef *catalog_at(const Catalog *catalog, size_t i);
const Catalog *catalog_parent(const Catalog *catalog);
/* Names that are near a misspelt one, for diagnostics; empty: none. */
Str catalog_suggest(const Catalog *catalog, Str name);

/* The system tables of `table`, made in `arena` (not yet in a catalog). */
TableDef *table_dead_letter_new(Arena *arena, TableDef *table);
TableDef *table_late_new(Arena *arena, TableDef *table);

#endif

/*
 * role.h: which tables stand in a real system, and how it is spoken to.
 *
 * A role (topics, real-time tables, tables for analysis) is embedded unless a connection for it is
 * configured. One line a system in role.c; what a system cannot do yet is NULL there and refused
 * with a sentence.
 */
#ifndef WEIR_PIPELINE_ROLE_H
#define WEIR_PIPELINE_ROLE_H

#include "plan/catalog.h"
#include "plan/setting.h"
#include "sink/outside.h"
#include "source/outside_table.h"
#include "source/source.h"

typedef struct OutsideSourceConfig {
    const TableDef *table;
    const Settings *settings;
    bool whole; /* What is there is all there will be (--once, batch queries). */
    bool make;  /* What is missing is made. */
} OutsideSourceConfig;

typedef struct OutsideRole {
    Provider provider;
    const char *setting; /* The connection; the role is embedded while it is not set. */
    const char *system;  /* For sentences. */
    bool (*sink)(const OutsideConfig *config, Outside **out, Error *err);
    bool (*table)(const OutsideTableConfig *config, OutsideTable **out, Error *err);
    bool (*source)(const OutsideSourceConfig *config, Source **out, Error *err);
    /* Whether it can be reached; *version in `arena`. For `weir doctor`. */
    bool (*probe)(const Settings *settings, Arena *arena, Str *version, Error *err);
} OutsideRole;

const OutsideRole *role_at(size_t i);                /* NULL after the last. */
const OutsideRole *provider_role(Provider provider); /* NULL: none, it is never outside. */
/* The role of a table that stands in a real system; NULL: embedded. Dead letters and late rows
 * always are. */
const OutsideRole *role_of(const Settings *settings, const TableDef *table);

#endif

/*
 * setting.h: SET key = value, and what overrides it.
 *
 * A setting is looked up in four layers, the first that has it wins:
 *
 *     --set KEY=VALUE  >  environment (WEIR_KEY)  >  --config FILE  >  SET in the pipeline file
 *
 * The first three are there before the file is read; SET statements add to the last one in order, so
 * that `${key}` further down sees them. Keys are compared without regard to ASCII case; in the
 * environment `commit.interval` is WEIR_COMMIT_INTERVAL.
 *
 * Any key may be set (it can be used as `${key}`). Those that weir itself reads are listed in
 * setting.c with type, default and documentation; their values are checked.
 */
#ifndef WEIR_PLAN_SETTING_H
#define WEIR_PLAN_SETTING_H

#include "plan/option.h"

typedef enum SettingLayer {
    SETTING_FILE,
    SETTING_CONFIG,
    SETTING_ENVIRONMENT,
    SETTING_COMMAND,
    SETTING_LAYER_COUNT
} SettingLayer;

typedef struct SettingDef {
    const char *key;
    OptionType type;
    const char *standard; /* Default, or NULL. */
    const char *values;   /* ENUM */
    const char *doc;
} SettingDef;

typedef struct Setting {
    Str key;
    Str value;
    SettingLayer layer;
} Setting;

typedef struct Settings {
    Arena *arena;
    Setting *items;
    size_t count;
    size_t capacity;
    const char *const *environment; /* NULL-terminated KEY=VALUE, or NULL. Borrowed. */
} Settings;

void settings_init(Settings *settings, Arena *arena, const char *const *environment);
/* Copies both. False (bad value of a known key): err says why. */
bool settings_set(Settings *settings, SettingLayer layer, Str key, Str value, Error *err);
void settings_unset(Settings *settings, SettingLayer layer, Str key); /* RESET key */
/* Refuses names that are one slip away from a known one. For commands without a pipeline file, in
 * which such a name may stand as ${key}. */
bool settings_check_names(const Settings *settings, Error *err);
/* Reads `key=value` lines (# comments, blank lines) into the CONFIG layer. */
bool settings_read_config(Settings *settings, Str text, const char *file_name, Error *err);

/* What holds, defaults not considered; false: not set anywhere. */
bool settings_find(const Settings *settings, Str key, Str *value);
/* And in which layer. */
bool settings_find_layer(const Settings *settings, Str key, Str *value, SettingLayer *layer);
/* What holds, or the known key's default, or an empty text. */
Str settings_text(const Settings *settings, const char *key);
bool settings_bool(const Settings *settings, const char *key);
int64_t settings_int(const Settings *settings, const char *key);
int64_t settings_duration_us(const Settings *settings, const char *key);

/* The value as it may be shown: `***` for a secret, and for a password within an address. In `arena`,
 * or the value itself. Also for options of tables. */
Str setting_shown(Arena *arena, Str key, Str value);

const SettingDef *setting_def(Str key);
/* Those of Spark and of Kafka's client (spark.*, kafka.*): any name is good. */
bool setting_is_passed_on(Str key);
/* Those of weir's own (cassandra.*, postgres.*, ...): one that is no setting is a mistake, and no name of the
 * user's. */
bool setting_is_of_own_family(Str key);
/* The known key that an unknown one seems to be meant for; empty: none. */
Str setting_suggest(Str key);
/* Whether a known key may have this value; any value will do for others. */
bool setting_check(Str key, Str value, Error *err);
const SettingDef *setting_at(size_t i); /* NULL after the last. */
void settings_print_markdown(StrBuf *out);

#endif

#include "pipeline/role_kafka.h"

#include <stdlib.h>

#include "source/kafka_source.h"

static const Zone *session_zone(const Settings *settings)
{
    const Zone *zone = zone_utc();
    Error err = {0};

    (void)zone_find(settings_text(settings, "spark.sql.session.timeZone"), &zone, &err);
    return zone;
}

bool role_kafka_source(const OutsideSourceConfig *config, Source **out, Error *err)
{
    const TableDef *table = config->table;
    Str group = table_option(table, "group");
    Arena *arena = mem_zalloc(sizeof *arena);
    KafkaSourceConfig kafka = {
        .arena = arena,
        .topic = table_topic(table),
        .on_data_loss_continue = str_is_nocase(table_option(table, "on_data_loss"), "continue"),
        .whole = config->whole,
        .make = config->make,
    };

    arena_init(arena);
    kafka.group =
        group.data ? group : str_of(arena_printf(arena, "weir-%.*s", STR_ARG(table->name)));
    kafka_new_topic(arena, table, &kafka.new_topic);
    if (starting_parse(arena, table_option(table, "starting"),
                       session_zone(config->settings), &kafka.starting, err) &&
        kafka_config_make(arena, config->settings, table, &kafka.kafka, err))
        return kafka_source_open(&kafka, out, err);
    arena_done(arena);
    free(arena);
    return false;
}

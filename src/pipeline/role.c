#include "pipeline/role.h"

#include "client/cassandra_client.h"
#include "client/kafka_client.h"
#include "client/postgres_client.h"
#include "pipeline/role_kafka.h"
#include "sink/cassandra_outside.h"
#include "sink/kafka_outside.h"
#include "sink/postgres_sink.h"
#include "source/cassandra_table.h"
#include "source/postgres_source.h"

static bool probe_cassandra(const Settings *settings, Arena *arena, Str *version, Error *err)
{
    CqlSession *session;
    CqlServerInfo info;

    if (!cassandra_session_open(settings, STR_EMPTY, &session, err))
        return false;
    info = cql_server_info(session);
    *version = str_of(arena_printf(
        arena, "%.*s, protocol %d, cluster '%.*s', datacenter '%.*s', %u node%s",
        STR_ARG(info.release), info.version, STR_ARG(info.cluster), STR_ARG(info.dc),
        info.node_count, info.node_count == 1 ? "" : "s"));
    cql_close(session);
    return true;
}

static const OutsideRole roles[] = {
    {.provider = PROVIDER_KAFKA,
     .setting = KAFKA_SERVERS,
     .system = "Apache Kafka",
     .sink = kafka_outside_create,
     .source = role_kafka_source,
     .probe = kafka_probe},
    {.provider = PROVIDER_CASSANDRA,
     .setting = "cassandra.contact.points",
     .system = "Apache Cassandra",
     .sink = cassandra_outside_open,
     .table = cassandra_outside_table_open,
     .probe = probe_cassandra},
    {.provider = PROVIDER_POSTGRES,
     .setting = "postgres.url",
     .system = "PostgreSQL",
     .sink = postgres_sink_open,
     .table = postgres_source_open,
     .probe = postgres_probe},
};

const OutsideRole *role_at(size_t i)
{
    return i < COUNT_OF(roles) ? &roles[i] : NULL;
}

const OutsideRole *provider_role(Provider provider)
{
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        if (roles[i].provider == provider)
            return &roles[i];
    }
    return NULL;
}

const OutsideRole *role_of(const Settings *settings, const TableDef *table)
{
    const OutsideRole *role = provider_role(table->provider);
    Str value;

    if (!role || table->kind == TABLE_SYSTEM || table->kind == TABLE_MEMORY)
        return NULL;
    if (table->provider == PROVIDER_POSTGRES && table_option_given(table, "url"))
        return role;
    if (table->provider == PROVIDER_KAFKA) /* A table may name servers of its own. */
        return kafka_is_configured(settings, table) ? role : NULL;
    return settings_find(settings, str_of(role->setting), &value) && value.bytes ? role : NULL;
}

#include "pipeline/role.h"

static const OutsideRole roles[] = {
    {.provider = PROVIDER_KAFKA, .setting = "kafka.bootstrap.servers", .system = "Apache Kafka"},
    {.provider = PROVIDER_CASSANDRA,
     .setting = "cassandra.contact.points",
     .system = "Apache Cassandra"},
    {.provider = PROVIDER_POSTGRES, .setting = "postgres.url", .system = "PostgreSQL"},
};

const OutsideRole *role_at(size_t i)
{
    return i < COUNT_OF(roles) ? &roles[i] : NULL;
}

const OutsideRole *role_of(const Settings *settings, const TableDef *table)
{
    Str value;

    if (table->kind == TABLE_SYSTEM || table->kind == TABLE_MEMORY)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        if (roles[i].provider == table->provider)
            return settings_find(settings, str_of(roles[i].setting), &value) && value.bytes
                       ? &roles[i]
                       : NULL;
    }
    return NULL;
}

#include "sink/sink_open.h"

#include "sink/file_sink.h"
#include "sink/store_sink.h"
#include "sink/topic_sink.h"

static const SinkProvider providers[] = {
    {"kafka", topic_sink_open}, {"cassandra", store_sink_open}, {"postgres", store_sink_open},
    {"json", file_sink_open},   {"csv", file_sink_open},
};

const SinkProvider *sink_provider_find(Str name)
{
    for (size_t i = 0; i < COUNT_OF(providers); i++) {
        if (str_is_nocase(name, providers[i].name))
            return &providers[i];
    }
    return NULL;
}

bool sink_open(const SinkConfig *config, Sink **out, Error *err)
{
    const SinkProvider *provider = sink_provider_find(config->provider);

    if (!provider)
        return error_set(err, ERROR_USER, "table '%.*s': '%.*s' cannot be written to",
                         STR_ARG(config->table), STR_ARG(config->provider));
    return provider->open(config, out, err) ||
           error_wrap(err, "table '%.*s'", STR_ARG(config->table));
}

void sink_free(Sink *sink)
{
    if (sink)
        sink->methods->free(sink);
}

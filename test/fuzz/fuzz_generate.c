/*
 * fuzz_generate.c: a query nobody expected. The input is a stream's number, a request's kind, and
 * NAME=VALUE pairs separated by '&'. Whatever is accepted must be servable, and its link be one
 * line of printable characters.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "generate/answers.h"
#include "generate/http_request.h"

#define RECORDS_MAX 50

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool set_all(HttpRequest *request, Str query)
{
    Arena arena;
    Error err = {0};
    Str pair;
    bool ok = true;

    arena_init(&arena);
    while (ok && str_split(&query, '&', &pair)) {
        Str name;
        Str value = pair;

        (void)str_split(&value, '=', &name);
        ok = http_request_set(request, str_to_c(&arena, name),
                              value.data ? str_to_c(&arena, value) : NULL, &err);
    }
    arena_done(&arena);
    return ok;
}

static void serve(HttpRequest *request)
{
    GenerateOptions *options = &request->options;
    Generator *generator;
    Answers *answers;
    StrBuf out;
    Error err = {0};

    options->count = MIN(options->count, RECORDS_MAX);
    strbuf_init(&out);
    if (!request->stream->sequence) {
        ASSERT(generator_open(request->stream, options, &generator, &err));
        while (generator_fill(generator, &out, 1000))
            strbuf_clear(&out);
        generator_close(generator);
    }
    strbuf_clear(&out);
    ASSERT(answers_open(request->stream, options, &answers, &err));
    ASSERT(!answers_step(answers, RECORDS_MAX));
    answers_write(answers, &out);
    answers_close(answers);
    strbuf_clear(&out);
    http_request_write_link(request, options->from + options->count, &out);
    for (size_t i = 0; i < out.bytes; i++)
        ASSERT(out.data[i] >= ' ' && out.data[i] <= '~');
    strbuf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HttpRequest request;
    GenerateOptions defaults;
    Error err = {0};

    if (size < 2 || size > 4096)
        return 0;
    generate_options_init(&defaults);
    http_request_init(&request, generate_streams[data[0] % (unsigned)generate_stream_count],
                      (RequestKind)(data[1] % 3), &defaults);
    if (set_all(&request, (Str){(const char *)data + 2, (uint32_t)(size - 2)}) &&
        http_request_finish(&request, 0, &err))
        serve(&request);
    http_request_done(&request);
    return 0;
}

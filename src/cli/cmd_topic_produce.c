/*
 * cmd_topic_produce.c: weir topic produce: lines of standard input become records of a topic.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd_topic.h"
#include "cli/produce.h"
#include "os/os.h"

enum {
    READ_BYTES = 256 << 10,
    FLUSH_US = 50000,  /* Input that rests so long is written. */
    REST_US = 1000000, /* And after so long the data directory is let go. */
};

/* Waits for input; meanwhile what has come is written. */
static bool await_input(LineProducer *lines, Error *err)
{
    if (os_stdin_wait(FLUSH_US))
        return true;
    if (!line_producer_flush(lines, err))
        return false;
    if (!os_stdin_wait(REST_US)) {
        line_producer_rest(lines);
        (void)os_stdin_wait(-1);
    }
    return true;
}

/* Up to the last line end of `input`; the rest stays there. */
static bool take_lines(LineProducer *lines, StrBuf *input, bool at_end, Error *err)
{
    const char *last = input->bytes ? memrchr(input->data, '\n', input->bytes) : NULL;
    size_t bytes = at_end ? input->bytes : last ? (size_t)(last - input->data) + 1 : 0;

    if (bytes == 0)
        return input->bytes <= RECORD_BYTES_MAX + READ_BYTES ||
               error_set(err, ERROR_USER, "a line is longer than the largest record, %zu bytes",
                         RECORD_BYTES_MAX);
    if (!line_producer_add(lines, (Str){input->data, (uint32_t)bytes}, err))
        return false;
    input->bytes -= bytes;
    memmove(input->data, input->data + bytes, input->bytes);
    return true;
}

static bool produce(LineProducer *lines, Error *err)
{
    StrBuf input;
    size_t got = 1;
    bool ok = true;

    strbuf_init(&input);
    while (ok && got) {
        strbuf_reserve(&input, READ_BYTES);
        ok = await_input(lines, err) &&
             os_stdin_read(input.data + input.bytes, READ_BYTES, &got, err);
        if (ok) {
            input.bytes += got;
            ok = take_lines(lines, &input, got == 0, err);
        }
    }
    strbuf_done(&input);
    return ok && line_producer_flush(lines, err);
}

static bool read_key(const Options *options, const char *field, const char *separator,
                     const char *format, LineProducerConfig *config, int *status)
{
    bool json = strcmp(format, "json") == 0;

    *status = EXIT_USAGE;
    if (!json && strcmp(format, "value") != 0) {
        (void)usage_error(options, "--format is value or json, not '%s'", format);
        return false;
    }
    if (!!field + !!separator + json > 1) {
        (void)usage_error(options, "one of --key, --key-separator and --format json tells the key");
        return false;
    }
    if ((field && !*field) || (separator && !*separator)) {
        (void)usage_error(options, "%s may not be empty", field ? "--key" : "--key-separator");
        return false;
    }
    config->key = field       ? LINE_KEY_FIELD
                  : separator ? LINE_KEY_SEPARATOR
                  : json      ? LINE_KEY_JSON
                              : LINE_KEY_NONE;
    config->key_text = str_of(field ? field : separator ? separator : "");
    return true;
}

static int run(const LineProducerConfig *config)
{
    LineProducer *lines = line_producer_create(config);
    Error err = {0};
    int status;
    bool ok;

    if (!lines)
        return EXIT_INPUT;
    if (isatty(STDIN_FILENO))
        (void)fputs("one record a line; Ctrl-D ends\n", stderr);
    ok = produce(lines, &err);
    if (!ok && err.kind == ERROR_USER)
        (void)line_producer_flush(lines, &(Error){0}); /* The lines before the wrong one. */
    status = line_producer_tell(lines, ok ? NULL : &err);
    line_producer_free(lines);
    return status;
}

int topic_produce(int argc, char **argv)
{
    const char *field = NULL;
    const char *separator = NULL;
    const char *format = "value";
    const char *partitions = NULL;
    const Option own[] = {
        {"key", "FIELD", "records are JSON objects, and this field of theirs is the key", &field,
         NULL},
        {"key-separator", "TEXT", "a line is KEY, this text, VALUE", &separator, NULL},
        {"format", "value|json",
         "value: a line is a record's value (default)\n"
         "json: a line is an object with key, value and timestamp, as consume prints it",
         &format, NULL},
        {"partitions", "N", "of a topic that is missing and therefore made (default 1)",
         &partitions, NULL},
        {0},
    };
    Options options = {
        .command = "topic produce",
        .synopsis = "weir topic produce NAME [options]",
        .about =
            "Writes the lines of standard input to a topic, a record each; blank lines are\n"
            "passed over. Records go to the partition of their key, without one to the\n"
            "partitions in turn. What is told to be written survives any crash. Works beside a\n"
            "run, through it. A topic that is missing is made.\n",
        .options = own,
    };
    LineProducerConfig config = {.options = &options};
    int64_t partition_count = 1;
    int status = EXIT_INPUT;

    if (!options_parse(&options, argc, argv, &status) ||
        !topic_operand(&options, &config.topic, &status) ||
        !read_key(&options, field, separator, format, &config, &status))
        goto done;
    if (partitions && !option_number(&options, "partitions", partitions, 1, TOPIC_PARTITIONS_MAX,
                                     &partition_count)) {
        status = EXIT_USAGE;
        goto done;
    }
    config.partition_count = (int32_t)partition_count;
    status = run(&config);
done:
    options_done(&options);
    return status;
}

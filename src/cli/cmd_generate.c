/*
 * cmd_generate.c: `weir generate`: a stream to standard output or to a topic, its answer key, or the
 * HTTP service.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/edit_distance.h"
#include "cli/cmd.h"
#include "cli/produce.h"
#include "generate/answers.h"
#include "generate/generate.h"
#include "generate/http_service.h"
#include "log/topic.h"
#include "os/os.h"

#define WRITE_BYTES ((size_t)256 * 1024)
#define ANSWER_STEPS 100000
#define NAME_COLUMN 34

typedef struct GenerateCommand {
    const Stream *stream;
    GenerateOptions options;
    bool answers;
    bool help;
    bool range_set;     /* --count or --from was given. */
    bool service_set;   /* --token, --total or --unpaced was given. */
    unsigned streams;   /* PARAM_*: which streams know all the parameters given. */
    const char *narrow; /* The parameter that narrowed it last. */
    GenerateServiceConfig service;
    const char *topic; /* NULL: standard output. */
    const char *key;   /* NULL: the stream's own; empty: none. */
    int32_t partition_count; /* 0: not given. */
    Options load; /* --data, --set, --config */
} GenerateCommand;

/* ── help ──────────────────────────────────────────────────────────────────────────────────────*/

static void print_option(const char *name, const char *hint, const char *doc)
{
    char left[64];
    int bytes = snprintf(left, sizeof left, "  --%s%s%s", name, *hint ? " " : "", hint);

    for (int i = 0; i < bytes && i < (int)sizeof left; i++) {
        if (left[i] == '_')
            left[i] = '-';
    }
    printf("%-*s%s\n", NAME_COLUMN, left, doc);
}

static void print_params(unsigned streams)
{
    for (int i = 0; i < generate_param_count; i++) {
        if (generate_params[i].streams == streams)
            print_option(generate_params[i].name, generate_params[i].hint, generate_params[i].doc);
    }
}

static void print_help(void)
{
    puts("weir generate: the data-generation API\n\n"
         "usage: weir generate STREAM [OPTION ...]             records to standard output\n"
         "       weir generate STREAM --topic T [OPTION ...]   to a topic of a data directory\n"
         "       weir generate STREAM --answers [OPTION ...]   how many of each kind those are\n"
         "       weir generate --listen HOST:PORT [OPTION ...] the same as an HTTP service\n\n"
         "streams:");
    for (int i = 0; i < generate_stream_count; i++)
        printf("  %-*s%s\n", NAME_COLUMN - 2, generate_streams[i]->name, generate_streams[i]->doc);
    puts("\nrecords:");
    print_params(PARAM_ALL);
    puts("\norders, customers, page_views:");
    print_params(PARAM_SHOP);
    puts("\nnexmark:");
    print_params(PARAM_NEXMARK);
    puts("\ntopic (beside a run, through it; what is told to be written survives any crash):");
    print_option("topic", "NAME", "produce to this topic; made if it is missing");
    print_option("key", "FIELD",
                 "the field that is the record's key; '' for none\n"
                 "                                  (default: customer_id; nexmark: none)");
    print_option("partitions", "N", "of a topic that is made (default 1)");
    print_option("data", "DIR", "the data directory (default ./weir-data)");
    print_option("set", "KEY=VALUE", "a setting");
    print_option("config", "FILE", "settings, one 'key = value' a line");
    puts("\nservice (the options above are what a request does not say):");
    print_option("listen", "HOST:PORT", "serve there; port 0 takes any free port");
    print_option("token", "TOKEN",
                 "ask for 'Authorization: Bearer TOKEN', needed beyond loopback\n"
                 "                                  (or the environment's WEIR_GENERATE_TOKEN)");
    print_option("total", "N", "each stream ends after N records");
    print_option("unpaced", "", "the feed does not grow with time: all its records are there");
    puts("\nThe same options give the same bytes. docs/generate.md tells all.");
}

/* ── arguments ─────────────────────────────────────────────────────────────────────────────────*/

static const char *const own_options[] = {"listen", "token", "total",      "unpaced",
                                          "topic",  "key",   "partitions", "data",
                                          "set",    "config", "answers",   "help"};

static bool unknown_option(Str name, Error *err)
{
    uint32_t best = 3;
    const char *near = NULL;

    for (int i = 0; i < generate_param_count + (int)COUNT_OF(own_options); i++) {
        const char *known = i < generate_param_count ? generate_params[i].name
                                                     : own_options[i - generate_param_count];
        uint32_t distance = edit_distance(name, str_of(known), best);

        if (distance < best) {
            best = distance;
            near = known;
        }
    }
    if (near)
        return error_set(err, ERROR_USER, "there is no option --%.*s; did you mean --%s?",
                         STR_ARG(name), near);
    return error_set(err, ERROR_USER, "there is no option --%.*s; weir generate --help lists them",
                     STR_ARG(name));
}

static bool set_param(GenerateCommand *command, const GenerateParam *param, Str value, Error *err)
{
    if (!generate_option_set(&command->options, param, value, err))
        return false;
    if (strcmp(param->name, "count") == 0 || strcmp(param->name, "from") == 0)
        command->range_set = true;
    if (param->streams != PARAM_ALL) {
        command->streams &= param->streams;
        command->narrow = param->name;
    }
    return true;
}

static bool set_total(GenerateCommand *command, const char *value, Error *err)
{
    if (!str_to_int64(str_of(value), &command->service.total) || command->service.total < 1 ||
        command->service.total > GENERATE_INDEX_MAX)
        return error_set(err, ERROR_USER, "--total: '%s' is not a number from 1 to %lld", value,
                         (long long)GENERATE_INDEX_MAX);
    command->service_set = true;
    return true;
}

static bool is_own_option(Str name)
{
    for (size_t i = 0; i < COUNT_OF(own_options); i++) {
        if (str_is(name, own_options[i]))
            return true;
    }
    return false;
}

static bool set_partitions(GenerateCommand *command, const char *value, Error *err)
{
    int64_t count;

    if (!str_to_int64(str_of(value), &count) || count < 1 || count > TOPIC_PARTITIONS_MAX)
        return error_set(err, ERROR_USER, "--partitions: '%s' is not a number from 1 to %d", value,
                         TOPIC_PARTITIONS_MAX);
    command->partition_count = (int32_t)count;
    return true;
}

/* Those with a text for a value. */
static bool set_own(GenerateCommand *command, Str name, const char *value, Error *err)
{
    if (str_is(name, "listen")) {
        command->service.listen = value;
    } else if (str_is(name, "token")) {
        command->service.token = value;
        command->service_set = true;
    } else if (str_is(name, "topic")) {
        command->topic = value;
        return topic_name_check(str_of(value), err);
    } else if (str_is(name, "key")) {
        command->key = value;
    } else if (str_is(name, "partitions")) {
        return set_partitions(command, value, err);
    } else if (str_is(name, "data")) {
        command->load.data = value;
    } else if (str_is(name, "config")) {
        command->load.config = value;
    } else {
        return options_add_setting(&command->load, value, err);
    }
    return true;
}

/* One `--name value`, `--name=value` or `--name`; moves *i over what it used. */
static bool parse_option(GenerateCommand *command, int argc, char **argv, int *i, Error *err)
{
    const char *text = argv[*i] + 2;
    const char *equals = strchr(text, '=');
    Str name = {text, (uint32_t)(equals ? (size_t)(equals - text) : strlen(text))};
    const GenerateParam *param = generate_param_find(name);
    const char *value;

    if (str_is(name, "help") || str_is(name, "answers") || str_is(name, "unpaced")) {
        if (equals)
            return error_set(err, ERROR_USER, "--%.*s takes no value", STR_ARG(name));
        command->help |= str_is(name, "help");
        command->answers |= str_is(name, "answers");
        if (str_is(name, "unpaced"))
            command->service.unpaced = command->service_set = true;
        return true;
    }
    if (!param && !is_own_option(name))
        return unknown_option(name, err);
    if (!equals && *i + 1 >= argc)
        return error_set(err, ERROR_USER, "--%.*s needs a value", STR_ARG(name));
    value = equals ? equals + 1 : argv[++*i];
    if (param)
        return set_param(command, param, str_of(value), err);
    if (str_is(name, "total"))
        return set_total(command, value, err);
    return set_own(command, name, value, err);
}

static bool parse_stream(GenerateCommand *command, const char *name, Error *err)
{
    if (command->stream)
        return error_set(err, ERROR_USER, "one stream at a time: '%s' and '%s'",
                         command->stream->name, name);
    command->stream = generate_stream_find(str_of(name));
    if (!command->stream)
        return error_set(err, ERROR_USER,
                         "there is no stream '%s'; there are orders, customers, page_views and "
                         "nexmark",
                         name);
    return true;
}

/* Of --topic and what needs it. */
static bool check_topic(const GenerateCommand *command, Error *err)
{
    if (!command->topic)
        return (!command->key && !command->partition_count && !command->load.data &&
                !command->load.config && !command->load.settings.count) ||
               error_set(err, ERROR_USER,
                         "--key, --partitions, --data, --set and --config need --topic");
    if (command->service.listen || command->answers)
        return error_set(err, ERROR_USER, "--topic takes records: leave %s out",
                         command->answers ? "--answers" : "--listen");
    if (command->options.format != GENERATE_NDJSON)
        return error_set(err, ERROR_USER, "a record of a topic is one JSON object: leave --format "
                                          "out");
    return true;
}

/* What the arguments mean together. */
static bool check_command(const GenerateCommand *command, Error *err)
{
    bool serves = command->service.listen != NULL;

    if (!check_topic(command, err))
        return false;
    if (serves && command->stream)
        return error_set(err, ERROR_USER, "--listen serves all streams: leave '%s' out",
                         command->stream->name);
    if (serves && (command->range_set || command->answers))
        return error_set(err, ERROR_USER,
                         "--count, --from and --answers are for a request, not for the service");
    if (serves)
        return true;
    if (command->service_set)
        return error_set(err, ERROR_USER, "--token, --total and --unpaced need --listen HOST:PORT");
    if (!command->stream)
        return error_set(err, ERROR_USER,
                         "say which stream (orders, customers, page_views, nexmark) or --listen "
                         "HOST:PORT; see weir generate --help");
    if (!(command->stream->params & command->streams))
        return error_set(err, ERROR_USER, "%s knows no '%s'", command->stream->name,
                         command->narrow);
    return generate_options_check(&command->options, command->stream, err);
}

static bool parse_command(GenerateCommand *command, int argc, char **argv, Error *err)
{
    for (int i = 0; i < argc; i++) {
        bool ok = strncmp(argv[i], "--", 2) == 0 && argv[i][2]
                      ? parse_option(command, argc, argv, &i, err)
                      : parse_stream(command, argv[i], err);

        if (!ok)
            return false;
    }
    return command->help ? true : check_command(command, err);
}

/* ── doing it ──────────────────────────────────────────────────────────────────────────────────*/

static int fail(const Error *err, ExitStatus status)
{
    (void)fprintf(stderr, "weir generate: %s\n", err->text);
    return (int)status;
}

static bool write_out(StrBuf *buf, Error *err)
{
    errno = 0;
    if (buf->bytes && fwrite(buf->data, 1, buf->bytes, stdout) != buf->bytes)
        return error_set_errno(err, errno, "write to standard output");
    strbuf_clear(buf);
    return true;
}

static bool flush_out(Error *err)
{
    errno = 0;
    return fflush(stdout) == 0 ? true : error_set_errno(err, errno, "write to standard output");
}

static int run_records(const GenerateCommand *command)
{
    Error err = {0};
    Generator *generator = NULL;
    StrBuf buf;
    bool more;
    bool ok;

    if (!generator_open(command->stream, &command->options, &generator, &err))
        return fail(&err, EXIT_USAGE);
    strbuf_init(&buf);
    strbuf_reserve(&buf, WRITE_BYTES + 2 * GENERATE_RECORD_BYTES_MAX);
    (void)setvbuf(stdout, NULL, _IONBF, 0); /* The buffer is ours. */
    do {
        more = generator_fill(generator, &buf, WRITE_BYTES);
        ok = write_out(&buf, &err);
    } while (ok && more);
    ok = ok && flush_out(&err);
    strbuf_done(&buf);
    generator_close(generator);
    return ok ? EXIT_DONE : fail(&err, EXIT_OUTSIDE);
}

/* Each fill ends with a whole record. */
static bool produce(const GenerateCommand *command, LineProducer *lines, Error *err)
{
    Generator *generator = NULL;
    bool more = true;
    bool ok;
    StrBuf buf;

    if (!generator_open(command->stream, &command->options, &generator, err))
        return false;
    strbuf_init(&buf);
    do {
        strbuf_clear(&buf);
        more = generator_fill(generator, &buf, WRITE_BYTES);
        ok = line_producer_add(lines, strbuf_str(&buf), err);
    } while (ok && more);
    strbuf_done(&buf);
    generator_close(generator);
    return ok && line_producer_flush(lines, err);
}

static int run_topic(const GenerateCommand *command)
{
    const char *key = command->key ? command->key : command->stream->key;
    LineProducerConfig config = {
        .options = &command->load,
        .topic = str_of(command->topic),
        .partition_count = command->partition_count ? command->partition_count : 1,
        .key = key && *key ? LINE_KEY_FIELD : LINE_KEY_NONE,
        .key_text = str_of(key ? key : ""),
    };
    LineProducer *lines = line_producer_create(&config);
    Error err = {0};
    int status;

    if (!lines)
        return EXIT_INPUT;
    status = line_producer_tell(lines, produce(command, lines, &err) ? NULL : &err);
    line_producer_free(lines);
    return status;
}

static int run_answers(const GenerateCommand *command)
{
    Error err = {0};
    Answers *answers = NULL;
    StrBuf buf;
    bool ok;

    if (!answers_open(command->stream, &command->options, &answers, &err))
        return fail(&err, EXIT_USAGE);
    while (answers_step(answers, ANSWER_STEPS))
        continue;
    strbuf_init(&buf);
    answers_write(answers, &buf);
    ok = write_out(&buf, &err) && flush_out(&err);
    strbuf_done(&buf);
    answers_close(answers);
    return ok ? EXIT_DONE : fail(&err, EXIT_OUTSIDE);
}

static int run_service(GenerateCommand *command)
{
    Error err = {0};
    GenerateService *service = NULL;
    const char *host_end = strrchr(command->service.listen, ':');
    const char *token = getenv("WEIR_GENERATE_TOKEN");

    command->service.defaults = command->options;
    if (!command->service.token && token && *token)
        command->service.token = token;
    os_stop_catch();
    if (!generate_service_start(&command->service, &service, &err))
        return fail(&err, err.kind == ERROR_USER ? EXIT_USAGE : EXIT_OUTSIDE);
    printf("listening on http://%.*s:%d\n",
           host_end ? (int)(host_end - command->service.listen) : 0, command->service.listen,
           generate_service_port(service));
    (void)fflush(stdout);
    (void)os_stop_wait(-1);
    generate_service_stop(service);
    return EXIT_DONE;
}

int cmd_generate(int argc, char **argv)
{
    GenerateCommand command = {.streams = PARAM_ALL, .load = {.command = "generate"}};
    Error err = {0};
    int status = EXIT_DONE;

    arena_init(&command.load.arena);
    generate_options_init(&command.options);
    if (!parse_command(&command, argc, argv, &err))
        status = fail(&err, EXIT_USAGE);
    else if (command.help)
        print_help();
    else if (command.service.listen)
        status = run_service(&command);
    else if (command.topic)
        status = run_topic(&command);
    else
        status = command.answers ? run_answers(&command) : run_records(&command);
    options_done(&command.load);
    return status;
}

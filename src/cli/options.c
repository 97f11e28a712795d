#include "cli/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/edit_distance.h"

enum { HELP_COLUMN = 24 };

static void print_option(const char *name, const char *value, const char *help)
{
    char left[64];
    const char *line = help;
    bool first = true;

    (void)snprintf(left, sizeof left, "%s%s%s%s", name[1] ? "--" : "-", name, value ? " " : "", value ? value : "");
    if (strlen(left) > HELP_COLUMN) { /* No room beside it. */
        printf("  %s\n", left);
        first = false;
    }
    do {
        const char *end = strchr(line, '\n');
        int bytes = end ? (int)(end - line) : (int)strlen(line);

        printf("  %-*s %.*s\n", HELP_COLUMN, first ? left : "", bytes, line);
        first = false;
        line = end ? end + 1 : NULL;
    } while (line);
}

static void print_help(const Options *options)
{
    printf("usage: %s\n\n%s\n", options->synopsis, options->about);
    for (const Option *o = options->options; o->name; o++)
        print_option(o->name, o->value, o->help);
    printf("  %-*s the data directory (default %s)\n", HELP_COLUMN, "--data DIR",
           options->data_default ? options->data_default : "./weir-data");
    print_option("set", "KEY=VALUE", "a setting; wins over the environment, --config and the file");
    print_option("config", "FILE", "settings, one `key = value` a line");
    print_option("help", NULL, "this text");
}

int usage_error(const Options *options, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "weir %s: ", options->command);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; see 'weir %s --help'\n", options->command);
    return EXIT_USAGE;
}

static const Option *find_option(const Options *options, Str name)
{
    for (const Option *o = options->options; o->name; o++) {
        if (str_is(name, o->name))
            return o;
    }
    return NULL;
}

static int unknown_option(const Options *options, Str name)
{
    static const char *const common[] = {"data", "set", "config", "help"};
    const char *nearest = NULL;
    uint32_t best = 3;

    for (const Option *o = options->options; o->name; o++) {
        uint32_t distance = edit_distance(name, str_of(o->name), best);

        if (distance < best) {
            best = distance;
            nearest = o->name;
        }
    }
    for (size_t i = 0; i < COUNT_OF(common); i++) {
        uint32_t distance = edit_distance(name, str_of(common[i]), best);

        if (distance < best) {
            best = distance;
            nearest = common[i];
        }
    }
    if (nearest)
        return usage_error(options, "there is no option --%.*s; did you mean --%s?", STR_ARG(name),
                           nearest);
    return usage_error(options, "there is no option --%.*s", STR_ARG(name));
}

bool options_add_setting(Options *options, const char *text, Error *err)
{
    const char *equals = strchr(text, '=');
    SettingArg setting;

    if (!equals || equals == text)
        return error_set(err, ERROR_USER, "--set takes KEY=VALUE, not '%s'", text);
    setting.key = str_to_c(&options->arena, str_trim((Str){text, (uint32_t)(equals - text)}));
    setting.value = str_to_c(&options->arena, str_trim(str_of(equals + 1)));
    VEC_ADD_IN(&options->arena, &options->settings, setting);
    return true;
}

bool options_parse(Options *options, int argc, char **argv, int *exit_status)
{
    bool ended = false;
    Error err = {0};

    arena_init(&options->arena);
    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i];
        const char *value;
        const char *equals;
        const Option *option;
        Str name;

        if (ended || arg[0] != '-' || arg[1] == '\0') {
            VEC_ADD_IN(&options->arena, &options->operands, arg);
            continue;
        }
        if (strcmp(arg, "--") == 0) {
            ended = true;
            continue;
        }
        if (strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0) {
            print_help(options);
            *exit_status = EXIT_DONE;
            return false;
        }
        equals = arg[1] == '-' ? strchr(arg, '=') : NULL;
        name = str_of(arg + (arg[1] == '-' ? 2 : 1));
        if (equals)
            name.bytes = (uint32_t)(equals - name.data);
        option = find_option(options, name);
        if (option && !option->value) {
            if (equals) {
                *exit_status = usage_error(options, "--%s takes no value", option->name);
                return false;
            }
            *option->set = true;
            continue;
        }
        if (!option && !str_is(name, "data") && !str_is(name, "set") && !str_is(name, "config")) {
            *exit_status = unknown_option(options, name);
            return false;
        }
        value = equals ? equals + 1 : i + 1 < argc ? argv[++i] : NULL;
        if (!value) {
            *exit_status = usage_error(options, "--%.*s needs a value", STR_ARG(name));
            return false;
        }
        if (option) {
            *option->out = value;
        } else if (str_is(name, "data")) {
            options->data = value;
            options->data_given = true;
        } else if (str_is(name, "config")) {
            options->config = value;
        } else if (!options_add_setting(options, value, &err)) {
            *exit_status = usage_error(options, "%s", err.text);
            return false;
        }
    }
    return true;
}

void options_done(Options *options)
{
    arena_done(&options->arena);
}

bool option_number(const Options *options, const char *name, const char *text, int64_t min,
                   int64_t max, int64_t *out)
{
    if (str_to_int64(str_of(text), out) && *out >= min && *out <= max)
        return true;
    (void)usage_error(options, "--%s takes a whole number from %lld to %lld, not '%s'", name,
                      (long long)min, (long long)max, text);
    return false;
}

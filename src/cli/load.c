#include "cli/load.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/output.h"
#include "os/os.h"

extern char **environ;

static bool read_settings(const Options *options, Arena *arena, Settings *out)
{
    Error err = {0};
    Str text;

    settings_init(out, arena, (const char *const *)environ);
    if (options->config &&
        (!os_read_file(arena, options->config, PIPELINE_BYTES_MAX, &text, &err) ||
         !settings_read_config(out, text, options->config, &err))) {
        (void)tell_error(options, &err);
        return false;
    }
    for (size_t i = 0; i < options->settings.count; i++) {
        const SettingArg *arg = &options->settings.items[i];

        if (!settings_set(out, SETTING_COMMAND, str_of(arg->key), str_of(arg->value), &err)) {
            (void)tell_error(options, &err);
            return false;
        }
    }
    return true;
}

bool load_settings(const Options *options, Arena *arena, Settings *out)
{
    Error err = {0};

    if (!read_settings(options, arena, out))
        return false;
    if (settings_check_names(out, &err))
        return true;
    (void)tell_error(options, &err);
    return false;
}

static void print_diagnostics(const DiagnosticList *diagnostics, const char *file, Str text)
{
    OutputStyle style = output_style(stderr);
    DiagnosticStyle shown = {.colour = style.colour, .columns = (uint32_t)style.columns};
    StrBuf out;

    strbuf_init(&out);
    diagnostics_print(&out, diagnostics, file, text, shown);
    (void)fwrite(strbuf_c(&out), 1, out.bytes, stderr);
    strbuf_done(&out);
}

PipelineSpec *load_pipeline(const Options *options, Arena *arena, const char *file,
                            bool engine_spark)
{
    return load_pipeline_input(options, arena, file, (PipelineInput){.engine_spark = engine_spark});
}

PipelineSpec *load_pipeline_input(const Options *options, Arena *arena, const char *file,
                                  PipelineInput input)
{
    DiagnosticList diagnostics;
    Settings settings;
    PipelineSpec *spec;
    Error err = {0};

    input.file_name = file;
    input.settings = &settings;
    if (!read_settings(options, arena, &settings))
        return NULL;
    if (!os_read_file(arena, file, PIPELINE_BYTES_MAX, &input.text, &err)) {
        (void)tell_error(options, &err);
        return NULL;
    }
    diagnostics_init(&diagnostics, arena);
    spec = pipeline_spec_bind(arena, &input, &diagnostics);
    diagnostics_sort(&diagnostics);
    if (!spec || input.part != PART_COLLECTING) /* The other part of the file tells the warnings. */
        print_diagnostics(&diagnostics, file, input.text);
    return spec;
}

bool load_operand(const Options *options, const char *what, const char **out, int *exit_status)
{
    if (options->operands.count == 1) {
        *out = options->operands.items[0];
        return true;
    }
    if (options->operands.count == 0)
        *exit_status = usage_error(options, "%s is missing", what);
    else
        *exit_status = usage_error(options, "'%s' is one too many", options->operands.items[1]);
    return false;
}

int tell_error(const Options *options, const Error *err)
{
    fprintf(stderr, "weir %s: %s%s%s%s\n", options->command, err->class_name ? "[" : "",
            err->class_name ? err->class_name : "", err->class_name ? "] " : "", err->text);
    return err->kind == ERROR_RETRY ? EXIT_OUTSIDE : EXIT_INPUT;
}

int tell_run_error(const Options *options, const PipelineSpec *spec, const Error *err)
{
    DiagnosticList told;
    Arena arena;

    if (!err->span.line)
        return tell_error(options, err);
    arena_init(&arena);
    diagnostics_init(&told, &arena);
    (void)diagnostic_error(&told, err->span, err->class_name, err->sqlstate, "%s", err->text);
    print_diagnostics(&told, spec->file_name, spec->text);
    arena_done(&arena);
    return err->kind == ERROR_RETRY ? EXIT_OUTSIDE : EXIT_INPUT;
}

const char *load_data_dir(const Options *options)
{
    return options->data ? options->data : "./weir-data";
}

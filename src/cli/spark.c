/*
 * spark.c: see spark.h.
 */
#include "cli/spark.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "plan/spark_plan.h"

extern char **environ;

/* ── where it is ───────────────────────────────────────────────────────────────────────────────*/

/* The folder above the one this program is in: the clone of build/weir. */
static const char *program_root(Arena *arena)
{
    char path[4096];
    ssize_t bytes = readlink("/proc/self/exe", path, sizeof path - 1);

    for (int up = 0; bytes > 0 && up < 2; up++) {
        while (bytes > 0 && path[bytes - 1] != '/')
            bytes--;
        bytes = bytes > 1 ? bytes - 1 : bytes;
    }
    return bytes > 0 ? str_to_c(arena, (Str){path, (uint32_t)bytes}) : ".";
}

/* What pip makes of a virtual environment: VENV/lib/pythonX.Y/site-packages/pyspark. */
static bool find_in_venv(Arena *arena, const char *venv, SparkPlace *out)
{
    const char *lib = arena_printf(arena, "%s/lib", venv);
    const char *const *names;
    size_t count;
    Error ignored = {0};

    if (!os_is_dir(lib) || !os_list(arena, lib, &names, &count, &ignored))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *home =
            arena_printf(arena, "%s/%s/site-packages/pyspark", lib, names[i]);

        if (!os_exists(arena_printf(arena, "%s/bin/spark-submit", home)))
            continue;
        *out = (SparkPlace){
            .submit = arena_printf(arena, "%s/bin/spark-submit", home),
            .home = home,
            .python = arena_printf(arena, "%s/bin/python", venv),
        };
        return true;
    }
    return false;
}

static bool find_installed(Arena *arena, SparkPlace *out)
{
    const char *dir = getenv("WEIR_SPARK_DIR");

    if (dir && *dir)
        return find_in_venv(arena, arena_printf(arena, "%s/venv", dir), out);
    return find_in_venv(arena, arena_printf(arena, "%s/build-spark/venv", program_root(arena)),
                        out) ||
           find_in_venv(arena, "build-spark/venv", out);
}

static bool find_on_path(Arena *arena, const char *program)
{
    const char *path = getenv("PATH");
    Str rest = path ? str_of(path) : (Str){NULL, 0};
    Str dir;

    while (rest.data && str_split(&rest, ':', &dir)) {
        if (os_exists(arena_printf(arena, "%.*s/%s", STR_ARG(dir), program)))
            return true;
    }
    return false;
}

/* Spark's own words for it are those of its shell script. */
static bool has_java(Arena *arena, const SparkPlace *place, Error *err)
{
    const char *home = getenv("JAVA_HOME");

    if (os_exists(arena_printf(arena, "%s/conf/spark-env.sh", place->home)))
        return true; /* Which may say where it is. */
    if (home && *home)
        return os_exists(arena_printf(arena, "%s/bin/java", home)) ||
               error_set(err, ERROR_USER, "Spark needs Java 17, and JAVA_HOME is %s, where there is no bin/java", home);
    return find_on_path(arena, "java") ||
           error_set(err, ERROR_USER, "Spark needs Java 17: install it, or set JAVA_HOME");
}

bool spark_find(Arena *arena, SparkPlace *out, Error *err)
{
    const char *home = getenv("SPARK_HOME");
    const char *venv_python;

    if (!home || !*home) {
        if (find_installed(arena, out))
            return has_java(arena, out, err);
        return error_set(err, ERROR_USER, "Apache Spark is not installed; script/spark installs "
                                          "it, or set SPARK_HOME");
    }
    *out = (SparkPlace){.submit = arena_printf(arena, "%s/bin/spark-submit", home), .home = home};
    if (!os_exists(out->submit))
        return error_set(err, ERROR_USER, "SPARK_HOME is %s, where there is no bin/spark-submit",
                         home);
    /* A Spark that pip has put into a virtual environment wants that one's Python. */
    venv_python = arena_printf(arena, "%s/../../../../bin/python", home);
    if (!getenv("PYSPARK_PYTHON") && os_exists(venv_python))
        out->python = venv_python;
    return has_java(arena, out, err);
}

/* ── what it needs ─────────────────────────────────────────────────────────────────────────────*/

static const char run_py[] =
    "\"\"\"Runs the pipeline of plan.json beside it: spark-submit run.py [--help]\"\"\"\n"
    "import os\n"
    "import sys\n"
    "\n"
    "sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))\n"
    "\n"
    "from weir_spark.__main__ import main  # noqa: E402\n"
    "\n"
    "if __name__ == \"__main__\":\n"
    "    sys.exit(main())\n";

/* Spark's own log: errors alone, on standard error; but not those which the runner tells in a sentence. */
static const char log4j2[] = "rootLogger.level = error\n"
                             "logger.streaming.name = org.apache.spark.sql.execution.streaming\n"
                             "logger.streaming.level = off\n"
                             "logger.executor.name = org.apache.spark.executor.Executor\n"
                             "logger.executor.level = off\n"
                             "logger.tasks.name = org.apache.spark.scheduler.TaskSetManager\n"
                             "logger.tasks.level = off\n"
                             "logger.kafka.name = org.apache.kafka\n"
                             "logger.kafka.level = off\n"
                             "rootLogger.appenderRef.stderr.ref = stderr\n"
                             "appender.stderr.type = Console\n"
                             "appender.stderr.name = stderr\n"
                             "appender.stderr.target = SYSTEM_ERR\n"
                             "appender.stderr.layout.type = PatternLayout\n"
                             "appender.stderr.layout.pattern = %d %p %c{1}: %m%n%ex\n";

/* A line of a file of Java's properties. */
static void add_property(StrBuf *out, Str key, Str value)
{
    for (uint32_t i = 0; i < key.bytes; i++) {
        if (strchr(" :=\\#!", key.data[i]))
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, key.data[i]);
    }
    strbuf_add_char(out, '=');
    for (uint32_t i = 0; i < value.bytes; i++) {
        char c = value.data[i];

        if (c == '\\' || c == '\n' || c == '\r')
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, c == '\n' ? 'n' : c == '\r' ? 'r' : c);
    }
    strbuf_add_char(out, '\n');
}

/* Spark matches the messages of failed batches with a regular expression that recurses at every character. */
#define DRIVER_OPTIONS "-Xss16m"

/* In a file, since anybody on the machine can read a command line. */
static void add_properties(StrBuf *out, const Settings *settings)
{
    Str value;

    if (!settings_find(settings, STR("spark.driver.extraJavaOptions"), &value))
        add_property(out, STR("spark.driver.extraJavaOptions"), STR(DRIVER_OPTIONS));
    for (size_t i = 0; i < settings->count; i++) {
        Str key = settings->items[i].key;

        /* Of spark.checkpoint.dir, weir's own, Spark would make folders for something else. */
        if (str_starts_with(key, STR("spark.")) && !str_is(key, "spark.checkpoint.dir") &&
            settings_find(settings, key, &value))
            add_property(out, key, value);
    }
}

bool spark_export(const PipelineSpec *spec, const char *dir, Error *err)
{
    StrBuf properties;
    StrBuf plan;
    Arena arena;
    bool ok;

    arena_init(&arena);
    strbuf_init(&plan);
    strbuf_init(&properties);
    spark_plan_json(spec, &plan);
    add_properties(&properties, &spec->settings);
    ok = os_mkdir_all(arena_printf(&arena, "%s/weir_spark", dir), err) &&
         os_write_private_file(arena_printf(&arena, "%s/plan.json", dir), strbuf_str(&plan), err) &&
         os_write_private_file(arena_printf(&arena, "%s/spark.conf", dir), strbuf_str(&properties), err) &&
         os_write_file(arena_printf(&arena, "%s/run.py", dir), STR(run_py), err) &&
         os_write_file(arena_printf(&arena, "%s/log4j2.properties", dir), STR(log4j2), err);
    for (const EmbeddedFile *file = spark_runner_files; ok && file->name; file++)
        ok = os_write_file(arena_printf(&arena, "%s/weir_spark/%s", dir, file->name),
                           (Str){file->data, (uint32_t)file->bytes}, err);
    strbuf_done(&properties);
    strbuf_done(&plan);
    arena_done(&arena);
    return ok;
}

/* ── a run of it ───────────────────────────────────────────────────────────────────────────────*/

typedef VEC(const char *) ArgumentVec;

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What holds where the setting is not given; one of the environment is in no file. */
static void add_standard(Arena *arena, ArgumentVec *arguments, const PipelineSpec *spec, const char *key,
                         const char *standard)
{
    SettingLayer layer;
    Str value;

    if (!settings_find_layer(&spec->settings, str_of(key), &value, &layer))
        value = str_of(standard);
    else if (layer != SETTING_ENVIRONMENT)
        return;
    VEC_ADD_IN(arena, arguments, "--conf");
    VEC_ADD_IN(arena, arguments, arena_printf(arena, "%s=%.*s", key, STR_ARG(value)));
}

/* `local`: all of Spark in one process here, which nobody else need reach. The driver's Python is the one that has
 * Spark; workers have another where PYSPARK_PYTHON says so. */
static const char *const *make_environment(Arena *arena, const SparkPlace *place, bool local)
{
    ArgumentVec environment = {0};
    const char *workers_python = getenv("PYSPARK_PYTHON");

    for (char **entry = environ; *entry; entry++) {
        if (!has_prefix(*entry, "SPARK_HOME=") &&
            !has_prefix(*entry, "PYSPARK_PYTHON=") &&
            !has_prefix(*entry, "PYSPARK_DRIVER_PYTHON="))
            VEC_ADD_IN(arena, &environment, *entry);
    }
    VEC_ADD_IN(arena, &environment, arena_printf(arena, "SPARK_HOME=%s", place->home));
    if (local && !getenv("SPARK_LOCAL_IP"))
        VEC_ADD_IN(arena, &environment, "SPARK_LOCAL_IP=127.0.0.1");
    /* The runner ends when this process is gone. */
    VEC_ADD_IN(arena, &environment, arena_printf(arena, "WEIR_PID=%d", (int)getpid()));
    VEC_ADD_IN(arena, &environment, "PYTHONDONTWRITEBYTECODE=1");
    if (place->python)
        VEC_ADD_IN(arena, &environment,
                   arena_printf(arena, "PYSPARK_DRIVER_PYTHON=%s", place->python));
    if (!workers_python || !*workers_python)
        workers_python = place->python;
    if (workers_python)
        VEC_ADD_IN(arena, &environment, arena_printf(arena, "PYSPARK_PYTHON=%s", workers_python));
    VEC_ADD_IN(arena, &environment, NULL);
    return environment.items;
}

static bool check_master(Str master, Error *err)
{
    static const char *const kinds[] = {"local", "spark://", "k8s://"};

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_starts_with(master, str_of(kinds[i])))
            return true;
    }
    return str_is(master, "yarn") ||
           error_set(err, ERROR_USER, "spark.master is '%.*s': take local[2], spark://HOST:7077, yarn or k8s://https://HOST:PORT",
                     STR_ARG(master));
}

bool spark_start(const SparkPlace *place, const PipelineSpec *spec, const char *dir,
                 const char *const *arguments, bool read_output, Arena *arena, OsProcess **out,
                 Error *err)
{
    ArgumentVec all = {0};
    Str master = STR("local[2]");
    bool local;

    (void)settings_find(&spec->settings, STR("spark.master"), &master);
    if (!check_master(master, err))
        return false;
    local = str_starts_with(master, STR("local"));
    VEC_ADD_IN(arena, &all, place->submit);
    VEC_ADD_IN(arena, &all, "--load-spark-defaults");
    VEC_ADD_IN(arena, &all, "--properties-file");
    VEC_ADD_IN(arena, &all, arena_printf(arena, "%s/spark.conf", dir));
    add_standard(arena, &all, spec, "spark.master", str_to_c(arena, master));
    add_standard(arena, &all, spec, "spark.driver.memory", "1g");
    add_standard(arena, &all, spec, "spark.driver.extraJavaOptions",
                 arena_printf(arena, DRIVER_OPTIONS " -Dlog4j2.configurationFile=%s/log4j2.properties", dir));
    VEC_ADD_IN(arena, &all, arena_printf(arena, "%s/run.py", dir));
    for (; *arguments; arguments++)
        VEC_ADD_IN(arena, &all, *arguments);
    VEC_ADD_IN(arena, &all, NULL);
    return os_process_start(all.items, make_environment(arena, place, local), read_output, out, err);
}

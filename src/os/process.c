/*
 * process.c: other programs, started and waited for. See os.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "os/os.h"

struct OsProcess {
    pid_t pid;
    int output; /* What the program writes to its standard output; -1: it has ours. */
    char *buffer;
    size_t bytes;
    size_t capacity;
    bool ended;
    int status;
};

bool os_process_start(const char *const *arguments, const char *const *environment,
                      bool read_output, OsProcess **out, Error *err)
{
    OsProcess *process = calloc(1, sizeof *process);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int pipe_ends[2] = {-1, -1};
    int failure;

    ASSERT(process);
    process->output = -1;
    if (read_output && pipe2(pipe_ends, O_CLOEXEC) != 0) {
        free(process);
        return error_set_errno(err, errno, "make a pipe");
    }
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    (void)sigemptyset(&none);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    /* A group of its own: Ctrl-C at the terminal is ours to pass on, once. */
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    if (read_output)
        (void)posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    failure = posix_spawnp(&process->pid, arguments[0], &actions, &attributes,
                           (char *const *)(uintptr_t)arguments,
                           (char *const *)(uintptr_t)environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    if (read_output)
        (void)close(pipe_ends[1]);
    if (failure) {
        if (read_output)
            (void)close(pipe_ends[0]);
        free(process);
        return error_set_errno(err, failure, "start %s", arguments[0]);
    }
    process->output = pipe_ends[0];
    if (read_output)
        (void)fcntl(process->output, F_SETFL, O_NONBLOCK);
    *out = process;
    return true;
}

static void read_some(OsProcess *process)
{
    ssize_t got = -1;

    if (process->output < 0)
        return;
    if (process->capacity - process->bytes < 65536) {
        process->capacity = process->capacity * 2 + 131072;
        process->buffer = realloc(process->buffer, process->capacity);
        ASSERT(process->buffer);
    }
    got = read(process->output, process->buffer + process->bytes,
               process->capacity - process->bytes);
    if (got > 0)
        process->bytes += (size_t)got;
}

bool os_process_line(OsProcess *process, Arena *arena, Str *line)
{
    const char *end;
    size_t bytes;

    read_some(process);
    end = process->bytes ? memchr(process->buffer, '\n', process->bytes) : NULL;
    if (!end)
        return false;
    bytes = (size_t)(end - process->buffer);
    *line = str_copy(arena, (Str){process->buffer, (uint32_t)bytes});
    process->bytes -= bytes + 1;
    memmove(process->buffer, process->buffer + bytes + 1, process->bytes);
    return true;
}

bool os_process_ended(OsProcess *process, int *exit_status)
{
    if (!process->ended && waitpid(process->pid, &process->status, WNOHANG) == process->pid)
        process->ended = true;
    if (process->ended)
        *exit_status = WIFEXITED(process->status) ? WEXITSTATUS(process->status)
                                                  : 128 + WTERMSIG(process->status);
    return process->ended;
}

void os_process_stop(OsProcess *process, bool hard)
{
    if (!process->ended)
        (void)kill(-process->pid, hard ? SIGKILL : SIGTERM);
}

void os_process_stop_child(OsProcess *process, int64_t pid)
{
    if (!process->ended && pid > 1 && pid <= INT32_MAX && getpgid((pid_t)pid) == process->pid)
        (void)kill((pid_t)pid, SIGTERM);
}

void os_process_free(OsProcess *process)
{
    int status;

    if (!process)
        return;
    if (!os_process_ended(process, &status)) {
        os_process_stop(process, true);
        while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    if (process->output >= 0)
        (void)close(process->output);
    free(process->buffer);
    free(process);
}

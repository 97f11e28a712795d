/*
 * os.h: the only door to the kernel: time, files, threads, randomness.
 *
 * Everything above calls these functions and no system call; they go through one table of functions
 * (OsMethods) that a test may replace as a whole: a wrapper that fails or kills at the n-th write or
 * sync (test/fault), or a simulated world (test/sim). Sockets are those of the libraries that own
 * them (libcurl, libmicrohttpd, librdkafka, libpq), which stay outside the simulation.
 *
 * Errors: false with err set (error_set_errno with the path in the text).
 * Thread: any, unless said otherwise.
 */
#ifndef WEIR_OS_OS_H
#define WEIR_OS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

/* ── files ─────────────────────────────────────────────────────────────────────────────────────*/

typedef struct OsFile OsFile; /* An open file. One thread at a time, except os_file_read_at. */

typedef enum OsOpenMode {
    OS_OPEN_READ,         /* Must exist. */
    OS_OPEN_READ_WRITE,   /* Created when missing; never truncated. */
    OS_OPEN_CREATE_NEW,   /* Must not exist. */
    OS_OPEN_TRUNCATE,     /* Created or emptied, for writing. */
    OS_OPEN_PRIVATE,      /* As TRUNCATE; if made, for its owner's eyes alone. */
} OsOpenMode;

typedef struct OsMethods {
    int64_t (*clock_realtime_us)(void *self);  /* Since 1970 UTC. */
    int64_t (*clock_monotonic_us)(void *self);
    void (*sleep_us)(void *self, int64_t us);
    bool (*random_bytes)(void *self, void *out, size_t bytes); /* From the kernel. */

    bool (*open)(void *self, const char *path, OsOpenMode mode, int *fd, Error *err);
    void (*close)(void *self, int fd);
    /* Reads up to `bytes`; *got < bytes only at the end of the file. */
    bool (*read_at)(void *self, int fd, const char *path, void *out, size_t bytes, int64_t offset,
                    size_t *got, Error *err);
    /* Writes all or fails; after a failure any prefix may have been written. */
    bool (*write_at)(void *self, int fd, const char *path, const void *data, size_t bytes,
                     int64_t offset, Error *err);
    bool (*sync)(void *self, int fd, const char *path, Error *err); /* fdatasync */
    bool (*truncate)(void *self, int fd, const char *path, int64_t bytes, Error *err);
    bool (*size)(void *self, int fd, const char *path, int64_t *bytes, Error *err);
    bool (*rename)(void *self, const char *from, const char *to, Error *err); /* Atomic. */
    bool (*unlink)(void *self, const char *path, Error *err); /* A missing file is no error. */
    bool (*mkdir)(void *self, const char *path, Error *err);  /* An existing folder is no error. */
    bool (*sync_dir)(void *self, const char *path, Error *err);
} OsMethods;

/* Swaps the world; NULL puts the real one back. Thread: before any other thread runs. */
void os_use(const OsMethods *methods, void *self);
/* The real world's methods, for wrappers; their `self` is ignored. */
const OsMethods *os_real(void);

bool os_file_open(const char *path, OsOpenMode mode, OsFile **out, Error *err);
void os_file_close(OsFile *file); /* NULL is fine. */
const char *os_file_path(const OsFile *file);
bool os_file_read_at(OsFile *file, void *out, size_t bytes, int64_t offset, size_t *got,
                     Error *err);
bool os_file_write_at(OsFile *file, const void *data, size_t bytes, int64_t offset, Error *err);
bool os_file_sync(OsFile *file, Error *err);
bool os_file_truncate(OsFile *file, int64_t bytes, Error *err);
bool os_file_size(OsFile *file, int64_t *bytes, Error *err);

bool os_rename(const char *from, const char *to, Error *err);
bool os_unlink(const char *path, Error *err);
bool os_mkdir(const char *path, Error *err);       /* One level. */
bool os_mkdir_all(const char *path, Error *err);   /* And what is above it. */
bool os_sync_dir(const char *path, Error *err);    /* Makes creates and renames in it durable. */
bool os_remove_all(const char *path, Error *err);  /* A folder and all in it; missing is fine. */

bool os_exists(const char *path);
bool os_is_dir(const char *path);
bool os_is_missing(const char *path); /* Not what one may not look at, as !os_exists is. */
bool os_may_write(const char *path); /* A folder: make files in it. */
/* Modification time and size of a path that exists. */
bool os_stat(const char *path, int64_t *bytes, int64_t *modified_us, Error *err);
/* The names in a folder, sorted by bytes, without "." and ".."; strings and array in `arena`. */
bool os_list(Arena *arena, const char *path, const char *const **names, size_t *name_count,
             Error *err);
/* The whole file into `arena`, followed by a NUL; refused above `bytes_max`. */
bool os_read_file(Arena *arena, const char *path, size_t bytes_max, Str *out, Error *err);
/* Written beside, synced, renamed over: after a crash the old or the new content, never a mixture. */
bool os_write_file(const char *path, Str content, Error *err);
/* The same, for its owner's eyes alone: it holds secrets. */
bool os_write_private_file(const char *path, Str content, Error *err);

/* Standard input, as it comes. Whether there is something to read (or its end) within timeout_us; up
 * to `bytes` of it, waiting for the first (*got 0: the end). */
bool os_stdin_wait(int64_t timeout_us);
bool os_stdin_read(void *out, size_t bytes, size_t *got, Error *err);

/* An exclusive lock held until os_lock_release or process end. *held_by is the owner's process id
 * (0 if unknown) when another process has it: then *out is NULL and the call still returns true. */
typedef struct OsLock OsLock;
bool os_lock_acquire(const char *path, OsLock **out, int *held_by, Error *err);
void os_lock_release(OsLock *lock); /* NULL is fine. */
/* Who holds it: the process id, 0 if unknown; -1: nobody, or there is no such file. Looks by taking
 * the lock for an instant, side by side with others who look. */
int os_lock_holder(const char *path);

/* ── time and chance ───────────────────────────────────────────────────────────────────────────*/

int64_t os_realtime_us(void);  /* Since 1970 UTC. */
int64_t os_monotonic_us(void); /* For durations. */
void os_sleep_us(int64_t us);
bool os_random_bytes(void *out, size_t bytes);

/* ── threads ───────────────────────────────────────────────────────────────────────────────────*/

typedef struct OsThread OsThread;
typedef struct OsMutex OsMutex;
typedef struct OsCond OsCond;

OsThread *os_thread_start(const char *name, void (*run)(void *arg), void *arg);
void os_thread_join(OsThread *thread); /* Waits for its end and frees it. NULL is fine. */

OsMutex *os_mutex_create(void);
void os_mutex_free(OsMutex *mutex);
void os_mutex_lock(OsMutex *mutex);
void os_mutex_unlock(OsMutex *mutex);

OsCond *os_cond_create(void);
void os_cond_free(OsCond *cond);
void os_cond_wait(OsCond *cond, OsMutex *mutex);
/* False when `timeout_us` passed first. */
bool os_cond_wait_for(OsCond *cond, OsMutex *mutex, int64_t timeout_us);
void os_cond_signal(OsCond *cond);
void os_cond_broadcast(OsCond *cond);

/* ── other programs ─────────────────────────────────────────────────────────────────────────────*/

typedef struct OsProcess OsProcess;

/* Arguments and environment end with NULL; the program is looked for in PATH. `read_output`: its
 * standard output is read with os_process_line, else it is ours; standard error always is. */
bool os_process_start(const char *const *arguments, const char *const *environment,
                      bool read_output, OsProcess **out, Error *err);
/* The next whole line it has written, copied; false: none for now. Does not wait. */
bool os_process_line(OsProcess *process, Arena *arena, Str *line);
/* Does not wait. A program ended by signal n has the status 128 + n. */
bool os_process_ended(OsProcess *process, int *exit_status);
/* SIGTERM, or SIGKILL, to it and what it has started. */
void os_process_stop(OsProcess *process, bool hard);
/* SIGTERM to one process that it has started, by its pid. */
void os_process_stop_child(OsProcess *process, int64_t pid);
void os_process_free(OsProcess *process); /* Ends it if need be. NULL is fine. */

/* ── the request to stop ───────────────────────────────────────────────────────────────────────*/

/* From now on Ctrl-C and SIGTERM ask to stop instead of ending the process; the second one ends it.
 * Thread: the first, before any other runs. */
void os_stop_catch(void);
bool os_stop_requested(void);
/* Waits until asked to stop (true) or until `timeout_us` passed; negative: without end. */
bool os_stop_wait(int64_t timeout_us);

int os_cpu_count(void);          /* Usable by this process. */
int64_t os_memory_bytes(void);   /* Of the machine. */
/* Of the file system that holds the path: what an ordinary user may still write, and all. */
bool os_disk_space(const char *path, int64_t *free_bytes, int64_t *total_bytes, Error *err);
int64_t os_resident_bytes(void); /* Of this process, now. */

#endif

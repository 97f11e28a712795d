/*
 * os.c: the real world, and the table through which a test replaces it. See os.h.
 */
#include "os/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/vec.h"

/* ── the real world ────────────────────────────────────────────────────────────────────────────*/

static int64_t clock_us(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t real_clock_realtime_us(void *self UNUSED)
{
    return clock_us(CLOCK_REALTIME);
}

static int64_t real_clock_monotonic_us(void *self UNUSED)
{
    return clock_us(CLOCK_MONOTONIC);
}

static void real_sleep_us(void *self UNUSED, int64_t us)
{
    struct timespec rest = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    while (us > 0 && nanosleep(&rest, &rest) != 0 && errno == EINTR)
        ;
}

static bool real_random_bytes(void *self UNUSED, void *out, size_t bytes)
{
    char *at = out;

    while (bytes) {
        ssize_t got = getrandom(at, bytes, 0);

        if (got < 0) {
            if (errno == EINTR)
                continue;
            return false;
        }
        at += got;
        bytes -= (size_t)got;
    }
    return true;
}

static bool real_open(void *self UNUSED, const char *path, OsOpenMode mode, int *fd, Error *err)
{
    static const int flags[] = {
        [OS_OPEN_READ] = O_RDONLY,
        [OS_OPEN_READ_WRITE] = O_RDWR | O_CREAT,
        [OS_OPEN_CREATE_NEW] = O_RDWR | O_CREAT | O_EXCL,
        [OS_OPEN_TRUNCATE] = O_RDWR | O_CREAT | O_TRUNC,
        [OS_OPEN_PRIVATE] = O_RDWR | O_CREAT | O_TRUNC,
    };

    *fd = open(path, flags[mode] | O_CLOEXEC, mode == OS_OPEN_PRIVATE ? 0600 : 0644);
    return *fd >= 0 || error_set_errno(err, errno, "open '%s'", path);
}

static void real_close(void *self UNUSED, int fd)
{
    (void)close(fd);
}

static bool real_read_at(void *self UNUSED, int fd, const char *path, void *out, size_t bytes,
                         int64_t offset, size_t *got, Error *err)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t n = pread(fd, (char *)out + done, bytes - done, offset + (int64_t)done);

        if (n == 0)
            break;
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return error_set_errno(err, errno, "read '%s'", path);
        }
        done += (size_t)n;
    }
    *got = done;
    return true;
}

static bool real_write_at(void *self UNUSED, int fd, const char *path, const void *data,
                          size_t bytes, int64_t offset, Error *err)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t n = pwrite(fd, (const char *)data + done, bytes - done, offset + (int64_t)done);

        if (n <= 0) {
            if (n < 0 && errno == EINTR)
                continue;
            return error_set_errno(err, n < 0 ? errno : ENOSPC, "write '%s'", path);
        }
        done += (size_t)n;
    }
    return true;
}

static bool real_sync(void *self UNUSED, int fd, const char *path, Error *err)
{
    return fdatasync(fd) == 0 || error_set_errno(err, errno, "sync '%s'", path);
}

static bool real_truncate(void *self UNUSED, int fd, const char *path, int64_t bytes, Error *err)
{
    return ftruncate(fd, bytes) == 0 || error_set_errno(err, errno, "truncate '%s'", path);
}

static bool real_size(void *self UNUSED, int fd, const char *path, int64_t *bytes, Error *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return error_set_errno(err, errno, "look at '%s'", path);
    *bytes = info.st_size;
    return true;
}

static bool real_rename(void *self UNUSED, const char *from, const char *to, Error *err)
{
    return rename(from, to) == 0 || error_set_errno(err, errno, "rename '%s' to '%s'", from, to);
}

static bool real_unlink(void *self UNUSED, const char *path, Error *err)
{
    return unlink(path) == 0 || errno == ENOENT || error_set_errno(err, errno, "remove '%s'", path);
}

static bool real_mkdir(void *self UNUSED, const char *path, Error *err)
{
    if (mkdir(path, 0755) == 0 || (errno == EEXIST && os_is_dir(path)))
        return true;
    if (errno == EEXIST || errno == ENOTDIR)
        return error_set(err, ERROR_USER, "make folder '%s': %s is a file, not a folder", path,
                         errno == EEXIST ? "it" : "what is above it");
    return error_set_errno(err, errno, "make folder '%s'", path);
}

static bool real_sync_dir(void *self UNUSED, const char *path, Error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok;

    if (fd < 0)
        return error_set_errno(err, errno, "open folder '%s'", path);
    ok = fsync(fd) == 0 || error_set_errno(err, errno, "sync folder '%s'", path);
    (void)close(fd);
    return ok;
}

static const OsMethods real_methods = {
    .clock_realtime_us = real_clock_realtime_us,
    .clock_monotonic_us = real_clock_monotonic_us,
    .sleep_us = real_sleep_us,
    .random_bytes = real_random_bytes,
    .open = real_open,
    .close = real_close,
    .read_at = real_read_at,
    .write_at = real_write_at,
    .sync = real_sync,
    .truncate = real_truncate,
    .size = real_size,
    .rename = real_rename,
    .unlink = real_unlink,
    .mkdir = real_mkdir,
    .sync_dir = real_sync_dir,
};

static const OsMethods *world = &real_methods;
static void *world_self;

void os_use(const OsMethods *methods, void *self)
{
    world = methods ? methods : &real_methods;
    world_self = methods ? self : NULL;
}

const OsMethods *os_real(void)
{
    return &real_methods;
}

/* ── files ─────────────────────────────────────────────────────────────────────────────────────*/

struct OsFile {
    int fd;
    char path[];
};

bool os_file_open(const char *path, OsOpenMode mode, OsFile **out, Error *err)
{
    size_t path_bytes = strlen(path) + 1;
    OsFile *file;
    int fd;

    if (!world->open(world_self, path, mode, &fd, err))
        return false;
    file = mem_alloc(sizeof *file + path_bytes);
    file->fd = fd;
    memcpy(file->path, path, path_bytes);
    *out = file;
    return true;
}

void os_file_close(OsFile *file)
{
    if (!file)
        return;
    world->close(world_self, file->fd);
    free(file);
}

const char *os_file_path(const OsFile *file)
{
    return file->path;
}

bool os_file_read_at(OsFile *file, void *out, size_t bytes, int64_t offset, size_t *got, Error *err)
{
    return world->read_at(world_self, file->fd, file->path, out, bytes, offset, got, err);
}

bool os_file_write_at(OsFile *file, const void *data, size_t bytes, int64_t offset, Error *err)
{
    return world->write_at(world_self, file->fd, file->path, data, bytes, offset, err);
}

bool os_file_sync(OsFile *file, Error *err)
{
    return world->sync(world_self, file->fd, file->path, err);
}

bool os_file_truncate(OsFile *file, int64_t bytes, Error *err)
{
    return world->truncate(world_self, file->fd, file->path, bytes, err);
}

bool os_file_size(OsFile *file, int64_t *bytes, Error *err)
{
    return world->size(world_self, file->fd, file->path, bytes, err);
}

bool os_rename(const char *from, const char *to, Error *err)
{
    return world->rename(world_self, from, to, err);
}

bool os_unlink(const char *path, Error *err)
{
    return world->unlink(world_self, path, err);
}

bool os_mkdir(const char *path, Error *err)
{
    return world->mkdir(world_self, path, err);
}

bool os_mkdir_all(const char *path, Error *err)
{
    char *copy = mem_strdup(path);
    bool ok = true;

    for (char *at = copy + 1; ok && copy[0] && *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        ok = os_is_dir(copy) || os_mkdir(copy, err);
        *at = '/';
    }
    ok = ok && os_mkdir(path, err);
    free(copy);
    return ok;
}

bool os_sync_dir(const char *path, Error *err)
{
    return world->sync_dir(world_self, path, err);
}

bool os_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

bool os_is_missing(const char *path)
{
    struct stat info;

    return stat(path, &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

bool os_may_write(const char *path)
{
    return access(path, os_is_dir(path) ? W_OK | X_OK : W_OK) == 0;
}

bool os_is_dir(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool os_stat(const char *path, int64_t *bytes, int64_t *modified_us, Error *err)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return error_set_errno(err, errno, "look at '%s'", path);
    *bytes = info.st_size;
    *modified_us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

bool os_list(Arena *arena, const char *path, const char *const **names, size_t *name_count,
             Error *err)
{
    VEC(const char *) found = {0};
    DIR *dir = opendir(path);
    struct dirent *entry;
    int failed;

    if (!dir)
        return error_set_errno(err, errno, "list folder '%s'", path);
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        VEC_ADD_IN(arena, &found, arena_strdup(arena, entry->d_name));
    }
    failed = errno;
    (void)closedir(dir);
    if (failed)
        return error_set_errno(err, failed, "list folder '%s'", path);
    if (found.count)
        qsort(found.items, found.count, sizeof *found.items, compare_names);
    *names = found.items;
    *name_count = found.count;
    return true;
}

static bool is_own_dir(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool os_remove_all(const char *path, Error *err)
{
    Arena arena;
    const char *const *names;
    size_t name_count;
    bool ok;

    /* A link goes, not what it leads to. */
    if (!is_own_dir(path))
        return os_unlink(path, err);
    arena_init(&arena);
    ok = os_list(&arena, path, &names, &name_count, err);
    for (size_t i = 0; ok && i < name_count; i++)
        ok = os_remove_all(arena_printf(&arena, "%s/%s", path, names[i]), err);
    arena_done(&arena);
    if (ok && rmdir(path) != 0)
        ok = error_set_errno(err, errno, "remove folder '%s'", path);
    return ok;
}

/* A pipe, a terminal: what has no size beforehand. */
static bool read_to_end(Arena *arena, int fd, const char *path, size_t bytes_max, Str *out,
                        Error *err)
{
    StrBuf all;
    char chunk[16384];
    ssize_t got;

    strbuf_init(&all);
    while (((got = read(fd, chunk, sizeof chunk)) > 0 && all.bytes <= bytes_max) ||
           (got < 0 && errno == EINTR)) {
        if (got > 0)
            strbuf_add(&all, chunk, (uint32_t)got);
    }
    if (got < 0)
        (void)error_set_errno(err, errno, "read '%s'", path);
    else if (all.bytes > bytes_max)
        (void)error_set(err, ERROR_USER, "read '%s': above the limit of %zu bytes", path, bytes_max);
    else
        *out = str_copy(arena, strbuf_str(&all));
    got = got < 0 || all.bytes > bytes_max ? -1 : 0;
    strbuf_done(&all);
    return got == 0;
}

static bool is_regular(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

bool os_read_file(Arena *arena, const char *path, size_t bytes_max, Str *out, Error *err)
{
    OsFile *file;
    int64_t bytes;
    size_t got;
    char *data;
    bool ok = false;

    if (os_is_dir(path))
        return error_set(err, ERROR_USER, "read '%s': it is a folder, not a file", path);
    if (!os_file_open(path, OS_OPEN_READ, &file, err))
        return false;
    if (world == &real_methods && !is_regular(file->fd)) {
        ok = read_to_end(arena, file->fd, path, bytes_max, out, err);
        goto done;
    }
    if (!os_file_size(file, &bytes, err))
        goto done;
    if ((uint64_t)bytes > bytes_max) {
        error_set(err, ERROR_USER, "read '%s': %lld bytes, above the limit of %zu", path,
                  (long long)bytes, bytes_max);
        goto done;
    }
    data = arena_alloc(arena, (size_t)bytes + 1);
    if (!os_file_read_at(file, data, (size_t)bytes, 0, &got, err))
        goto done;
    data[got] = '\0';
    *out = (Str){data, (uint32_t)got};
    ok = true;
done:
    os_file_close(file);
    return ok;
}

static bool write_file(const char *path, Str content, OsOpenMode mode, Error *err)
{
    Arena arena;
    OsFile *file = NULL;
    const char *slash = strrchr(path, '/');
    const char *beside;
    const char *folder;
    bool ok;

    arena_init(&arena);
    beside = arena_printf(&arena, "%s.new", path);
    if (slash)
        folder = slash == path ? "/" : arena_printf(&arena, "%.*s", (int)(slash - path), path);
    else
        folder = ".";
    /* One left by a write that failed has the rights of that time. */
    ok = (mode != OS_OPEN_PRIVATE || os_unlink(beside, err)) &&
         os_file_open(beside, mode, &file, err) &&
         os_file_write_at(file, content.data, content.bytes, 0, err) && os_file_sync(file, err);
    os_file_close(file);
    ok = ok && os_rename(beside, path, err) && os_sync_dir(folder, err);
    arena_done(&arena);
    return ok;
}

bool os_write_file(const char *path, Str content, Error *err)
{
    return write_file(path, content, OS_OPEN_TRUNCATE, err);
}

bool os_write_private_file(const char *path, Str content, Error *err)
{
    return write_file(path, content, OS_OPEN_PRIVATE, err);
}

bool os_stdin_wait(int64_t timeout_us)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int64_t ms = (MIN(timeout_us, INT64_C(1000000000)) + 999) / 1000;

    return poll(&input, 1, timeout_us < 0 ? -1 : (int)ms) > 0;
}

bool os_stdin_read(void *out, size_t bytes, size_t *got, Error *err)
{
    ssize_t n;

    do {
        n = read(STDIN_FILENO, out, bytes);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return error_set_errno(err, errno, "read standard input");
    *got = (size_t)n;
    return true;
}

struct OsLock {
    int fd;
};

bool os_lock_acquire(const char *path, OsLock **out, int *held_by, Error *err)
{
    char text[32] = "";
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    ssize_t n;

    *out = NULL;
    *held_by = 0;
    if (fd < 0)
        return error_set_errno(err, errno, "open lock '%s'", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int code = errno;

        n = pread(fd, text, sizeof text - 1, 0);
        (void)close(fd);
        if (code != EWOULDBLOCK)
            return error_set_errno(err, code, "lock '%s'", path);
        if (n > 0)
            *held_by = atoi(text);
        return true;
    }
    (void)snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, strlen(text), 0) < 0) {
        int code = errno;

        (void)close(fd);
        return error_set_errno(err, code, "write lock '%s'", path);
    }
    *out = mem_alloc(sizeof **out);
    (*out)->fd = fd;
    return true;
}

int os_lock_holder(const char *path)
{
    char text[32] = "";
    int held_by = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        held_by = pread(fd, text, sizeof text - 1, 0) > 0 ? atoi(text) : 0;
    (void)close(fd);
    return held_by;
}

void os_lock_release(OsLock *lock)
{
    if (!lock)
        return;
    (void)close(lock->fd);
    free(lock);
}

/* ── time and chance ───────────────────────────────────────────────────────────────────────────*/

int64_t os_realtime_us(void)
{
    return world->clock_realtime_us(world_self);
}

int64_t os_monotonic_us(void)
{
    return world->clock_monotonic_us(world_self);
}

void os_sleep_us(int64_t us)
{
    world->sleep_us(world_self, us);
}

bool os_random_bytes(void *out, size_t bytes)
{
    return world->random_bytes(world_self, out, bytes);
}

/* ── threads ───────────────────────────────────────────────────────────────────────────────────*/

struct OsThread {
    pthread_t id;
    void (*run)(void *arg);
    void *arg;
    char name[16];
};

struct OsMutex {
    pthread_mutex_t mutex;
};

struct OsCond {
    pthread_cond_t cond;
};

static void *thread_main(void *arg)
{
    OsThread *thread = arg;

    (void)pthread_setname_np(pthread_self(), thread->name);
    thread->run(thread->arg);
    return NULL;
}

OsThread *os_thread_start(const char *name, void (*run)(void *arg), void *arg)
{
    OsThread *thread = mem_zalloc(sizeof *thread);

    (void)snprintf(thread->name, sizeof thread->name, "%s", name);
    thread->run = run;
    thread->arg = arg;
    ASSERT(pthread_create(&thread->id, NULL, thread_main, thread) == 0);
    return thread;
}

void os_thread_join(OsThread *thread)
{
    if (!thread)
        return;
    (void)pthread_join(thread->id, NULL);
    free(thread);
}

OsMutex *os_mutex_create(void)
{
    OsMutex *mutex = mem_alloc(sizeof *mutex);

    ASSERT(pthread_mutex_init(&mutex->mutex, NULL) == 0);
    return mutex;
}

void os_mutex_free(OsMutex *mutex)
{
    if (!mutex)
        return;
    (void)pthread_mutex_destroy(&mutex->mutex);
    free(mutex);
}

void os_mutex_lock(OsMutex *mutex)
{
    (void)pthread_mutex_lock(&mutex->mutex);
}

void os_mutex_unlock(OsMutex *mutex)
{
    (void)pthread_mutex_unlock(&mutex->mutex);
}

OsCond *os_cond_create(void)
{
    OsCond *cond = mem_alloc(sizeof *cond);
    pthread_condattr_t attributes;

    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    ASSERT(pthread_cond_init(&cond->cond, &attributes) == 0);
    (void)pthread_condattr_destroy(&attributes);
    return cond;
}

void os_cond_free(OsCond *cond)
{
    if (!cond)
        return;
    (void)pthread_cond_destroy(&cond->cond);
    free(cond);
}

void os_cond_wait(OsCond *cond, OsMutex *mutex)
{
    (void)pthread_cond_wait(&cond->cond, &mutex->mutex);
}

bool os_cond_wait_for(OsCond *cond, OsMutex *mutex, int64_t timeout_us)
{
    int64_t until_us = clock_us(CLOCK_MONOTONIC) + MIN(timeout_us, (int64_t)1 << 55);
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};

    return pthread_cond_timedwait(&cond->cond, &mutex->mutex, &until) != ETIMEDOUT;
}

void os_cond_signal(OsCond *cond)
{
    (void)pthread_cond_signal(&cond->cond);
}

void os_cond_broadcast(OsCond *cond)
{
    (void)pthread_cond_broadcast(&cond->cond);
}

int os_cpu_count(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return MAX(CPU_COUNT(&set), 1);
}

int64_t os_memory_bytes(void)
{
    return (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

bool os_disk_space(const char *path, int64_t *free_bytes, int64_t *total_bytes, Error *err)
{
    struct statvfs space;

    if (statvfs(path, &space) != 0)
        return error_set_errno(err, errno, "look at the file system of '%s'", path);
    *free_bytes = (int64_t)(space.f_bavail * space.f_frsize);
    *total_bytes = (int64_t)(space.f_blocks * space.f_frsize);
    return true;
}

int64_t os_resident_bytes(void)
{
    long pages_total;
    long pages_resident = 0;
    FILE *statm = fopen("/proc/self/statm", "re");

    if (!statm)
        return 0;
    if (fscanf(statm, "%ld %ld", &pages_total, &pages_resident) != 2)
        pages_resident = 0;
    (void)fclose(statm);
    return (int64_t)pages_resident * sysconf(_SC_PAGESIZE);
}

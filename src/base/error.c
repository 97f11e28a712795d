#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static PRINTF(2, 0) void set_text(Error *err, const char *format, va_list args)
{
    (void)vsnprintf(err->text, sizeof err->text, format, args);
}

bool error_set(Error *err, ErrorKind kind, const char *format, ...)
{
    va_list args;

    err->kind = kind;
    err->class_name = NULL;
    err->sqlstate = NULL;
    err->span = SPAN_NONE;
    va_start(args, format);
    set_text(err, format, args);
    va_end(args);
    return false;
}

bool error_set_class(Error *err, ErrorKind kind, const char *class_name, const char *sqlstate,
                     const char *format, ...)
{
    va_list args;

    err->kind = kind;
    err->class_name = class_name;
    err->sqlstate = sqlstate;
    err->span = SPAN_NONE;
    va_start(args, format);
    set_text(err, format, args);
    va_end(args);
    return false;
}

bool error_wrap(Error *err, const char *format, ...)
{
    char tail[sizeof err->text];
    va_list args;
    size_t used;

    memcpy(tail, err->text, sizeof tail);
    va_start(args, format);
    set_text(err, format, args);
    va_end(args);
    used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %s", tail);
    return false;
}

bool error_set_errno(Error *err, int code, const char *format, ...)
{
    va_list args;
    size_t used;
    const char *remedy = "";
    ErrorKind kind = ERROR_JOB;

    switch (code) {
    case ENOSPC:
    case EDQUOT:
        remedy = "; free some space and start again, nothing committed is lost";
        kind = ERROR_RETRY;
        break;
    case EFBIG:
        remedy = "; raise the limit on the size of files (ulimit -f) and start again, nothing "
                 "committed is lost";
        kind = ERROR_RETRY;
        break;
    case EACCES:
    case EPERM:
    case EROFS:
        remedy = "; check the owner and the permissions";
        kind = ERROR_USER;
        break;
    case ENOENT:
    case ENOTDIR:
        kind = ERROR_USER;
        break;
    case EMFILE:
        remedy = "; raise the limit on open files (ulimit -n)";
        break;
    default:
        break;
    }
    err->kind = kind;
    err->class_name = NULL;
    err->sqlstate = NULL;
    err->span = SPAN_NONE;
    va_start(args, format);
    set_text(err, format, args);
    va_end(args);
    used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %s%s", strerror(code), remedy);
    return false;
}

void error_clear(Error *err)
{
    err->kind = ERROR_NONE;
    err->class_name = NULL;
    err->sqlstate = NULL;
    err->span = SPAN_NONE;
    err->text[0] = '\0';
}

const char *error_kind_name(ErrorKind kind)
{
    static const char *const names[] = {"none", "user", "data", "retry", "job"};

    return names[kind];
}

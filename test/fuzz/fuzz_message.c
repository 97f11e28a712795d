/* Any bytes as what comes over a data directory's socket: one request, read whole or refused. What
 * is read keeps the promises of message.h. */
#include "base/assert.h"
#include "pipeline/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_request(const Message *message)
{
    TopicRequest request;
    Error err = {0};
    Arena arena;

    arena_init(&arena);
    if (message_read_request(message, &arena, &request, &err)) {
        ASSERT(topic_name_check(request.topic, &err));
        for (size_t i = 0; i < request.record_count; i++) {
            const LogRecord *record = &request.records[i];
            Str headers = record->headers;
            RecordHeader header;
            int32_t count = 0;

            ASSERT(record->timestamp_ms >= 0);
            while (record_header_next(&headers, &header))
                count++;
            ASSERT(count == record->header_count && headers.bytes == 0);
        }
    } else {
        ASSERT(err.kind != ERROR_NONE);
    }
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    Message message;
    Error err = {0};
    Error refusal = {0};
    bool done;

    if (message_parse((const char *)data, bytes, &message, &err) != MESSAGE_WHOLE)
        return 0;
    check_request(&message);
    (void)message_read_answer(&message, &done, &refusal, &err);
    return 0;
}

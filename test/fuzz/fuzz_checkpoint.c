/* Any bytes as the payload of a state file's frame: read to the end or refused, and what is read can
 * be written and read again. */
#include <stdlib.h>

#include "base/assert.h"
#include "state/checkpoint_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    Str payload = {(const char *)data, (uint32_t)bytes};
    CheckpointEntry entry = {0};
    StrBuf again = {0};
    bool end = false;

    while (entry_decode(&payload, &entry, &end) && !end) {
        CheckpointEntry back = {0};
        Str rest;

        strbuf_clear(&again);
        entry_encode_flow(&again, entry.flow);
        entry_encode(&again, &entry);
        rest = strbuf_str(&again);
        ASSERT(entry_decode(&rest, &back, &end) && !end && rest.bytes == 0);
        ASSERT(str_equal(back.flow, entry.flow) && str_equal(back.key, entry.key) &&
               str_equal(back.value, entry.value) && back.deleted == entry.deleted &&
               back.node_id == entry.node_id && back.slot == entry.slot &&
               back.group == entry.group);
    }
    strbuf_done(&again);
    return 0;
}

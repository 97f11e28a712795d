#include "generate/shop.h"

#include "generate/skew.h"

/* Longer than any number of customers and prime, so that multiplying by it permutes their ids. */
#define SPREAD UINT64_C(2654435761)

const char *const shop_categories[SHOP_CATEGORY_COUNT] = {
    "coffee", "tea",     "chocolate", "books",    "music",       "toys",
    "games",  "kitchen", "garden",    "clothing", "electronics", "travel",
};

int64_t shop_customer_draw(const GenerateOptions *options, Random *random)
{
    uint64_t count = (uint64_t)options->customers;
    uint64_t rank = skew_draw(skew_octaves(count), random);

    return (int64_t)((rank * SPREAD + ((uint64_t)options->seed & 0xFFFFFFFFu)) % count);
}

int shop_category_draw(Random *random)
{
    return (int)skew_draw(skew_octaves(SHOP_CATEGORY_COUNT), random);
}

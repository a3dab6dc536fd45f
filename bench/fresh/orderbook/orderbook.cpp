// A market: bids and offers in the order of their prices, matched when they meet.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

static uint32_t rng_next(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

struct Order { int64_t id, price, count; };
struct Book { std::vector<Order> bids, offers; int64_t traded = 0, volume = 0; };

// The best one last.
static void place(std::vector<Order> &side, const Order &order, bool is_bid) {
    size_t low = 0, high = side.size();
    while (low < high) {
        size_t middle = (low + high) / 2;
        bool goes_behind = is_bid ? side[middle].price < order.price : side[middle].price > order.price;
        if (goes_behind) low = middle + 1;
        else high = middle;
    }
    side.insert(side.begin() + (long)low, order);
}

static void take(std::vector<Order> &side, Order &order, bool is_bid, int64_t &traded, int64_t &volume) {
    while (order.count > 0 && !side.empty()) {
        Order &best = side.back();
        bool meets = is_bid ? best.price <= order.price : best.price >= order.price;
        if (!meets) return;
        int64_t count = std::min(best.count, order.count);
        traded++;
        volume += count * best.price;
        order.count -= count;
        if (count == best.count) side.pop_back();
        else best.count -= count;
    }
}

int main(void) {
    Book book;
    uint32_t s = 61;
    int64_t middle = 10000;
    for (int64_t id = 0; id < 300000; id++) {
        bool is_bid = rng_next(&s) % 2 == 0;
        middle += (int64_t)(rng_next(&s) % 3) - 1;
        int64_t off = rng_next(&s) % 60;
        Order order = {id, is_bid ? middle - off + 5 : middle + off - 5, 0};
        order.count = 1 + rng_next(&s) % 100;
        if (is_bid) {
            take(book.offers, order, true, book.traded, book.volume);
            if (order.count > 0) place(book.bids, order, true);
        } else {
            take(book.bids, order, false, book.traded, book.volume);
            if (order.count > 0) place(book.offers, order, false);
        }
        if (book.bids.size() > 500) book.bids.erase(book.bids.begin());
        if (book.offers.size() > 500) book.offers.erase(book.offers.begin());
    }
    int64_t sum = book.traded * 7 + book.volume;
    for (auto &order : book.bids) sum = (sum * 31 + order.id + order.count) % 1000000007;
    for (auto &order : book.offers) sum = (sum * 31 + order.id + order.price) % 1000000007;
    printf("checksum %lld\n", (long long)sum);
}

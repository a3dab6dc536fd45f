// Orders kept, mapped and summed in chains of closures, and sorted by two keys.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>
struct Order { int64_t id, customer; double price; int64_t count; bool paid; };
int main() {
    std::vector<Order> orders;
    uint32_t s = 99;
    for (int64_t i = 0; i < 200000; i++) {
        s = s * 1664525u + 1013904223u;
        orders.push_back({i, (int64_t)(s >> 8) % 1000, (double)((s >> 4) % 10000) / 100.0, 1 + (int64_t)(s >> 28), (s >> 16) % 4 != 0});
    }
    double total = 0; int64_t many = 0;
    for (int r = 0; r < 20; r++) {
        double limit = 10.0 + r;
        double sum = 0;
        for (auto &o : orders) if (o.paid && o.price > limit) sum += o.price * (double)o.count;
        total += sum;
        for (auto &o : orders) if (o.customer % 7 == r % 7) many++;
        for (auto &o : orders) if (o.price > 99.995) { many++; break; }
    }
    std::vector<Order> best = orders;
    std::stable_sort(best.begin(), best.end(), [](const Order &a, const Order &b) {
        double x = a.price * (double)a.count, y = b.price * (double)b.count;
        return x == y ? a.id < b.id : x > y; });
    for (int i = 0; i < 10; i++) many = many * 31 % 1000003 + best[i].id;
    printf("checksum %.2f %lld\n", total, (long long)many);
}

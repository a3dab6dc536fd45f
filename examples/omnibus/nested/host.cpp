// Values inside of values: structs of the host whose fields a script's records have.
#include "tenon.hpp"

#include <cstdio>

struct Item {
    std::string name;
    double price = 0;
    std::int64_t count = 0;
};
struct Order {
    std::string customer;
    std::optional<double> coupon;
    std::vector<Item> items;
};
struct Bill {
    std::vector<std::pair<std::string, double>> lines;
    double total = 0;
    std::optional<Item> cheapest;
};
template <> struct tenon::record<Item> {
    static constexpr auto fields =
        std::make_tuple(tenon::field("name", &Item::name), tenon::field("price", &Item::price),
                        tenon::field("count", &Item::count));
};
template <> struct tenon::record<Order> {
    static constexpr auto fields =
        std::make_tuple(tenon::field("customer", &Order::customer), tenon::field("coupon", &Order::coupon),
                        tenon::field("items", &Order::items));
};
template <> struct tenon::record<Bill> {
    static constexpr auto fields =
        std::make_tuple(tenon::field("lines", &Bill::lines), tenon::field("total", &Bill::total),
                        tenon::field("cheapest", &Bill::cheapest));
};

int main(int, char** argv) {
    {
        tenon::runtime rt;
        const auto inst = rt.compile_path(argv[1]).instance();
        const auto bill = inst.function("bill");
        for (const Order& order :
             {Order{"Ada", 0.1, {{"pear", 0.5, 4}, {"plum", 0.25, 10}}}, Order{"Ada", {}, {}}}) {
            const Bill made = bill.call<Bill>(order);
            for (const auto& [name, price] : made.lines) std::printf("%s %.2f\n", name.c_str(), price);
            std::printf("total %.2f\n", made.total);
            if (made.cheapest)
                std::printf("cheapest %s\n", made.cheapest->name.c_str());
            else
                std::printf("nothing bought\n");
        }
        // What does not fit is refused before anything runs.
        std::printf("%s\n", bill.try_call(Item{}).error().status_name());
    }
    return tn_live_handles() != 0;
}

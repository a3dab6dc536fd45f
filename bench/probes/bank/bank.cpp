// A ledger: events of four kinds change accounts, those that must not are refused.
#include <cstdint>
#include <cstdio>
#include <unordered_map>
#include <vector>

static uint32_t rng_next(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

enum Kind { Open, Deposit, Transfer, Interest };
struct Event { Kind kind; int64_t account, to, amount; };
struct Account { int64_t balance, events; bool is_open; };
enum Refusal { None, Unknown, Closed, Short };
struct Outcome { Refusal refusal; int64_t amount; };

// In order of insertion, as the map of the other language.
struct Accounts {
    std::unordered_map<int64_t, size_t> index;
    std::vector<Account> accounts;
    Account *get(int64_t id) {
        auto found = index.find(id);
        return found == index.end() ? nullptr : &accounts[found->second];
    }
    void set(int64_t id, const Account &account) {
        auto made = index.insert({id, accounts.size()});
        if (made.second) accounts.push_back(account);
        else accounts[made.first->second] = account;
    }
};

static Refusal find(Accounts &accounts, int64_t id, Account **out) {
    *out = accounts.get(id);
    if (!*out) return Unknown;
    return (*out)->is_open ? None : Closed;
}

static Outcome apply(Accounts &accounts, const Event &event) {
    Account *a, *b;
    switch (event.kind) {
    case Open: accounts.set(event.account, {0, 1, true}); return {None, 0};
    case Deposit:
        if (Refusal r = find(accounts, event.account, &a)) return {r, 0};
        a->balance += event.amount;
        a->events++;
        return {None, event.amount};
    case Transfer:
        if (Refusal r = find(accounts, event.account, &a)) return {r, 0};
        if (Refusal r = find(accounts, event.to, &b)) return {r, 0};
        if (a->balance < event.amount) return {Short, event.amount - a->balance};
        if (event.account == event.to) return {None, 0};
        a->balance -= event.amount;
        a->events++;
        b->balance += event.amount;
        b->events++;
        return {None, event.amount};
    default: {
        if (Refusal r = find(accounts, event.account, &a)) return {r, 0};
        int64_t gain = a->balance / 100;
        a->balance += gain;
        a->is_open = a->events % 97 != 0;
        a->events++;
        return {None, gain};
    }
    }
}

int main(void) {
    uint32_t s = 29;
    Accounts accounts;
    int64_t moved = 0, refused = 0, shortage = 0;
    for (int i = 0; i < 1000000; i++) {
        uint32_t kind = rng_next(&s) % 20;
        Event event = {Open, rng_next(&s) % 20000, 0, 0};
        if (kind == 0) {
        } else if (kind < 9) {
            event.kind = Deposit;
            event.amount = rng_next(&s) % 1000;
        } else if (kind < 18) {
            event.kind = Transfer;
            event.to = rng_next(&s) % 20000;
            event.amount = rng_next(&s) % 1500;
        } else {
            event.kind = Interest;
        }
        Outcome outcome = apply(accounts, event);
        if (outcome.refusal == None) moved += outcome.amount;
        else if (outcome.refusal == Short) shortage += outcome.amount;
        else refused++;
    }
    int64_t total = 0;
    for (const Account &a : accounts.accounts) total = (total * 31 + a.balance + a.events) % 1000000007;
    printf("checksum %lld\n", (long long)(total + moved + refused * 3 + shortage * 7));
}

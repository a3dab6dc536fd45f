// A square of rows, transposed into new rows again and again.
#include <cstdint>
#include <cstdio>
#include <vector>
int main() {
    int64_t n = 500; std::vector<std::vector<double>> m; uint32_t s = 3;
    for (int64_t i = 0; i < n; i++) { std::vector<double> row; for (int64_t j = 0; j < n; j++) { s = s * 1664525u + 1013904223u; row.push_back((double)(s >> 8) / 16777216.0); } m.push_back(row); }
    double sum = 0;
    for (int64_t r = 0; r < 20; r++) {
        std::vector<std::vector<double>> t;
        for (int64_t j = 0; j < n; j++) { std::vector<double> row; for (int64_t i = 0; i < n; i++) row.push_back(m[i][j]); t.push_back(std::move(row)); }
        for (int64_t i = 0; i < n; i++) for (int64_t j = 0; j < n; j++) m[i][j] = m[i][j] * 0.5 + t[i][(j + r) % n] * 0.5;
        double worst = 0;
        for (auto &row : m) { double acc = 0; for (double x : row) acc += x; if (acc > worst) worst = acc; }
        sum += worst;
    }
    printf("checksum %.6f\n", sum);
}

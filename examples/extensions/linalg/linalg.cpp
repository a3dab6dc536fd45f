// The native half of `linalg`: Eigen's dense vectors and matrices of double behind handles. What cannot fail
// is a plain function, which scripts call directly; what can fail is a callback, whose exceptions become
// traps.
#include "c_api.h"

#include <Eigen/Dense>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;
constexpr std::int64_t max_numbers = std::int64_t(1) << 27; // a gigabyte

const tn_host_api* api;
const tn_type *vector_type, *matrix_type, *number_type;

template <typename T> const tn_type* type_of() {
    return std::is_same_v<T, Vector> ? vector_type : matrix_type;
}

// ---- values of both types ----

std::string shape(const Vector& v) { return "a vector of " + std::to_string(v.size()); }
std::string shape(const Matrix& m) {
    return "a matrix of " + std::to_string(m.rows()) + " x " + std::to_string(m.cols());
}

// As the language shows a float.
std::string show_number(double x) {
    if (std::isnan(x)) return "nan";
    if (std::isinf(x)) return x < 0 ? "-inf" : "inf";
    char text[40];
    for (int digits = 15; digits <= 17; ++digits) {
        std::snprintf(text, sizeof text, "%.*g", digits, x);
        if (std::strtod(text, nullptr) == x) break;
    }
    std::string shown = text;
    if (shown.find_first_of(".en") == shown.npos) shown += ".0";
    return shown;
}
template <typename Row> std::string show_row(const Row& row) {
    std::string text = "[";
    for (Eigen::Index i = 0; i < row.size(); ++i) text += (i ? ", " : "") + show_number(row(i));
    return text + "]";
}
std::string show(const Vector& v) { return show_row(v); }
std::string show(const Matrix& m) {
    std::string text = "[";
    for (Eigen::Index i = 0; i < m.rows(); ++i) text += (i ? ", " : "") + show_row(m.row(i));
    return text + "]";
}

template <typename T> void finalize(void* p, void*) { delete static_cast<T*>(p); }
template <typename T> tn_status clone(void* p, void*, void** out) {
    try {
        *out = new T(*static_cast<T*>(p));
        return TN_OK;
    } catch (const std::bad_alloc&) { return TN_NOMEM; }
}
template <typename T> int32_t equal(const void* a, const void* b, void*) {
    const T &x = *static_cast<const T*>(a), &y = *static_cast<const T*>(b);
    return x.rows() == y.rows() && x.cols() == y.cols() && x == y;
}
template <typename T> tn_status to_text(tn_frame* fr, const void* p, tn_value* ret, void*) {
    const std::string text = show(*static_cast<const T*>(p));
    return api->string_new(api->frame_instance(fr), text.data(), text.size(), ret, nullptr);
}
template <typename T> uint64_t extra_bytes(const void* p, void*) {
    return static_cast<uint64_t>(static_cast<const T*>(p)->size()) * sizeof(double);
}
template <typename T>
constexpr tn_host_type ops = {sizeof(tn_host_type), finalize<T>,   clone<T>, equal<T>, nullptr,
                              to_text<T>,           extra_bytes<T>};

// ---- arguments and results of callbacks ----

using Numbers = Eigen::Map<const Vector>; // a List[f64], read where it lies
struct Place {
    std::int64_t row, col;
};

// One argument as the type that a function takes.
template <typename T> struct Take {
    static T& from(const tn_value& value) {
        void* p = nullptr;
        if (api->handle_get(&value, type_of<T>(), &p) != TN_OK)
            throw std::runtime_error("a value that was closed");
        return *static_cast<T*>(p);
    }
};
template <> struct Take<double> {
    static double from(const tn_value& value) { return value.as.f; }
};
template <> struct Take<std::int64_t> {
    static std::int64_t from(const tn_value& value) { return value.as.i; }
};
template <> struct Take<Numbers> {
    static Numbers from(const tn_value& value) {
        size_t n = 0;
        const void* data = api->list_data(&value, nullptr, &n);
        return Numbers(static_cast<const double*>(data), static_cast<Eigen::Index>(n));
    }
};
template <> struct Take<Place> {
    static Place from(const tn_value& value) {
        tn_value row, col;
        if (api->record_get(&value, 0, &row) != TN_OK || api->record_get(&value, 1, &col) != TN_OK)
            throw std::runtime_error("no pair of indexes");
        return {row.as.i, col.as.i};
    }
};

void give(tn_instance*, double x, tn_value* ret) { TN_SET_F64(ret, x); }
template <typename T> void give(tn_instance* inst, T made, tn_value* ret) {
    tn_error* err = nullptr;
    if (api->handle_new(inst, type_of<T>(), new T(std::move(made)), ret, &err) == TN_OK) return;
    const std::string message = api->error_message(err, nullptr);
    api->error_free(err);
    throw std::runtime_error(message);
}
void give(tn_instance* inst, const std::vector<double>& numbers, tn_value* ret) {
    tn_status status = api->list_new(inst, number_type, numbers.size(), ret, nullptr);
    if (status == TN_OK) status = api->list_append(ret, TN_TAG_F64, numbers.data(), numbers.size());
    if (status != TN_OK) throw std::runtime_error(api->status_name(status));
}

template <typename R, typename... A, size_t... I>
void call(R (*fn)(A...), tn_instance* inst, const tn_value* args, tn_value* ret, std::index_sequence<I...>) {
    if constexpr (std::is_void_v<R>)
        fn(Take<std::remove_cv_t<std::remove_reference_t<A>>>::from(args[I])...);
    else
        give(inst, fn(Take<std::remove_cv_t<std::remove_reference_t<A>>>::from(args[I])...), ret);
}
template <typename R, typename... A>
void call(R (*fn)(A...), tn_instance* inst, const tn_value* args, tn_value* ret) {
    call(fn, inst, args, ret, std::index_sequence_for<A...>());
}

// A callback around `F`; what it throws is the script's trap.
template <auto F>
tn_status callback(tn_frame* fr, const tn_value* args, size_t, tn_value* ret, void*) noexcept {
    try {
        call(F, api->frame_instance(fr), args, ret);
        return TN_OK;
    } catch (const std::bad_alloc&) {
        return api->frame_fail(fr, TN_TRAP_MEMORY_LIMIT, "the host is out of memory", TN_NTS, nullptr,
                               nullptr);
    } catch (const std::exception& e) {
        return api->frame_fail(fr, TN_TRAP_INVALID_ARGUMENT, e.what(), TN_NTS, nullptr, nullptr);
    }
}

// ---- the functions ----

template <typename A, typename B> [[noreturn]] void mismatch(const char* what, const A& a, const B& b) {
    throw std::invalid_argument(std::string(what) + " " + shape(a) + " and " + shape(b));
}
template <typename A, typename B> void need_same_shape(const char* what, const A& a, const B& b) {
    if (a.rows() != b.rows() || a.cols() != b.cols()) mismatch(what, a, b);
}
void need_square(const char* what, const Matrix& m) {
    if (m.rows() != m.cols())
        throw std::invalid_argument(std::string(what) + " of " + shape(m) + ": it is not square");
}
void need_index(std::int64_t i, Eigen::Index n, const char* what) {
    if (i < 0 || i >= n)
        throw std::out_of_range(std::string(what) + " " + std::to_string(i) +
                                " is out of bounds: there are " + std::to_string(n));
}
void need_size(std::int64_t rows, std::int64_t cols) {
    if (rows < 0 || cols < 0 || (cols != 0 && rows > max_numbers / cols))
        throw std::invalid_argument("there is no matrix of " + std::to_string(rows) + " x " +
                                    std::to_string(cols));
}

template <typename T> T add(const T& a, const T& b) {
    need_same_shape("`+` of", a, b);
    return a + b;
}
template <typename T> T sub(const T& a, const T& b) {
    need_same_shape("`-` of", a, b);
    return a - b;
}
template <typename T> T negate(const T& a) { return -a; }
template <typename T> T scale(const T& a, double k) { return a * k; }
template <typename T> T scaled(double k, const T& a) { return k * a; }
template <typename T> T divide(const T& a, double k) { return a / k; }
Matrix multiply(const Matrix& a, const Matrix& b) {
    if (a.cols() != b.rows()) mismatch("`*` of", a, b);
    return a * b;
}
Vector apply(const Matrix& a, const Vector& v) {
    if (a.cols() != v.size()) mismatch("`*` of", a, v);
    return a * v;
}
double dot(const Vector& a, const Vector& b) {
    need_same_shape("dot of", a, b);
    return a.dot(b);
}
Vector cross(const Vector& a, const Vector& b) {
    if (a.size() != 3 || b.size() != 3) mismatch("cross wants vectors of 3, not", a, b);
    return Eigen::Vector3d(a).cross(Eigen::Vector3d(b));
}
Matrix outer(const Vector& a, const Vector& b) { return a * b.transpose(); }
Matrix transpose(const Matrix& m) { return m.transpose(); }
double trace(const Matrix& m) {
    need_square("trace", m);
    return m.trace();
}
double det(const Matrix& m) {
    need_square("det", m);
    return m.rows() == 0 ? 1.0 : m.determinant();
}
template <typename B> B solve(const Matrix& a, const B& b) {
    need_square("solve", a);
    if (a.rows() != b.rows()) mismatch("solve of", a, b);
    const Eigen::FullPivLU<Matrix> lu(a);
    if (!lu.isInvertible()) throw std::domain_error("solve: the matrix is singular");
    return lu.solve(b);
}
Matrix inverse(const Matrix& m) {
    need_square("inverse", m);
    if (m.rows() == 0) return m;
    const Eigen::FullPivLU<Matrix> lu(m);
    if (!lu.isInvertible()) throw std::domain_error("inverse: the matrix is singular");
    return lu.inverse();
}
double vector_at(const Vector& v, std::int64_t i) {
    need_index(i, v.size(), "index");
    return v(i);
}
void set_vector(Vector& v, std::int64_t i, double x) {
    need_index(i, v.size(), "index");
    v(i) = x;
}
double matrix_at(const Matrix& m, Place at) {
    need_index(at.row, m.rows(), "row");
    need_index(at.col, m.cols(), "column");
    return m(at.row, at.col);
}
void set_matrix(Matrix& m, Place at, double x) {
    need_index(at.row, m.rows(), "row");
    need_index(at.col, m.cols(), "column");
    m(at.row, at.col) = x;
}
Vector row(const Matrix& m, std::int64_t i) {
    need_index(i, m.rows(), "row");
    return m.row(i).transpose();
}
Vector col(const Matrix& m, std::int64_t j) {
    need_index(j, m.cols(), "column");
    return m.col(j);
}
Vector new_vector(Numbers xs) { return xs; }
Vector constant(std::int64_t n, double x) {
    need_size(n, 1);
    return Vector::Constant(n, x);
}
Matrix identity(std::int64_t n) {
    need_size(n, n);
    return Matrix::Identity(n, n);
}
Matrix new_matrix(std::int64_t rows, std::int64_t cols, Numbers all) {
    need_size(rows, cols);
    if (all.size() != rows * cols)
        throw std::invalid_argument("a matrix of " + std::to_string(rows) + " x " + std::to_string(cols) +
                                    " does not have " + std::to_string(all.size()) + " numbers");
    using ByRow = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const ByRow>(all.data(), rows, cols);
}
std::vector<double> vector_list(const Vector& v) { return {v.data(), v.data() + v.size()}; }
std::vector<double> matrix_list(const Matrix& m) {
    const Matrix by_row = m.transpose();
    return {by_row.data(), by_row.data() + by_row.size()};
}

// Plain functions.
std::int64_t vector_len(void* v) noexcept { return static_cast<Vector*>(v)->size(); }
double vector_norm(void* v) noexcept { return static_cast<Vector*>(v)->norm(); }
double vector_sum(void* v) noexcept { return static_cast<Vector*>(v)->sum(); }
std::int64_t nrows(void* m) noexcept { return static_cast<Matrix*>(m)->rows(); }
std::int64_t ncols(void* m) noexcept { return static_cast<Matrix*>(m)->cols(); }
double matrix_norm(void* m) noexcept { return static_cast<Matrix*>(m)->norm(); }

struct Function {
    const char *name, *signature;
    tn_host_fn fn;
};
constexpr Function functions[] = {
    {"vector", "fn(List[f64]) -> Vector", callback<new_vector>},
    {"zeros", "fn(i64, f64) -> Vector", callback<constant>},
    {"matrix", "fn(i64, i64, List[f64]) -> Matrix", callback<new_matrix>},
    {"identity", "fn(i64) -> Matrix", callback<identity>},
    {"vector_list", "fn(Vector) -> List[f64]", callback<vector_list>},
    {"matrix_list", "fn(Matrix) -> List[f64]", callback<matrix_list>},
    {"row", "fn(Matrix, i64) -> Vector", callback<row>},
    {"col", "fn(Matrix, i64) -> Vector", callback<col>},
    // What stands behind a type is its method; by the names of the language's traits, its operator.
    {"Vector.add", "fn(Vector, Vector) -> Vector", callback<add<Vector>>},
    {"Vector.sub", "fn(Vector, Vector) -> Vector", callback<sub<Vector>>},
    {"Vector.neg", "fn(Vector) -> Vector", callback<negate<Vector>>},
    {"Vector.mul", "fn(Vector, f64) -> Vector", callback<scale<Vector>>},
    {"Vector.mul", "fn(f64, Vector) -> Vector", callback<scaled<Vector>>},
    {"Vector.div", "fn(Vector, f64) -> Vector", callback<divide<Vector>>},
    {"Vector.index", "fn(Vector, i64) -> f64", callback<vector_at>},
    {"Vector.set_index", "fn(mut Vector, i64, f64)", callback<set_vector>},
    {"Vector.dot", "fn(Vector, Vector) -> f64", callback<dot>},
    {"Vector.cross", "fn(Vector, Vector) -> Vector", callback<cross>},
    {"Vector.outer", "fn(Vector, Vector) -> Matrix", callback<outer>},
    {"Matrix.add", "fn(Matrix, Matrix) -> Matrix", callback<add<Matrix>>},
    {"Matrix.sub", "fn(Matrix, Matrix) -> Matrix", callback<sub<Matrix>>},
    {"Matrix.neg", "fn(Matrix) -> Matrix", callback<negate<Matrix>>},
    {"Matrix.mul", "fn(Matrix, Matrix) -> Matrix", callback<multiply>},
    {"Matrix.mul", "fn(Matrix, Vector) -> Vector", callback<apply>},
    {"Matrix.mul", "fn(Matrix, f64) -> Matrix", callback<scale<Matrix>>},
    {"Matrix.mul", "fn(f64, Matrix) -> Matrix", callback<scaled<Matrix>>},
    {"Matrix.div", "fn(Matrix, f64) -> Matrix", callback<divide<Matrix>>},
    {"Matrix.index", "fn(Matrix, (i64, i64)) -> f64", callback<matrix_at>},
    {"Matrix.set_index", "fn(mut Matrix, (i64, i64), f64)", callback<set_matrix>},
    {"Matrix.transpose", "fn(Matrix) -> Matrix", callback<transpose>},
    {"Matrix.trace", "fn(Matrix) -> f64", callback<trace>},
    {"Matrix.det", "fn(Matrix) -> f64", callback<det>},
    {"Matrix.solve", "fn(Matrix, Vector) -> Vector", callback<solve<Vector>>},
    {"Matrix.solve_all", "fn(Matrix, Matrix) -> Matrix", callback<solve<Matrix>>},
    {"Matrix.inverse", "fn(Matrix) -> Matrix", callback<inverse>},
};

} // namespace

TN_EXTENSION_ENTRY(const tn_host_api* host, tn_registrar* r) {
    api = host;
    // Each of these answers the first failure again, and the load fails with it whatever we answer.
    api->begin(r, TN_ABI_VERSION, "linalg", TN_NTS, "1.0.0", TN_NTS);
    api->add_type(r, "Vector", TN_NTS, nullptr, 0, &ops<Vector>, nullptr, nullptr, &vector_type);
    api->add_type(r, "Matrix", TN_NTS, nullptr, 0, &ops<Matrix>, nullptr, nullptr, &matrix_type);
    api->find_type(r, "f64", TN_NTS, &number_type);
    for (const Function& f : functions)
        api->add_fn(r, f.name, TN_NTS, f.signature, TN_NTS, f.fn, nullptr, nullptr, 0);
    auto add = [&](const char* name, const char* signature, auto* fn) {
        api->add_native(r, name, TN_NTS, signature, TN_NTS, reinterpret_cast<tn_fnptr>(fn), nullptr, nullptr,
                        TN_FN_PURE);
    };
    add("Vector.len", "fn(Vector) -> i64", vector_len);
    add("Vector.norm", "fn(Vector) -> f64", vector_norm);
    add("Vector.sum", "fn(Vector) -> f64", vector_sum);
    add("Matrix.nrows", "fn(Matrix) -> i64", nrows);
    add("Matrix.ncols", "fn(Matrix) -> i64", ncols);
    add("Matrix.norm", "fn(Matrix) -> f64", matrix_norm);
    return TN_OK;
}

// Section 11 of c_api.h: calls that CPython makes itself. Only what every argument and result fits is done
// here: the rest goes to the binding, in Python, which does all of it again and finds out what it is.
#include "c_api.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace {

// As the stable ABI has it.
struct PyObject {
    std::intptr_t references;
    PyObject* type;
};

#define TN_PYTHON_NAMES(NAME)                                                                                \
    NAME(PyObject*, PyLong_Type)                                                                             \
    NAME(PyObject*, PyFloat_Type)                                                                            \
    NAME(PyObject*, PyBool_Type)                                                                             \
    NAME(PyObject*, PyUnicode_Type)                                                                          \
    NAME(PyObject*, PyBytes_Type)                                                                            \
    NAME(PyObject*, _Py_NoneStruct)                                                                          \
    NAME(PyObject*, _Py_TrueStruct)                                                                          \
    NAME(PyObject*, _Py_FalseStruct)                                                                         \
    NAME(void (*)(PyObject*), Py_IncRef)                                                                     \
    NAME(void (*)(PyObject*), Py_DecRef)                                                                     \
    NAME(void (*)(), PyErr_Clear)                                                                            \
    NAME(void* (*)(), PyEval_SaveThread)                                                                     \
    NAME(void (*)(void*), PyEval_RestoreThread)                                                              \
    NAME(long long (*)(PyObject*, int*), PyLong_AsLongLongAndOverflow)                                       \
    NAME(unsigned long long (*)(PyObject*), PyLong_AsUnsignedLongLong)                                       \
    NAME(PyObject* (*)(long long), PyLong_FromLongLong)                                                      \
    NAME(PyObject* (*)(unsigned long long), PyLong_FromUnsignedLongLong)                                     \
    NAME(PyObject* (*)(void*), PyLong_FromVoidPtr)                                                           \
    NAME(double (*)(PyObject*), PyFloat_AsDouble)                                                            \
    NAME(PyObject* (*)(double), PyFloat_FromDouble)                                                          \
    NAME(const char* (*)(PyObject*, std::ptrdiff_t*), PyUnicode_AsUTF8AndSize)                               \
    NAME(PyObject* (*)(const char*, std::ptrdiff_t), PyUnicode_FromStringAndSize)                            \
    NAME(PyObject* (*)(int), PyUnicode_FromOrdinal)                                                          \
    NAME(std::ptrdiff_t (*)(PyObject*), PyUnicode_GetLength)                                                 \
    NAME(std::uint32_t (*)(PyObject*, std::ptrdiff_t), PyUnicode_ReadChar)                                   \
    NAME(const char* (*)(PyObject*), PyBytes_AsString)                                                       \
    NAME(std::ptrdiff_t (*)(PyObject*), PyBytes_Size)                                                        \
    NAME(PyObject* (*)(const char*, std::ptrdiff_t), PyBytes_FromStringAndSize)                              \
    NAME(PyObject* (*)(std::ptrdiff_t), PyTuple_New)                                                         \
    NAME(int (*)(PyObject*, std::ptrdiff_t, PyObject*), PyTuple_SetItem)                                     \
    NAME(PyObject* (*)(PyObject*, std::ptrdiff_t), PyTuple_GetItem)                                          \
    NAME(std::ptrdiff_t (*)(PyObject*), PyTuple_Size)                                                        \
    NAME(PyObject* (*)(), PyDict_New)                                                                        \
    NAME(int (*)(PyObject*, PyObject*, PyObject*), PyDict_SetItem)                                           \
    NAME(PyObject* (*)(PyObject*, PyObject*, PyObject*), PyObject_Call)

// The binding's table.
struct Python {
    PyObject* call;
    PyObject* fail;
#define NAME(type, name) std::type_identity_t<type> name;
    TN_PYTHON_NAMES(NAME)
#undef NAME
};

constexpr const char* names[] = {
#define NAME(type, name) #name,
    TN_PYTHON_NAMES(NAME)
#undef NAME
};
constexpr std::size_t name_count = sizeof names / sizeof names[0];
static_assert(sizeof(Python) == (2 + name_count) * sizeof(void*));

constexpr unsigned max_params = 16;
constexpr std::uint8_t never = 0xff; // as a number of arguments

// The room in an object.
struct Call {
    PyObject* (*vectorcall)(PyObject* self, PyObject* const* args, std::size_t count, PyObject* keywords);
    const Python* python;
    tn_instance* instance;
    tn_function* function;
    std::uint8_t count;
    bool is_short;
    bool has_texts;
    std::uint8_t params[max_params]; // tags
};
static_assert(sizeof(Call) <= TN_PYTHON_CALL_SIZE && offsetof(Call, vectorcall) == 0);

std::atomic<std::size_t> call_offset{0};

// --- what Python gives and gets ---

bool take_integer(const Python& py, PyObject* arg, std::uint8_t tag, tn_value& out) {
    if (arg->type != py.PyLong_Type) return false; // bool, too
    int overflow = 0;
    const long long number = py.PyLong_AsLongLongAndOverflow(arg, &overflow);
    if (overflow != 0) {
        if (tag != TN_TAG_U64 || overflow < 0) return false;
        const unsigned long long large = py.PyLong_AsUnsignedLongLong(arg);
        if (large == ~0ull) { // the last one, or an exception
            py.PyErr_Clear();
            return false;
        }
        TN_SET_U64(&out, large);
        return true;
    }
    bool fits;
    switch (tag) {
    case TN_TAG_I8: fits = number == static_cast<std::int8_t>(number); break;
    case TN_TAG_I16: fits = number == static_cast<std::int16_t>(number); break;
    case TN_TAG_I32: fits = number == static_cast<std::int32_t>(number); break;
    case TN_TAG_U8: fits = number == static_cast<std::uint8_t>(number); break;
    case TN_TAG_U16: fits = number == static_cast<std::uint16_t>(number); break;
    case TN_TAG_U32: fits = number == static_cast<std::uint32_t>(number); break;
    case TN_TAG_U64: fits = number >= 0; break;
    default: fits = true; break;
    }
    TN_SET_INT(&out, tag, number);
    return fits;
}

// An int only where every one of its size is exact.
bool take_float(const Python& py, PyObject* arg, std::uint8_t tag, tn_value& out) {
    if (arg->type == py.PyFloat_Type) {
        TN_SET_FLOAT(&out, tag, py.PyFloat_AsDouble(arg));
        return true;
    }
    if (arg->type != py.PyLong_Type) return false;
    int overflow = 0;
    const long long number = py.PyLong_AsLongLongAndOverflow(arg, &overflow);
    const long long exact = tag == TN_TAG_F32 ? 1ll << 24 : 1ll << 53;
    if (overflow != 0 || number < -exact || number > exact) return false;
    TN_SET_FLOAT(&out, tag, static_cast<double>(number));
    return true;
}

bool take_char(const Python& py, PyObject* arg, tn_value& out) {
    if (arg->type != py.PyUnicode_Type || py.PyUnicode_GetLength(arg) != 1) return false;
    const std::uint32_t character = py.PyUnicode_ReadChar(arg, 0);
    TN_SET_UINT(&out, TN_TAG_CHAR, character);
    return character < 0xD800 || character > 0xDFFF;
}

bool take_text(const Call& call, PyObject* arg, std::uint8_t tag, tn_value& out) {
    const Python& py = *call.python;
    if (tag == TN_TAG_STRING) {
        if (arg->type != py.PyUnicode_Type) return false;
        std::ptrdiff_t length = 0;
        const char* text = py.PyUnicode_AsUTF8AndSize(arg, &length);
        if (!text) py.PyErr_Clear();
        return text &&
               tn_string_new(call.instance, text, static_cast<std::size_t>(length), &out, nullptr) == TN_OK;
    }
    if (arg->type != py.PyBytes_Type) return false;
    return tn_bytes_new(call.instance, py.PyBytes_AsString(arg),
                        static_cast<std::size_t>(py.PyBytes_Size(arg)), &out, nullptr) == TN_OK;
}

[[gnu::noinline]] bool take_any(const Call& call, PyObject* arg, std::uint8_t tag, tn_value& out) {
    const Python& py = *call.python;
    switch (tag) {
    case TN_TAG_BOOL: TN_SET_BOOL(&out, arg == py._Py_TrueStruct); return arg->type == py.PyBool_Type;
    case TN_TAG_F32:
    case TN_TAG_F64: return take_float(py, arg, tag, out);
    case TN_TAG_CHAR: return take_char(py, arg, out);
    case TN_TAG_STRING:
    case TN_TAG_BYTES: return take_text(call, arg, tag, out);
    default: return take_integer(py, arg, tag, out);
    }
}

// The two that most arguments are, in line.
[[gnu::always_inline]] inline bool take(const Call& call, PyObject* arg, std::uint8_t tag, tn_value& out) {
    const Python& py = *call.python;
    if (tag == TN_TAG_I64 && arg->type == py.PyLong_Type) {
        int overflow;
        TN_SET_I64(&out, py.PyLong_AsLongLongAndOverflow(arg, &overflow));
        return overflow == 0;
    }
    if (tag == TN_TAG_F64 && arg->type == py.PyFloat_Type) {
        TN_SET_F64(&out, py.PyFloat_AsDouble(arg));
        return true;
    }
    return take_any(call, arg, tag, out);
}

PyObject* shared(const Python& py, PyObject* object) {
    py.Py_IncRef(object);
    return object;
}

PyObject* give(const Python& py, tn_value& result) {
    switch (result.tag) {
    case TN_TAG_I8:
    case TN_TAG_I16:
    case TN_TAG_I32:
    case TN_TAG_I64: return py.PyLong_FromLongLong(result.as.i);
    case TN_TAG_U8:
    case TN_TAG_U16:
    case TN_TAG_U32:
    case TN_TAG_U64: return py.PyLong_FromUnsignedLongLong(result.as.u);
    case TN_TAG_F32:
    case TN_TAG_F64: return py.PyFloat_FromDouble(result.as.f);
    case TN_TAG_BOOL: return shared(py, result.as.u != 0 ? py._Py_TrueStruct : py._Py_FalseStruct);
    case TN_TAG_CHAR: return py.PyUnicode_FromOrdinal(static_cast<int>(result.as.u));
    case TN_TAG_STRING:
    case TN_TAG_BYTES: {
        std::size_t length = 0;
        PyObject* object;
        if (result.tag == TN_TAG_STRING) {
            const char* text = tn_string_data(&result, &length);
            object = py.PyUnicode_FromStringAndSize(text, static_cast<std::ptrdiff_t>(length));
        } else {
            const void* bytes = tn_bytes_data(&result, &length);
            object = py.PyBytes_FromStringAndSize(static_cast<const char*>(bytes),
                                                  static_cast<std::ptrdiff_t>(length));
        }
        tn_value_clear(&result);
        return object;
    }
    default: return shared(py, py._Py_NoneStruct);
    }
}

// --- the binding's part ---

// Takes `args` and `keywords` over; each may be null: an exception is set then.
PyObject* apply(const Python& py, PyObject* callable, PyObject* args, PyObject* keywords) {
    PyObject* result = args ? py.PyObject_Call(callable, args, keywords) : nullptr;
    if (args) py.Py_DecRef(args);
    if (keywords) py.Py_DecRef(keywords);
    return result;
}

[[gnu::noinline, gnu::cold]] PyObject* call_in_python(const Python& py, PyObject* self, PyObject* const* args,
                                                      std::size_t count, PyObject* names) {
    PyObject* all = py.PyTuple_New(static_cast<std::ptrdiff_t>(count + 1));
    if (!all) return nullptr;
    py.PyTuple_SetItem(all, 0, shared(py, self));
    for (std::size_t i = 0; i < count; ++i)
        py.PyTuple_SetItem(all, static_cast<std::ptrdiff_t>(i + 1), shared(py, args[i]));
    PyObject* keywords = nullptr;
    const std::ptrdiff_t name_count = names ? py.PyTuple_Size(names) : 0;
    if (name_count > 0) {
        keywords = py.PyDict_New();
        bool is_full = keywords != nullptr;
        for (std::ptrdiff_t i = 0; i < name_count && is_full; ++i)
            is_full = py.PyDict_SetItem(keywords, py.PyTuple_GetItem(names, i),
                                        args[count + static_cast<std::size_t>(i)]) == 0;
        if (!is_full) {
            if (keywords) py.Py_DecRef(keywords);
            py.Py_DecRef(all);
            return nullptr;
        }
    }
    return apply(py, py.call, all, keywords);
}

[[gnu::noinline, gnu::cold]] PyObject* fail(const Python& py, tn_status status, tn_error* error) {
    PyObject* args = py.PyTuple_New(2);
    PyObject* numbers[] = {py.PyLong_FromLongLong(status), py.PyLong_FromVoidPtr(error)};
    if (!args || !numbers[0] || !numbers[1]) { // no memory: an exception is set
        tn_error_free(error);
        for (PyObject* object : {args, numbers[0], numbers[1]}) {
            if (object) py.Py_DecRef(object);
        }
        return nullptr;
    }
    for (int i = 0; i < 2; ++i) py.PyTuple_SetItem(args, i, numbers[i]);
    return apply(py, py.fail, args, nullptr);
}

[[gnu::noinline]] void clear(tn_value* values, unsigned count) {
    for (unsigned i = 0; i < count; ++i) tn_value_clear(&values[i]);
}

PyObject* vectorcall(PyObject* self, PyObject* const* args, std::size_t flags_and_count, PyObject* keywords) {
    const Call& call = *reinterpret_cast<const Call*>(reinterpret_cast<const char*>(self) +
                                                      call_offset.load(std::memory_order_relaxed));
    const Python& py = *call.python;
    const std::size_t count = flags_and_count & (~std::size_t(0) >> 1);
    if (keywords || count != call.count) [[unlikely]]
        return call_in_python(py, self, args, count, keywords);
    tn_value values[max_params], result;
    const bool has_texts = call.has_texts;
    for (unsigned i = 0; i < count; ++i) {
        if (take(call, args[i], call.params[i], values[i])) [[likely]]
            continue;
        if (has_texts) clear(values, i);
        return call_in_python(py, self, args, count, nullptr);
    }
    tn_error* error;
    tn_status status;
    if (call.is_short) {
        status = tn_call(call.instance, call.function, values, count, &result, &error);
    } else {
        void* thread = py.PyEval_SaveThread();
        status = tn_call(call.instance, call.function, values, count, &result, &error);
        py.PyEval_RestoreThread(thread);
    }
    if (has_texts) clear(values, static_cast<unsigned>(count));
    if (status == TN_OK) [[likely]]
        return give(py, result);
    if (status != TN_HANDLE) return fail(py, status, error);
    tn_error_free(error); // something is closed, and nothing has run
    return call_in_python(py, self, args, count, nullptr);
}

bool is_scalar(tn_tag tag) { return tag >= TN_TAG_BOOL && tag <= TN_TAG_CHAR; }
bool is_text(tn_tag tag) { return tag == TN_TAG_STRING || tag == TN_TAG_BYTES; }

// False: calls of this function are Python's.
bool describe(Call& call, const tn_function* f) {
    const std::uint32_t count = tn_function_param_count(f);
    const tn_tag result = tn_type_kind(tn_function_return_type(f));
    if (count > max_params || !(result == TN_TAG_UNIT || is_scalar(result) || is_text(result))) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
        const tn_tag tag = tn_type_kind(tn_function_param_type(f, i));
        if (tn_function_param_is_mut(f, i) || !(is_scalar(tag) || is_text(tag))) return false;
        call.params[i] = static_cast<std::uint8_t>(tag);
        call.has_texts = call.has_texts || is_text(tag);
    }
    call.count = static_cast<std::uint8_t>(count);
    call.is_short = tn_function_is_short(f);
    return true;
}

} // namespace

const char* tn_python_name(size_t i) { return i < name_count ? names[i] : nullptr; }

tn_status tn_python_bind(void* object, size_t offset, const void* const* python, tn_instance* inst,
                         tn_function* f) {
    if (!object || !python || offset < sizeof(PyObject) || offset % alignof(Call) != 0 || (inst && !f))
        return TN_ARG;
    std::size_t before = 0;
    if (!call_offset.compare_exchange_strong(before, offset) && before != offset) return TN_STATE;
    if (inst && !tn_function_return_type(f)) return TN_HANDLE;
    Call call{vectorcall, reinterpret_cast<const Python*>(python), inst, f, never, false, false, {}};
    if (inst && !describe(call, f)) call.count = never;
    new (static_cast<char*>(object) + offset) Call(call);
    return TN_OK;
}

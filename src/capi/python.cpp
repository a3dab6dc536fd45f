// Section 12 of c_api.h: calls that CPython makes itself. Only what every argument and result fits is done
// here: the rest goes to the binding, in Python, which does all of it again and finds out what it is.
#include "c_api.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>

namespace {

// As the stable ABI has it.
struct PyObject {
    std::intptr_t references;
    PyObject* type;
};
struct PyBuffer {
    void* data;
    PyObject* exporter;
    std::ptrdiff_t size, item_size;
    int is_readonly, dimensions;
    const char* format;
    void* rest[4];
};
constexpr int c_contiguous_with_format = 0x38 | 0x4;

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
    NAME(PyObject* (*)(PyObject*, PyObject*, PyObject*), PyObject_Call)                                      \
    NAME(int (*)(PyObject*, PyBuffer*, int), PyObject_GetBuffer)                                             \
    NAME(void (*)(PyBuffer*), PyBuffer_Release)

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

constexpr unsigned max_params = 16, max_buffers = 4;
constexpr std::uint8_t never = 0xff;    // as a number of arguments
constexpr std::uint8_t slice_of = 0x80; // with the tag of the elements

// The room in an object.
struct Call {
    PyObject* (*vectorcall)(PyObject* self, PyObject* const* args, std::size_t count, PyObject* keywords);
    const Python* python;
    tn_instance* instance;
    tn_function* function;
    std::uint8_t count;
    bool is_short;
    bool owns;                       // texts or slices: they are given back after the call
    std::uint8_t params[max_params]; // tags
};
static_assert(sizeof(Call) <= TN_PYTHON_CALL_SIZE && offsetof(Call, vectorcall) == 0);

std::atomic<std::size_t> call_offset{0};

// The arguments of one call.
struct Arguments {
    tn_value values[max_params];
    unsigned buffer_count = 0;
    PyBuffer buffers[max_buffers];
};

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

// What stands for the numbers of a type in the struct module, in this machine's byte order.
const char* codes_of(tn_tag tag) {
    if (tag == TN_TAG_BOOL) return "?";
    if (tag >= TN_TAG_I8 && tag <= TN_TAG_I64) return "bhilqn";
    return tag <= TN_TAG_U64 ? "BHILQNc" : "fd";
}
constexpr std::uint8_t sizes[] = {0, 0, 1, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8}; // by tag

bool take_slice(const Call& call, PyObject* arg, tn_tag tag, Arguments& args, tn_value& out) {
    const Python& py = *call.python;
    PyBuffer& buffer = args.buffers[args.buffer_count];
    if (py.PyObject_GetBuffer(arg, &buffer, c_contiguous_with_format) != 0) {
        py.PyErr_Clear();
        return false;
    }
    const char* format = buffer.format ? buffer.format : "B";
    if (*format == '@' || *format == '=') ++format;
    if (buffer.dimensions > 0 && format[0] != 0 && format[1] == 0 && std::strchr(codes_of(tag), *format) &&
        buffer.item_size == sizes[tag] &&
        tn_list_wrap(call.instance, tag, buffer.data, static_cast<std::size_t>(buffer.size) / sizes[tag], 0,
                     nullptr, nullptr, &out, nullptr) == TN_OK) {
        ++args.buffer_count;
        return true;
    }
    py.PyBuffer_Release(&buffer);
    return false;
}

[[gnu::noinline]] bool take_any(const Call& call, PyObject* arg, std::uint8_t tag, Arguments& args,
                                tn_value& out) {
    const Python& py = *call.python;
    if (tag & slice_of) return take_slice(call, arg, tag & ~slice_of, args, out);
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
[[gnu::always_inline]] inline bool take(const Call& call, PyObject* arg, std::uint8_t tag, Arguments& args,
                                        tn_value& out) {
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
    return take_any(call, arg, tag, args, out);
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
                                                      std::size_t count, PyObject* words) {
    PyObject* all = py.PyTuple_New(static_cast<std::ptrdiff_t>(count + 1));
    if (!all) return nullptr;
    py.PyTuple_SetItem(all, 0, shared(py, self));
    for (std::size_t i = 0; i < count; ++i)
        py.PyTuple_SetItem(all, static_cast<std::ptrdiff_t>(i + 1), shared(py, args[i]));
    PyObject* keywords = nullptr;
    const std::ptrdiff_t word_count = words ? py.PyTuple_Size(words) : 0;
    if (word_count > 0) {
        keywords = py.PyDict_New();
        bool is_full = keywords != nullptr;
        for (std::ptrdiff_t i = 0; i < word_count && is_full; ++i)
            is_full = py.PyDict_SetItem(keywords, py.PyTuple_GetItem(words, i),
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

[[gnu::noinline]] void give_back(const Python& py, Arguments& args, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) tn_value_clear(&args.values[i]);
    for (unsigned i = 0; i < args.buffer_count; ++i) py.PyBuffer_Release(&args.buffers[i]);
}

PyObject* vectorcall(PyObject* self, PyObject* const* args, std::size_t flags_and_count, PyObject* keywords) {
    const Call& call = *reinterpret_cast<const Call*>(reinterpret_cast<const char*>(self) +
                                                      call_offset.load(std::memory_order_relaxed));
    const Python& py = *call.python;
    const std::size_t count = flags_and_count & (~std::size_t(0) >> 1);
    if (keywords || count != call.count) [[unlikely]]
        return call_in_python(py, self, args, count, keywords);
    Arguments taken;
    tn_value result;
    const bool owns = call.owns;
    for (unsigned i = 0; i < count; ++i) {
        if (take(call, args[i], call.params[i], taken, taken.values[i])) [[likely]]
            continue;
        if (owns) give_back(py, taken, i);
        return call_in_python(py, self, args, count, nullptr);
    }
    tn_error* error;
    tn_status status;
    if (call.is_short) {
        status = tn_call(call.instance, call.function, taken.values, count, &result, &error);
    } else {
        void* thread = py.PyEval_SaveThread();
        status = tn_call(call.instance, call.function, taken.values, count, &result, &error);
        py.PyEval_RestoreThread(thread);
    }
    if (owns) give_back(py, taken, count);
    if (status == TN_OK) [[likely]]
        return give(py, result);
    if (status != TN_HANDLE) return fail(py, status, error);
    tn_error_free(error); // something is closed, and nothing has run
    return call_in_python(py, self, args, count, nullptr);
}

bool is_scalar(tn_tag tag) { return tag >= TN_TAG_BOOL && tag <= TN_TAG_CHAR; }
bool is_text(tn_tag tag) { return tag == TN_TAG_STRING || tag == TN_TAG_BYTES; }

// The tag of a parameter, or of a slice's elements; 0 for what is Python's.
std::uint8_t tag_of(const tn_type* type, unsigned& slices) {
    const tn_tag tag = tn_type_kind(type);
    if (is_scalar(tag) || is_text(tag)) return static_cast<std::uint8_t>(tag);
    const char* name = tn_type_name(type, nullptr);
    const tn_tag element = tn_type_kind(tn_type_child(type, 0));
    if (!name || std::strncmp(name, "Slice[", 6) != 0 || !is_scalar(element) || element == TN_TAG_CHAR)
        return 0;
    return ++slices <= max_buffers ? static_cast<std::uint8_t>(slice_of | element) : 0;
}

// False: calls of this function are Python's.
bool describe(Call& call, const tn_function* f) {
    const std::uint32_t count = tn_function_param_count(f);
    const tn_tag result = tn_type_kind(tn_function_return_type(f));
    unsigned slices = 0;
    if (count > max_params || !(result == TN_TAG_UNIT || is_scalar(result) || is_text(result))) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
        call.params[i] = tag_of(tn_function_param_type(f, i), slices);
        if (call.params[i] == 0 || tn_function_param_is_mut(f, i)) return false;
        call.owns = call.owns || call.params[i] > TN_TAG_CHAR;
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

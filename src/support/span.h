// Where something stands in the sources: a file and a half-open byte range.
#pragma once

#include "support/id.h"

namespace tn {

struct FileId : Id<FileId> { using Id::Id; };

struct Span {
    FileId file;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
};

// The smallest span covering both; they must be in one file.
inline Span join(Span a, Span b) {
    return Span{a.file, a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}

} // namespace tn

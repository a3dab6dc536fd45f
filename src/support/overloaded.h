// One callable out of several lambdas, for std::visit: a missing alternative does not compile.
#pragma once

namespace tn {

template <typename... Fs> struct Overloaded : Fs... { using Fs::operator()...; };
template <typename... Fs> Overloaded(Fs...) -> Overloaded<Fs...>;

} // namespace tn

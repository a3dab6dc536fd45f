// Type parameters of functions, types and impls.
#include "checking.h"

#include <gtest/gtest.h>

namespace tn::check {
namespace {

// The type arguments of the calls of a function, in order of their making: "i64 String|bool".
std::string type_args_of(const Checking& c, std::string_view callee) {
    std::string text;
    for (const Call& call : c.checked->modules[ModuleId(0)].calls) {
        bool is_fn = call.callee == Callee::Fn || call.callee == Callee::Trait;
        if (!is_fn || c.checked->fns[FnId(call.target)].name != callee) continue;
        if (!text.empty()) text += '|';
        for (TypeId arg : call.type_args) {
            if (!text.empty() && text.back() != '|') text += ' ';
            text += c.types.print(arg);
        }
    }
    return text;
}

TEST(Generics, FunctionsInferTheirArguments) {
    Checking c("fn pair[A, B](a: A, b: B) -> (A, B) { (a, b) }\n"
               "fn none[T]() -> T? { None }\n"
               "fn f() { let x = pair(1, \"s\"); let y: u8? = none(); let z = none[bool](); }");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "x"), "(i64, String)");
    EXPECT_EQ(c.local_type("f", "z"), "bool?");
    EXPECT_EQ(type_args_of(c, "pair"), "i64 String");
    EXPECT_EQ(type_args_of(c, "none"), "u8|bool");
    EXPECT_EQ(c.fn("pair").type_params.size(), 2u);
    EXPECT_FALSE(c.fn("pair").is_exported);
}

TEST(Generics, RecordsEnumsAndImpls) {
    Checking c("record Stack[T] { items: List[T] }\n"
               "impl[T] Stack[T] {\n"
               "    fn new() -> Stack[T] { Stack { items: [] } }\n"
               "    fn push(mut self, x: T) { self.items.push(x); }\n"
               "    fn zip[U](self, o: Stack[U]) -> Stack[(T, U)] { Stack.new() }\n"
               "}\n"
               "enum Tree[T] { Leaf, Node(Tree[T], T, Tree[T]) }\n"
               "fn depth[T](t: Tree[T]) -> i64 {\n"
               "    match t { Leaf => 0, Node(l, _, r) => 1 + depth(l) }\n"
               "}\n"
               "fn f() {\n"
               "    let s = Stack[i64].new(); let t = Stack.new(); t.push(\"a\"); let z = s.zip(t);\n"
               "    let d = Tree.Node(Tree.Leaf, 1u8, Tree.Leaf); let n = depth(d);\n"
               "}");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "z"), "Stack[(i64, String)]");
    EXPECT_EQ(c.local_type("f", "d"), "Tree[u8]");
    EXPECT_EQ(type_args_of(c, "Stack.zip"), "i64 String");
    EXPECT_EQ(type_args_of(c, "depth"), "T|u8");
}

TEST(Generics, Aliases) {
    Checking c("type Pair[A, B] = (A, List[B]);\n"
               "fn f(p: Pair[i64, String]) { let (a, b) = p; }");
    ASSERT_TRUE(c.checked) << c.rendered();
    EXPECT_EQ(c.local_type("f", "b"), "List[String]");
    EXPECT_EQ(names_of("type P[A] = (A, A);\nfn f(p: P) {}"), "TypeArgumentCount@2");
}

TEST(Generics, TypesWithoutEnd) {
    EXPECT_EQ(names_of("record A[T] { x: T }\nrecord B { a: A[B] }"), "RecursiveRecord@2");
    EXPECT_EQ(names_of("record A[T] { x: List[T] }\nrecord B { a: A[B] }"), "");
    EXPECT_EQ(names_of("record A[T] { x: A[T] }"), "RecursiveRecord@1");
    EXPECT_EQ(names_of("enum E[T] { A(E[(T, T)]), B }"), "TypeTooLarge@1");
    EXPECT_EQ(names_of("enum E[T] { A(E[T]), B(F[List[T]]) }\nenum F[T] { A(E[T]), B }"), "TypeTooLarge@1");
    EXPECT_EQ(names_of("enum E[T, U] { A(E[U, T]), B }"), "");
}

TEST(Generics, Mistakes) {
    EXPECT_EQ(names_of("fn f[T](x: T) -> T { x }\nfn g() { f[i64, u8](1); f[String](1); }"),
              "TypeArgumentCount@2 TypeMismatch@2");
    EXPECT_EQ(names_of("fn f[T]() {}\nfn g() { f(); }"), "CannotInfer@2");
    EXPECT_EQ(names_of("fn f[T, T]() {}"), "DuplicateName@1");
    EXPECT_EQ(names_of("fn f[T](x: T) -> i64 { x }"), "TypeMismatch@1");
    EXPECT_EQ(names_of("fn f[T](x: T) { let y = T; }"), "NotAValue@1");
    EXPECT_EQ(names_of("record R[T] { x: T }\nfn f(r: R) {}"), "TypeArgumentCount@2");
}

} // namespace
} // namespace tn::check

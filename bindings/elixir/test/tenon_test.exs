defmodule TenonTest do
  use ExUnit.Case, async: false
  doctest Tenon
  doctest Tenon.Function
  import ExUnit.CaptureIO

  test "scalars at their edges" do
    source = """
    fn i(x: i64) -> i64 { x }
    fn u(x: u64) -> u64 { x }
    fn b(x: u8) -> u8 { x }
    fn f(x: f64) -> f64 { x }
    fn t(x: bool) -> bool { !x }
    fn c(x: char) -> char { x }
    """

    m = Tenon.compile!(source)

    for x <- [0, -9_223_372_036_854_775_808, 9_223_372_036_854_775_807] do
      assert {:ok, x} == Tenon.call(m, "i", [x])
    end

    assert {:ok, 18_446_744_073_709_551_615} == Tenon.call(m, "u", [18_446_744_073_709_551_615])
    assert {:ok, 255} == Tenon.call(m, "b", [255])
    assert {:ok, 1.5} == Tenon.call(m, "f", [1.5])
    assert {:ok, 2.0} == Tenon.call(m, "f", [2])
    for x <- [:nan, :infinity, :neg_infinity], do: assert({:ok, x} == Tenon.call(m, "f", [x]))
    assert {:ok, false} == Tenon.call(m, :t, [true])
    assert {:ok, ?é} == Tenon.call(m, "c", [?é])

    for {name, bad} <- [
          {"b", 256},
          {"b", -1},
          {"i", 1.0},
          {"i", 9_223_372_036_854_775_808},
          {"i", "1"},
          {"f", 9_007_199_254_740_993},
          {"t", 1},
          {"c", 0xD800}
        ] do
      assert {:error, %Tenon.Error{kind: :type, message: "argument 1 (x): " <> _}} = Tenon.call(m, name, [bad])
    end
  end

  test "strings, lists, tuples, options, records" do
    source = """
    record Point { x: f64, y: f64 }
    fn greet(s: String) -> String { "hello " + s }
    fn total(xs: List[i64]) -> i64 { let s = 0; for x in xs { s += x; } s }
    fn twice(xs: List[String]) -> List[String] { let ys = []; for x in xs { ys.push(x + x); } ys }
    fn swap(p: (i64, String)) -> (String, i64) { (p.1, p.0) }
    fn first(xs: List[i64]) -> i64? { xs.get(0) }
    fn mirror(p: Point) -> Point { Point { x: p.y, y: p.x } }
    fn push(mut xs: List[i64], x: i64) { xs.push(x); }
    """

    m = Tenon.compile!(source)
    assert {:ok, "hello é\0😀"} == Tenon.call(m, "greet", ["é\0😀"])
    assert {:ok, 6} == Tenon.call(m, "total", [[1, 2, 3]])
    assert {:ok, ["aa", "bb"]} == Tenon.call(m, "twice", [["a", "b"]])
    assert {:ok, {"x", 1}} == Tenon.call(m, "swap", [{1, "x"}])
    assert {:ok, nil} == Tenon.call(m, "first", [[]])
    assert {:ok, 7} == Tenon.call(m, "first", [[7]])
    assert {:ok, %{"x" => 2.0, "y" => 1.0}} == Tenon.call(m, "mirror", [%{x: 1.0, y: 2.0}])
    assert {:ok, %{"x" => 2.0, "y" => 1.0}} == Tenon.call(m, "mirror", [%{"x" => 1.0, "y" => 2.0}])
    assert {:ok, {nil, [1, 2]}} == Tenon.call(m, "push", [[1], 2])

    assert {:error, %Tenon.Error{message: "argument 1 (xs)[1]: expected i64, found a binary"}} =
             Tenon.call(m, "total", [[1, "x"]])

    assert {:error, %Tenon.Error{kind: :type}} = Tenon.call(m, "total", [[1 | 2]])
    assert {:error, %Tenon.Error{kind: :type}} = Tenon.call(m, "greet", [<<255>>])
    assert {:error, %Tenon.Error{message: message}} = Tenon.call(m, "mirror", [%{x: 1.0}])
    assert message =~ ".y"
  end

  test "a compile error lists every diagnostic" do
    assert {:error, %Tenon.Error{kind: :compile, diagnostics: [a, b]} = error} =
             Tenon.compile("fn f() -> i64 { \"x\" }\nfn g() { nope(); }\n", name: "rules.tn")

    assert %{code: "TypeMismatch", file: "rules.tn", line: 1} = a
    assert %{line: 2} = b
    assert Exception.message(error) =~ "rules.tn:1:"
    assert_raise Tenon.Error, ~r/rules.tn/, fn -> Tenon.compile!("fn", name: "rules.tn") end
  end

  test "wrong calls" do
    m = Tenon.compile!("fn f(a: i64) -> i64 { a }")
    assert {:error, %Tenon.Error{kind: :not_found}} = Tenon.call(m, "g", [])
    assert {:error, %Tenon.Error{kind: :signature}} = Tenon.call(m, "f", [])
    assert_raise ArgumentError, ~r/timeout/, fn -> Tenon.call(m, "f", [1], timeout: 0) end
    assert_raise ArgumentError, ~r/fuel/, fn -> Tenon.Instance.new(m, fuel: -1) end
    assert {:error, %Tenon.Error{kind: :io}} = Tenon.compile_path("/nowhere.tn")
  end

  test "endless recursion and division by zero leave the VM alive" do
    source = """
    fn deep(n: i64) -> i64 { deep(n + 1) + 1 }
    fn div(a: i64, b: i64) -> i64 { a / b }
    """

    m = Tenon.compile!(source, name: "t.tn")
    {:ok, i} = Tenon.Instance.new(m)

    for _ <- 1..100 do
      assert {:error, %Tenon.Error{kind: :stack_overflow}} = Tenon.call(i, "deep", [0])
      assert {:error, %Tenon.Error{kind: :division_by_zero, frames: [frame]}} = Tenon.call(i, "div", [1, 0])
      assert %{function: "div", file: "t.tn", line: 2} = frame
      assert {:ok, 3} = Tenon.call(i, "div", [7, 2])
    end
  end

  test "endless loops and memory bombs end as errors" do
    m = Tenon.compile!("fn spin() { loop { } }  fn bomb() -> String { let s = \"x\"; loop { s = s + s; } s }")
    assert {:error, %Tenon.Error{kind: :deadline_exceeded}} = Tenon.call(m, "spin", [], timeout: 50)
    {:ok, i} = Tenon.Instance.new(m, fuel: 1000, memory: 1_000_000)
    assert {:error, %Tenon.Error{kind: :out_of_fuel}} = Tenon.call(i, "spin")
    assert {:error, %Tenon.Error{kind: :memory_limit}} = Tenon.call(Tenon.Instance.new!(m, memory: 1_000_000), "bomb")
  end

  test "short functions run on the caller's scheduler and answer as others do" do
    m =
      Tenon.compile!("""
      var calls: i64 = 0;
      fn add(a: i64, b: i64) -> i64 { a + b }
      fn count() -> i64 { calls += 1; calls }
      fn half(x: f64) -> f64 { x / 2.0 }
      fn total(n: i64) -> i64 { let s = 0; for i in 0..n { s += i; } s }
      """)

    i = Tenon.Instance.new!(m)
    for n <- 1..1000, do: assert({:ok, n + 1} == Tenon.call(i, "add", [n, 1]))
    assert {:error, %Tenon.Error{kind: :integer_overflow, frames: [%{function: "add"}]}} = Tenon.call(i, "add", [9_223_372_036_854_775_807, 1])
    assert {:error, %Tenon.Error{kind: :type, message: "argument 2 (b): " <> _}} = Tenon.call(i, "add", [1, "2"])
    assert {:error, %Tenon.Error{kind: :signature}} = Tenon.call(i, "add", [1])
    assert {:error, %Tenon.Error{kind: :signature}} = Tenon.call(i, "add", [1, 2, 3])
    assert {:ok, 1.5} == Tenon.call(i, "half", [3])
    assert [{:ok, 1}, {:ok, 2}] == [Tenon.call(i, "count"), Tenon.call(i, "count")]
    assert {:ok, 4950} == Tenon.call(i, "total", [100])

    # Also while every dirty scheduler is taken.
    spin = Tenon.compile!("fn spin() { loop { } }")
    taken = for _ <- 1..:erlang.system_info(:dirty_cpu_schedulers_online), do: Tenon.Instance.new!(spin)
    tasks = for t <- taken, do: Task.async(fn -> Tenon.call(t, "spin", [], timeout: :infinity) end)
    Process.sleep(50)
    assert {:ok, {:ok, 3}} == Task.yield(Task.async(fn -> Tenon.call(i, "add", [1, 2]) end), 10_000)
    for t <- taken, do: Tenon.Instance.interrupt(t)
    for t <- tasks, do: assert({:error, %Tenon.Error{kind: :cancelled}} = Task.await(t))
  end

  test "an instance keeps its state, a module does not" do
    m = Tenon.compile!("var n: i64 = 0;  fn next() -> i64 { n += 1; n }")
    {:ok, i} = Tenon.Instance.new(m)
    assert [{:ok, 1}, {:ok, 2}] == [Tenon.call(i, "next"), Tenon.call(i, "next")]
    assert {:ok, 1} == Tenon.call(m, "next")
  end

  test "a second process is refused, an interrupt stops the first" do
    m = Tenon.compile!("fn spin() { loop { } }  fn one() -> i64 { 1 }")
    {:ok, i} = Tenon.Instance.new(m)
    task = Task.async(fn -> Tenon.call(i, "spin", [], timeout: :infinity) end)
    Process.sleep(50)
    assert {:error, %Tenon.Error{kind: :busy}} = Tenon.call(i, "one")
    Tenon.Instance.interrupt(i)
    assert {:error, %Tenon.Error{kind: :cancelled}} = Task.await(task)
    assert {:ok, 1} == Tenon.call(i, "one")
  end

  test "a killed caller's script stops" do
    m = Tenon.compile!("fn spin() { loop { } }  fn one() -> i64 { 1 }")
    {:ok, i} = Tenon.Instance.new(m)
    pid = spawn(fn -> Tenon.call(i, "spin", [], timeout: :infinity) end)
    Process.sleep(50)
    Process.exit(pid, :kill)

    assert Enum.any?(1..100, fn _ ->
             Process.sleep(20)
             match?({:ok, 1}, Tenon.call(i, "one"))
           end)
  end

  test "print goes to the caller's group leader" do
    m = Tenon.compile!("fn hello(n: i64) { print(f\"n = {n}\"); }")
    assert capture_io(fn -> Tenon.call(m, "hello", [1]) end) == "n = 1\n"
  end

  test "no atom is made from what a script says" do
    m = Tenon.compile!("record R { zebra_field_never_seen: i64 }  fn f(r: R) -> R { r }")
    Tenon.call(m, "f", [%{"zebra_field_never_seen" => 1}])
    before = :erlang.system_info(:atom_count)

    for n <- 1..200 do
      Tenon.call(m, "f", [%{"zebra_field_never_seen" => n}])
      Tenon.call(m, "no_such_function_#{n}", [])
      Tenon.compile("fn broken_#{n}( {")
    end

    assert :erlang.system_info(:atom_count) - before < 20
  end

  test "nothing is left alive" do
    source = "fn f(xs: List[String]) -> List[String] { xs }  fn t(n: i64) -> i64 { 1 / n }"

    run = fn ->
      spawn_monitor(fn ->
        m = Tenon.compile!(source)
        Tenon.call(m, "f", [["a", "b"]])
        Tenon.call(m, "t", [0])
      end)
      |> then(fn {pid, ref} -> receive do: ({:DOWN, ^ref, _, ^pid, _} -> :ok) end)
    end

    run.()
    :erlang.garbage_collect()
    Process.sleep(50)
    before = Tenon.live_handles()
    for _ <- 1..20, do: run.()
    Process.sleep(100)
    assert Tenon.live_handles() <= before
  end

  test "the stubs are the NIF's table" do
    for {name, arity} <- Tenon.Native.nifs(), do: assert(function_exported?(Tenon.Native, name, arity))
    assert Tenon.version() =~ ~r/^\d+\.\d+\.\d+/
  end

  test "the NIF binds none of its symbols to the VM's own asmjit" do
    # The VM exports asmjit; a fresh VM tells which library each symbol was bound to.
    ebin = to_string(:code.lib_dir(:tenon, :ebin))
    code = "{ok, M} = 'Elixir.Tenon':compile(<<\"fn f() -> i64 { 1 }\">>), {ok, 1} = 'Elixir.Tenon':call(M, <<\"f\">>), halt()."
    elixir = to_string(:code.lib_dir(:elixir, :ebin))
    logger = to_string(:code.lib_dir(:logger, :ebin))
    log = Path.join(System.tmp_dir!(), "tenon_bindings_#{System.unique_integer([:positive])}")

    {output, status} =
      System.cmd("erl", ["-noshell", "-pa", ebin, "-pa", elixir, "-pa", logger, "-eval", code],
        env: [{"LD_DEBUG", "bindings"}, {"LD_DEBUG_OUTPUT", log}],
        stderr_to_stdout: true
      )

    assert status == 0, output
    files = Path.wildcard(log <> "*")
    lines = Enum.flat_map(files, &(&1 |> File.read!() |> String.split("\n")))
    Enum.each(files, &File.rm!/1)
    ours = Enum.filter(lines, &(&1 =~ ~r/binding file \S*(libtenon|tenon_nif)\S* /))
    assert ours != []
    assert Enum.filter(ours, &(&1 =~ "asmjit")) == []
    # What remains is the NIF interface, and stdout and stderr, which every program holds for libc.
    assert Enum.filter(ours, &(&1 =~ ~r/to \S*beam/ and not (&1 =~ ~r/enif_|\[GLIBC_/))) == []
  end

  test "the library exports its API and nothing else" do
    {symbols, 0} = System.cmd("nm", ["-D", "--defined-only", Application.app_dir(:tenon, "priv/libtenon.so.1")])
    names = for line <- String.split(symbols, "\n", trim: true), do: line |> String.split() |> List.last()
    assert Enum.reject(names, &(&1 =~ ~r/^(tn_|TN_|TENON_)/)) == []
  end
end

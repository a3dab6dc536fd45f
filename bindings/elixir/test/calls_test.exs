defmodule TenonCallsTest do
  # How calls run: at once, in slices on the caller's scheduler, or on a dirty one.
  use ExUnit.Case, async: false
  import ExUnit.CaptureIO
  alias Tenon.{Error, Function, Instance}

  @source """
  var calls: i64 = 0;
  fn add(a: i64, b: i64) -> i64 { a + b }
  fn mix(a: u8, b: bool, c: f64, d: i32, e: char) -> f64 { if b { c + 1.0 } else { c } }
  fn count() -> i64 { calls += 1; calls }
  fn nothing() { }
  fn nine(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64, i: i64) -> i64 { a + i }
  fn spin() { loop { } }
  fn work(n: i64) -> i64 { let s = 0; for i in 0..n { s = s ^ (i * 7); } s }
  fn spell(s: String, n: i64) -> String { let out = ""; for i in 0..n { out += s; } out }
  fn numbers(n: i64) -> List[i64] { let xs = []; for i in 0..n { xs.push(i); } xs }
  fn total(xs: List[i64]) -> i64 { let s = 0; for x in xs { s += x; } s }
  fn grow(mut xs: List[i64], n: i64) -> i64 { for i in 0..n { xs.push(i); } xs.len() }
  fn talk(n: i64) { for i in 0..n { print(f"{i}"); let s = 0; for k in 0..1_000 { s = s ^ k; } } }
  fn fail_late(n: i64) -> i64 { let s = work(n); s / (s - s) }
  """

  setup_all do
    %{m: Tenon.compile!(@source, name: "calls.tn")}
  end

  # The first call of a function makes its code, on a dirty scheduler; what comes after it is what is tested.
  defp warm(m) do
    i = Instance.new!(m)

    for {name, args} <- [
          add: [1, 2],
          count: [],
          nothing: [],
          work: [1],
          numbers: [1],
          total: [[1]],
          spell: ["x", 1]
        ],
        do: assert({:ok, _} = Tenon.call(i, name, args))

    assert {:error, %Error{kind: :deadline_exceeded}} = Tenon.call(i, "spin", [], timeout: 1)
    i
  end

  test "a bound function answers as its name does, and keeps its instance", %{m: m} do
    i = Instance.new!(m)
    add = Function.new!(i, :add)
    assert inspect(add) == "#Tenon.Function<add>"
    for n <- 1..100, do: assert({:ok, n + 1} == Function.call(add, [n, 1]))
    assert 3 == Function.call!(add, [1, 2], timeout: 10)

    assert [{:ok, 1}, {:ok, 2}] == [
             Function.call(Function.new!(i, "count")),
             Tenon.call(i, "count")
           ]

    assert {:ok, nil} == Function.call(Function.new!(i, "nothing"), [])
    assert {:ok, 10} == Function.call(Function.new!(i, "nine"), Enum.to_list(1..9))
    assert {:error, %Error{kind: :not_found, message: message}} = Function.new(i, "ad")
    assert message =~ "add"
    assert_raise ArgumentError, fn -> Function.call(add, [1, 2], timeout: 0) end
    assert_raise FunctionClauseError, fn -> Function.call(add, 1) end

    kept = (fn -> Function.new!(Instance.new!(Tenon.compile!("fn f() -> i64 { 7 }")), "f") end).()
    for _ <- 1..3, do: :erlang.garbage_collect()
    assert {:ok, 7} == Function.call(kept)
  end

  test "wrong arguments are refused in the same words on every way", %{m: m} do
    i = warm(m)
    add = Function.new!(i, "add")

    for {args, kind, text} <- [
          {[1], :signature, "add takes 2 arguments, found 1"},
          {[], :signature, "add takes 2 arguments, found 0"},
          {[1, 2, 3], :signature, "add takes 2 arguments, found 3"},
          {Enum.to_list(1..40), :signature, "add takes 2 arguments, found 40"},
          {[1, 2.0], :type, "argument 2 (b): expected i64, found a float"},
          {[:x, 2], :type, "argument 1 (a): expected i64, found an atom"},
          {[1, 9_223_372_036_854_775_808], :type, "argument 2 (b): the integer does not fit i64"},
          {[Integer.pow(2, 200), 1], :type, "argument 1 (a): the integer does not fit i64"},
          {[-Integer.pow(2, 200), 1], :type, "argument 1 (a): the integer does not fit i64"}
        ] do
      assert {:error, %Error{kind: ^kind, message: ^text}} = Tenon.call(i, "add", args)
      assert {:error, %Error{kind: ^kind, message: ^text}} = Function.call(add, args)

      assert {:error, %Error{kind: ^kind, message: ^text}} =
               Tenon.call(Instance.new!(m), "add", args)
    end

    assert_raise ArgumentError, fn -> Tenon.call(i, "add", [1 | 2]) end

    assert {:error,
            %Error{kind: :type, message: "argument 1 (xs)[2]: expected i64, found a binary"}} =
             Tenon.call(i, "total", [[1, 2, "3"]])

    assert {:ok, 2.5} == Tenon.call(i, "mix", [255, true, 1.5, -1, ?x])
    assert {:ok, 2.5} == Tenon.call(i, "mix", [255, true, 1.5, -1, ?x])
    assert {:ok, :infinity} == Tenon.call(i, "mix", [255, false, :infinity, -1, ?x])

    assert {:error, %Error{message: "argument 1 (a): the integer does not fit u8"}} =
             Tenon.call(i, "mix", [256, true, 1.5, -1, ?x])

    assert {:error, %Error{message: "argument 2 (b): expected a boolean" <> _}} =
             Tenon.call(i, "mix", [1, nil, 1.5, -1, ?x])

    assert {:error, %Error{message: "argument 4 (d): the integer does not fit i32"}} =
             Tenon.call(i, "mix", [1, true, 1.5, 2_147_483_648, ?x])
  end

  test "traps, limits and fuel on every way", %{m: m} do
    i = warm(m)
    big = 9_223_372_036_854_775_807

    assert {:error, %Error{kind: :integer_overflow, frames: [%{function: "add", line: 2}]}} =
             Tenon.call(i, "add", [big, 1])

    # in one slice, and in many
    for n <- [0, 10_000_000] do
      assert {:error,
              %Error{
                kind: :division_by_zero,
                frames: [%{function: "fail_late", file: "calls.tn"}]
              }} = Tenon.call(i, "fail_late", [n])
    end

    f = Instance.new!(m, fuel: 1_000_000_000)
    assert {:ok, 3} == Tenon.call(f, "add", [1, 2])
    assert {:ok, 3} == Tenon.call(f, "add", [1, 2])
    assert {:error, %Error{kind: :out_of_fuel}} = Tenon.call(f, "spin", [], timeout: :infinity)
    f = Instance.new!(m, fuel: 9_000_000_000_000)
    assert {:error, %Error{kind: :deadline_exceeded}} = Tenon.call(f, "spin", [], timeout: 20)

    assert {:error, %Error{kind: :memory_limit}} =
             Tenon.call(Instance.new!(m, memory: 1_000_000), "numbers", [10_000_000])
  end

  test "a deadline says where the script was, and leaves the instance usable", %{m: m} do
    i = warm(m)

    for timeout <- [1, 5, 30] do
      {time, result} = :timer.tc(fn -> Tenon.call(i, "spin", [], timeout: timeout) end)

      assert {:error,
              %Error{
                kind: :deadline_exceeded,
                message: "deadline exceeded",
                frames: [%{function: "spin"}]
              } = error} = result

      assert error.rendered =~
               ~r/^trap: deadline exceeded \[DeadlineExceeded\]\n  at spin \(calls.tn:/

      assert time >= timeout * 1000
      assert {:ok, 3} == Tenon.call(i, "add", [1, 2])
    end
  end

  test "slices end also in instances that had none for a while", %{m: m} do
    instances = for _ <- 1..50, do: warm(m)
    Process.sleep(150)

    for i <- instances do
      pid = spawn(fn -> Tenon.call(i, "spin", [], timeout: :infinity) end)
      Process.sleep(1)
      Process.exit(pid, :kill)
    end

    for i <- instances do
      assert eventually(fn ->
               match?(
                 {:error, %Error{kind: :deadline_exceeded}},
                 Tenon.call(i, "spin", [], timeout: 2)
               )
             end)
    end
  end

  test "long calls leave the schedulers to others", %{m: m} do
    # More of them than schedulers of any kind, in instances of their own.
    warm(m)

    count =
      2 *
        (:erlang.system_info(:schedulers_online) +
           :erlang.system_info(:dirty_cpu_schedulers_online))

    instances = for _ <- 1..count, do: Instance.new!(m)

    tasks =
      for i <- instances, do: Task.async(fn -> Tenon.call(i, "spin", [], timeout: :infinity) end)

    Process.sleep(50)
    late = for _ <- 1..20, do: :timer.tc(fn -> Process.sleep(1) end) |> elem(0)
    assert Enum.max(late) < 1_000_000
    assert {:ok, 3} == Tenon.call(Instance.new!(m), "add", [1, 2])
    assert {:ok, _} = Tenon.compile("fn f() { }")
    for i <- instances, do: assert({:error, %Error{kind: :busy}} = Tenon.call(i, "add", [1, 2]))
    for i <- instances, do: Instance.interrupt(i)

    for t <- tasks,
        do:
          assert(
            {:error, %Error{kind: :cancelled, frames: [%{function: "spin"}]}} =
              Task.await(t, 60_000)
          )

    for i <- instances, do: assert({:ok, 3} == Tenon.call(i, "add", [1, 2]))
  end

  test "large arguments and results", %{m: m} do
    i = warm(m)
    numbers = Enum.to_list(0..99_999)
    assert {:ok, 4_999_950_000} == Tenon.call(i, "total", [numbers])
    assert {:ok, numbers} == Tenon.call(i, "numbers", [100_000])
    assert {:ok, text} = Tenon.call(i, "spell", [String.duplicate("0123456789", 100_000), 3])
    assert text == String.duplicate("0123456789", 300_000)
    assert {:ok, {100_005, grown}} = Tenon.call(i, "grow", [[1, 2, 3, 4, 5], 100_000])
    assert length(grown) == 100_005
    # As before, on an instance of which others have values in hand.
    tasks =
      for n <- 1..8,
          do: Task.async(fn -> {n, Tenon.call(Instance.new!(m), "numbers", [10_000 * n])} end)

    for t <- tasks, {n, {:ok, xs}} = Task.await(t, 60_000), do: assert(length(xs) == 10_000 * n)
  end

  test "values too deep in each other are refused, both ways" do
    m =
      Tenon.compile!("""
      record Node { value: i64, next: List[Node] }
      fn chain(n: i64) -> Node { let x = Node { value: 0, next: [] }; for i in 1..n { x = Node { value: i, next: [x] }; } x }
      fn depth(n: Node) -> i64 { let d = 1; for x in n.next { d += depth(x); } d }
      """)

    i = Instance.new!(m)
    nested = fn n -> Enum.reduce(2..n, %{value: 1, next: []}, &%{value: &1, next: [&2]}) end
    assert {:ok, 190} == Tenon.call(i, "depth", [nested.(190)])
    assert {:ok, %{"value" => 89, "next" => [%{"value" => 88}]}} = Tenon.call(i, "chain", [90])

    for n <- [250, 100_000] do
      assert {:error, %Error{kind: :type, message: message}} =
               Tenon.call(i, "depth", [nested.(n)])

      assert message =~ "deep in each other"
      assert {:error, %Error{kind: :type, message: message}} = Tenon.call(i, "chain", [n])
      assert message =~ "deep in each other"
    end
  end

  test "what is printed in many slices comes once, to its own caller", %{m: m} do
    warm(m)
    expected = Enum.map_join(0..2999, &"#{&1}\n")

    assert capture_io(fn -> assert {:ok, nil} == Tenon.call(Instance.new!(m), "talk", [3000]) end) ==
             expected

    outputs =
      for _ <- 1..6 do
        Task.async(fn ->
          {:ok, io} = StringIO.open("")
          Process.group_leader(self(), io)
          {:ok, nil} = Tenon.call(Instance.new!(m), "talk", [3000])
          StringIO.contents(io) |> elem(1)
        end)
      end

    for task <- outputs, do: assert(Task.await(task, 60_000) == expected)
  end

  test "a killed caller's script ends wherever it is, and gives everything back", %{m: m} do
    warm(m)
    :erlang.garbage_collect()
    Process.sleep(50)
    before = Tenon.live_handles()
    shared = Instance.new!(m)

    for round <- 1..200 do
      own = Instance.new!(m)

      {name, args} =
        Enum.at(
          [
            {"spin", []},
            {"numbers", [3_000_000]},
            {"spell", ["0123456789", 3_000_000]},
            {"grow", [[], 3_000_000]}
          ],
          rem(round, 4)
        )

      pid =
        spawn(fn ->
          Tenon.call(if(rem(round, 3) == 0, do: shared, else: own), name, args, timeout: :infinity)
        end)

      Process.sleep(rem(round, 7))
      Process.exit(pid, :kill)
    end

    assert eventually(fn -> Tenon.call(shared, "add", [1, 2]) == {:ok, 3} end)

    assert eventually(fn ->
             :erlang.garbage_collect()
             Tenon.live_handles() <= before + 8
           end)
  end

  test "a thousand processes with an instance each, and with one for all", %{m: m} do
    warm(m)

    results =
      for n <- 1..1000 do
        Task.async(fn ->
          i = Instance.new!(m)
          for k <- 1..20, do: {:ok, ^k} = Tenon.call(i, "count")
          Tenon.call(i, "add", [n, Tenon.call!(i, "work", [1000]) * 0])
        end)
      end
      |> Task.await_many(120_000)

    assert results == Enum.map(1..1000, &{:ok, &1})

    shared = Instance.new!(m)
    count = Function.new!(shared, "count")
    work = Function.new!(shared, "work")

    calls =
      for n <- 1..1000 do
        Task.async(fn ->
          for k <- 1..50 do
            case if(rem(n + k, 10) == 0,
                   do: Function.call(work, [100_000]),
                   else: Function.call(count)
                 ) do
              {:ok, _} when rem(n + k, 10) == 0 -> 0
              {:ok, _} -> 1
              {:error, %Error{kind: :busy}} -> 0
            end
          end
          |> Enum.sum()
        end)
      end
      |> Task.await_many(120_000)
      |> Enum.sum()

    # Nobody was inside twice: each call that was answered has counted.
    assert {:ok, calls + 1} == Function.call(count)
  end

  test "an instance and its module may go while a call runs", %{m: m} do
    warm(m)

    for _ <- 1..20 do
      task = Task.async(fn -> Tenon.call(Tenon.compile!(@source), "work", [3_000_000]) end)
      Process.sleep(1)
      :erlang.garbage_collect()
      assert {:ok, _} = Task.await(task, 60_000)
    end
  end

  test "interrupts between slices, many times", %{m: m} do
    i = warm(m)

    for round <- 1..30 do
      task = Task.async(fn -> Tenon.call(i, "spin", [], timeout: :infinity) end)
      Process.sleep(1 + rem(round, 4))
      Instance.interrupt(i)
      assert {:error, %Error{kind: :cancelled}} = Task.await(task, 60_000)
    end

    assert {:ok, 3} == Tenon.call(i, "add", [1, 2])
  end

  defp eventually(check, tries \\ 500) do
    cond do
      check.() -> true
      tries == 0 -> false
      true -> Process.sleep(20) && eventually(check, tries - 1)
    end
  end
end
